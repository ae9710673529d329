// A run's page as a tab of the main area; what is on it is loaded when the first one is opened.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILabShell, ILayoutRestorer } from "@jupyterlab/application";
import type { MainAreaWidget } from "@jupyterlab/apputils";
import { ICommandPalette, WidgetTracker } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";

import { Command, IFlows } from "../flows";
import { flowsIcon } from "../icon";
import { problem, waiting } from "../screen";
import { openTab } from "../tab";

const RUN = /^[0-9a-f]{12}$/;

/** The tab of one run. */
class RunTab extends Widget {
  private close_: (() => void) | undefined;

  constructor(
    readonly run: string,
    title: string,
    private readonly app: JupyterFrontEnd,
    private readonly flows: IFlows,
  ) {
    super();
    this.addClass("jfl");
    this.addClass("jfl-page");
    this.title.label = title;
    this.title.icon = flowsIcon;
    this.title.closable = true;
    this.node.append(waiting(flows.trans.__("Reading the run…")));
    void this.fill();
  }

  private async fill(): Promise<void> {
    try {
      const { RunPage } = await import("../run/page");
      if (this.isDisposed) {
        return;
      }
      const page = new RunPage(this.run, this.app.commands, this.flows, (title) => {
        this.title.label = title;
      });
      this.close_ = () => page.close();
      this.node.replaceChildren(page.element);
      page.shown();
    } catch (error) {
      this.node.replaceChildren(problem(error, { words: this.flows.trans.__("Try again"), does: () => void this.fill() }));
    }
  }

  override dispose(): void {
    this.close_?.();
    super.dispose();
  }
}

export const runPage: JupyterFrontEndPlugin<void> = {
  id: "jupyter-flows:run-page",
  description: "A page for each run: why it failed, its graph, timeline, log and results.",
  autoStart: true,
  requires: [IFlows],
  optional: [ILabShell, ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, flows: IFlows, shell: ILabShell | null, restorer: ILayoutRestorer | null, palette: ICommandPalette | null): void => {
    const { trans } = flows;
    const tracker = new WidgetTracker<MainAreaWidget<RunTab>>({ namespace: "jupyter-flows-runs" });
    app.commands.addCommand(Command.openRun, {
      label: trans.__("Open a Flow Run"),
      describedBy: { args: { type: "object", properties: { id: { type: "string", pattern: RUN.source }, title: { type: "string" } }, required: ["id"] } },
      execute: (args) => {
        const id = String(args["id"] ?? "");
        if (!RUN.test(id)) {
          throw new Error(trans.__("%1 is no id of a run", id));
        }
        const there = tracker.find((one) => one.content.run === id);
        if (there) {
          app.shell.activateById(there.id);
          return;
        }
        const page = new RunTab(id, String(args["title"] ?? trans.__("Run")), app, flows);
        const tab = openTab(app, shell, page, `jupyter-flows-run-${id}`, trans.__("Close"));
        if (tab) {
          void tracker.add(tab);
        }
      },
    });
    app.commands.addCommand(Command.lastFailure, {
      label: trans.__("Open the Last Failed Run"),
      execute: async () => {
        const { runs } = await flows.client.runs({ state: "failed,crashed", limit: 1 });
        return runs[0] ? app.commands.execute(Command.openRun, { id: runs[0].id, title: runs[0].title }) : undefined;
      },
    });
    palette?.addItem({ command: Command.lastFailure, category: trans.__("Flows") });
    void restorer?.restore(tracker, {
      command: Command.openRun,
      args: (tab) => ({ id: tab.content.run, title: tab.title.label }),
      name: (tab) => tab.content.run,
    });
  },
};
