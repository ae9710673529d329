// Notebooks: run as a flow and schedule, from the file browser, the toolbar, the palette; the form opens as a tab.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILabShell } from "@jupyterlab/application";
import { ICommandPalette, MainAreaWidget } from "@jupyterlab/apputils";
import { IDefaultFileBrowser } from "@jupyterlab/filebrowser";
import { INotebookTracker } from "@jupyterlab/notebook";
import { Widget } from "@lumino/widgets";

import { Command, IFlows } from "../flows";
import type { Subject } from "../form/schedule-form";
import { flowsIcon } from "../icon";
import { problem, waiting } from "../screen";
import { openTab } from "../tab";

/** The tab of a form. */
class FormTab extends Widget {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly flows: IFlows,
    private readonly subject: Subject,
  ) {
    super();
    this.addClass("jfl");
    this.addClass("jfl-page");
    this.title.icon = flowsIcon;
    this.title.closable = true;
    void this.fill();
  }

  private async fill(): Promise<void> {
    const { trans, client } = this.flows;
    this.node.replaceChildren(waiting(trans.__("Reading the notebook…")));
    try {
      const [{ ScheduleFormView }, notebook] = await Promise.all([
        import("../form/schedule-form"),
        "path" in this.subject ? client.parameters(this.subject.path) : undefined,
      ]);
      const form = new ScheduleFormView(this.app.commands, this.flows, this.subject, notebook, () => (this.parent instanceof MainAreaWidget ? this.parent.close() : this.dispose()));
      this.node.replaceChildren(form.element);
      form.focus();
    } catch (error) {
      this.node.replaceChildren(problem(error, { words: trans.__("Try again"), does: () => void this.fill() }));
    }
  }
}

export const notebooks: JupyterFrontEndPlugin<void> = {
  id: "jupyter-flows:notebooks",
  description: "Runs and schedules notebooks from the file browser, the toolbar and the palette.",
  autoStart: true,
  requires: [IFlows],
  optional: [ILabShell, IDefaultFileBrowser, INotebookTracker, ICommandPalette],
  activate: (app: JupyterFrontEnd, flows: IFlows, shell: ILabShell | null, browser: IDefaultFileBrowser | null, tracker: INotebookTracker | null, palette: ICommandPalette | null): void => {
    const { trans } = flows;
    let serial = 0;
    const openForm = (subject: Subject, title: string): void => {
      const form = new FormTab(app, flows, subject);
      form.title.label = title;
      openTab(app, shell, form, `jupyter-flows-form-${++serial}`, trans.__("Close"));
    };
    // The notebook that is meant: the one that is named, the one chosen in the file browser, the one in front.
    const meant = (args: Readonly<Record<string, unknown>>): string | undefined => {
      if (typeof args["path"] === "string") {
        return args["path"];
      }
      const chosen = browser?.isVisible && args["from"] === "browser" ? browser.selectedItems().next().value : undefined;
      return chosen?.type === "notebook" ? chosen.path : tracker?.currentWidget?.context.path;
    };
    const add = (command: string, label: string, words: string, now: boolean): void => {
      app.commands.addCommand(command, {
        label: (args) => (args["toolbar"] ? "" : label),
        caption: words,
        icon: flowsIcon,
        isEnabled: (args) => args["from"] === "browser" || meant(args) !== undefined,
        describedBy: { args: { type: "object", properties: { path: { type: "string" }, from: { type: "string" }, toolbar: { type: "boolean" } } } },
        execute: async (args) => {
          const path = meant(args);
          if (path === undefined) {
            return;
          }
          const open = tracker?.find((one) => one.context.path === path);
          if (open?.context.model.dirty) {
            await open.context.save(); // what runs is the file
          }
          openForm({ path, now }, `${now ? trans.__("Run") : trans.__("Schedule")} ${path.split("/").pop() ?? path}`);
        },
      });
    };
    add(Command.run, trans.__("Run as Flow…"), trans.__("Run the notebook once from start to end, with parameters"), true);
    add(Command.schedule, trans.__("Schedule…"), trans.__("Let the notebook run by itself"), false);
    app.commands.addCommand(Command.editSchedule, {
      label: trans.__("Edit a Schedule…"),
      describedBy: { args: { type: "object", properties: { id: { type: "string" } }, required: ["id"] } },
      execute: async (args) => {
        const schedule = (await flows.client.schedules()).schedules.find((one) => one.id === args["id"]);
        if (schedule) {
          openForm({ schedule }, trans.__("Schedule of %1", schedule.deployment));
        }
      },
    });
    for (const command of [Command.run, Command.schedule, Command.panel, Command.example]) {
      palette?.addItem({ command, category: trans.__("Flows") });
    }
  },
};
