// What the plugins share: the API, what happens, and the words.

import type { TranslationBundle } from "@jupyterlab/translation";
import { Token } from "@lumino/coreutils";

import type { Client } from "./client";
import type { Live } from "./live";
import type { Settings } from "./shapes";

export interface IFlows {
  readonly client: Client;
  readonly live: Live;
  readonly trans: TranslationBundle;
  /** Settings, and what the user may do; asked for once, and again after a failure. */
  settings(): Promise<Settings>;
  /** What the user may do, as far as it is known; the server decides. */
  readonly may: Settings["permissions"];
}

export const IFlows = new Token<IFlows>("jupyter-flows:IFlows", "Runs and schedules of Jupyter Flows.");

/** Names of the commands. */
export const Command = {
  panel: "jupyter-flows:open-panel",
  openRun: "jupyter-flows:open-run",
  run: "jupyter-flows:run-notebook",
  schedule: "jupyter-flows:schedule-notebook",
  editSchedule: "jupyter-flows:edit-schedule",
  backfill: "jupyter-flows:backfill",
  example: "jupyter-flows:example",
  lastFailure: "jupyter-flows:open-last-failure",
} as const;
