// A badge beside each cell that is a task: the state of its last run, from the messages that its outputs are made of.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import type { Cell, CodeCell } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { INotebookTracker, NotebookActions } from "@jupyterlab/notebook";

import { html } from "../../dom";
import { IFlows } from "../flows";
import { stateIcon } from "../look";
import { isTaskCell, taskName } from "../task-cell";

const CLASS = "jfl-badge";
const GONE = new Set<string>(["restarting", "autorestarting", "terminating", "dead"]);

/** Put a badge beside a cell's prompt, or take it away where it is no task. */
function badge(cell: Cell, css: string, words: string): void {
  const place = cell.inputArea?.promptNode;
  place?.querySelector(`.${CLASS}`)?.remove();
  if (place && css) {
    place.append(html("span", { class: CLASS, role: "img", title: words, "aria-label": words, "data-state": css }, stateIcon(css, 13)));
  }
}

/** How the cell's last execution went, as its outputs tell. */
function stateOf(cell: CodeCell): string {
  const { outputs, executionCount } = cell.model;
  for (let index = 0; index < outputs.length; index += 1) {
    if (outputs.get(index).type === "error") {
      return "failed";
    }
  }
  return executionCount === null ? "pending" : "completed";
}

export const badges: JupyterFrontEndPlugin<void> = {
  id: "jupyter-flows:badges",
  description: "Shows the state of task cells beside them.",
  autoStart: true,
  requires: [IFlows, INotebookTracker],
  activate: (_app: JupyterFrontEnd, flows: IFlows, tracker: INotebookTracker): void => {
    const { trans } = flows;
    const words: Record<string, string> = { pending: trans.__("not run yet"), running: trans.__("running"), completed: trans.__("completed"), failed: trans.__("failed") };
    const draw = (cell: Cell, state?: string): void => {
      const source = cell.model.sharedModel.getSource();
      const tags = (cell.model.getMetadata("tags") as string[] | undefined) ?? [];
      if (cell.model.type !== "code" || !isTaskCell(source, tags)) {
        badge(cell, "", "");
        return;
      }
      const css = state ?? stateOf(cell as CodeCell);
      badge(cell, css, trans.__("Task %1: %2", taskName(source), words[css] ?? css));
    };
    const all = (panel: NotebookPanel): void => panel.content.widgets.forEach((cell) => draw(cell));
    tracker.widgetAdded.connect((_, panel) => {
      void panel.context.ready.then(() => {
        all(panel);
        // Of a cell whose kernel is gone no end is told.
        panel.sessionContext.statusChanged.connect((_, status) => {
          if (GONE.has(status) && !panel.isDisposed) {
            all(panel);
          }
        });
        let due: ReturnType<typeof setTimeout> | undefined;
        panel.context.model.contentChanged.connect(() => {
          clearTimeout(due);
          due = setTimeout(() => {
            if (!panel.isDisposed) {
              panel.content.widgets.forEach((cell) => {
                const shown = cell.inputArea?.promptNode.querySelector<HTMLElement>(`.${CLASS}`)?.dataset.state;
                draw(cell, shown === "running" ? "running" : undefined);
              });
            }
          }, 300);
        });
      });
    });
    NotebookActions.executionScheduled.connect((_, { cell }) => draw(cell, "running"));
    NotebookActions.executed.connect((_, { cell, success }) => draw(cell, success ? "completed" : "failed"));
  },
};
