// Says when a run has ended that somebody has seen going on: a failure stays until it is read.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";

import { Command, IFlows } from "../flows";
import type { Change } from "../live";

const LATE_MS = 60_000; // what ended longer ago is no news

export const notifications: JupyterFrontEndPlugin<void> = {
  id: "jupyter-flows:notifications",
  description: "Notifies when a run has ended.",
  autoStart: true,
  requires: [IFlows],
  activate: (app: JupyterFrontEnd, flows: IFlows): void => {
    const { trans } = flows;
    const told = new Set<string>();
    flows.live.changed.connect((_, change: Change) => {
      if (change.what !== "run" || change.run.parent_run_id !== null || change.run.ended_at === null) {
        return;
      }
      const { id, title, state, css, ended_at: ended, attempts, kind } = change.run;
      const key = `${id} ${attempts}`;
      // What runs in a kernel shows in its own cell.
      const isSeen = kind !== "notebook" && change.run.deployment === null;
      if (told.has(key) || isSeen || Date.now() - Date.parse(ended) > LATE_MS) {
        return;
      }
      told.add(key);
      const open = { label: trans.__("Open"), callback: () => void app.commands.execute(Command.openRun, { id, title }) };
      const bad = css === "failed" || css === "crashed";
      const tell = (words: string): string => Notification.emit([`${title}: ${state}`, words].filter(Boolean).join(". ").slice(0, 140), bad ? "error" : css === "completed" ? "success" : "info", { autoClose: bad ? false : 5000, actions: [open] });
      // Events tell no words: others hear them too.
      void (bad ? flows.client.run(id).then(({ run }) => tell(run.words), () => tell("")) : tell(""));
    });
  },
};
