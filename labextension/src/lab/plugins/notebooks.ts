// Notebooks: run as a flow and schedule, from the file browser, the toolbar, the palette; the form opens as a tab.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILabShell } from "@jupyterlab/application";
import { ICommandPalette, MainAreaWidget } from "@jupyterlab/apputils";
import { IDefaultFileBrowser } from "@jupyterlab/filebrowser";
import { INotebookTracker } from "@jupyterlab/notebook";
import { Widget } from "@lumino/widgets";

import { Command, IFlows } from "../flows";
import type { Subject } from "../form/schedule-form";
import type { Schedule } from "../shapes";
import { flowsIcon } from "../icon";
import { problem, waiting } from "../screen";
import { openTab } from "../tab";

/** What a tab shows. */
interface Form {
  readonly element: HTMLElement;
  focus(): void;
  close?(): void;
}

/** The tab of a form, which is loaded when the first one is opened. */
class FormTab extends Widget {
  private form: Form | undefined;

  constructor(
    private readonly flows: IFlows,
    private readonly make: (done: () => void) => Promise<Form>,
  ) {
    super();
    this.addClass("jfl");
    this.addClass("jfl-page");
    this.title.icon = flowsIcon;
    this.title.closable = true;
    void this.fill();
  }

  private async fill(): Promise<void> {
    const { trans } = this.flows;
    this.node.replaceChildren(waiting(trans.__("Loading…")));
    try {
      this.form = await this.make(() => (this.parent instanceof MainAreaWidget ? this.parent.close() : this.dispose()));
      if (this.isDisposed) {
        this.form.close?.();
        return;
      }
      this.node.replaceChildren(this.form.element);
      this.form.focus();
    } catch (error) {
      this.node.replaceChildren(problem(error, { words: trans.__("Try again"), does: () => void this.fill() }));
    }
  }

  override dispose(): void {
    this.form?.close?.();
    super.dispose();
  }
}

async function scheduleForm(app: JupyterFrontEnd, flows: IFlows, subject: Subject, done: () => void): Promise<Form> {
  const [{ ScheduleFormView }, notebook] = await Promise.all([
    import("../form/schedule-form"),
    "path" in subject ? flows.client.parameters(subject.path) : undefined,
  ]);
  return new ScheduleFormView(app.commands, flows, subject, notebook, done);
}

async function backfillForm(flows: IFlows, schedule: Schedule, done: () => void): Promise<Form> {
  const [{ BackfillFormView }, takes] = await Promise.all([
    import("../form/backfill-form"),
    flows.client.deploymentParameters(schedule.deployment_id, schedule.name),
  ]);
  return new BackfillFormView(flows, schedule, takes, done);
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
    const open = (title: string, make: (done: () => void) => Promise<Form>): void => {
      const form = new FormTab(flows, make);
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
          const there = tracker?.find((one) => one.context.path === path);
          if (there?.context.model.dirty) {
            await there.context.save(); // what runs is the file
          }
          open(`${now ? trans.__("Run") : trans.__("Schedule")} ${path.split("/").pop() ?? path}`, (done) => scheduleForm(app, flows, { path, now }, done));
        },
      });
    };
    add(Command.run, trans.__("Run as Flow…"), trans.__("Run the notebook once from start to end, with parameters"), true);
    add(Command.schedule, trans.__("Schedule…"), trans.__("Let the notebook run by itself"), false);
    const addForSchedule = (command: string, label: string, execute: (schedule: Schedule) => void): void => {
      app.commands.addCommand(command, {
        label,
        describedBy: { args: { type: "object", properties: { id: { type: "string" } }, required: ["id"] } },
        execute: async (args) => {
          const schedule = (await flows.client.schedules()).schedules.find((one) => one.id === args["id"]);
          if (schedule) {
            execute(schedule);
          }
        },
      });
    };
    addForSchedule(Command.editSchedule, trans.__("Edit a Schedule…"), (schedule) =>
      open(trans.__("Schedule of %1", schedule.deployment), (done) => scheduleForm(app, flows, { schedule }, done)));
    addForSchedule(Command.backfill, trans.__("Run the Past Times of a Schedule…"), (schedule) =>
      open(trans.__("Backfill of %1", schedule.deployment), (done) => backfillForm(flows, schedule, done)));
    for (const command of [Command.run, Command.schedule, Command.panel, Command.example]) {
      palette?.addItem({ command, category: trans.__("Flows") });
    }
  },
};
