// The plugins of the extension, one per file.

import { badges } from "./plugins/badges";
import { example } from "./plugins/example";
import { notebooks } from "./plugins/notebooks";
import { notifications } from "./plugins/notifications";
import { panel } from "./plugins/panel";
import { runPage } from "./plugins/run-page";
import { service } from "./plugins/service";
import { status } from "./plugins/status";

export default [service, panel, runPage, notebooks, example, badges, notifications, status];
