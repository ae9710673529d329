// The plugins of the extension, one per file.

import { panel } from "./plugins/panel";
import { service } from "./plugins/service";

export default [service, panel];
