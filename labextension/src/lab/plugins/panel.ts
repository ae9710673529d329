// The panel at the left: runs and schedules. What is in it is loaded when it is first shown.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILayoutRestorer } from "@jupyterlab/application";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";

import { Command, IFlows } from "../flows";
import { flowsIcon } from "../icon";
import type { PanelBody } from "../panel/body";
import { waiting } from "../screen";

class FlowsPanel extends Widget {
  private body: Promise<PanelBody> | undefined;

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly flows: IFlows,
  ) {
    super();
    this.id = "jupyter-flows-panel";
    this.addClass("jfl");
    this.addClass("jfl-side");
    this.title.icon = flowsIcon;
    this.title.caption = flows.trans.__("Flows: runs and schedules");
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", flows.trans.__("Flows"));
    this.node.append(waiting(flows.trans.__("Loading…")));
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.fill().then((body) => body.shown());
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    void this.body?.then((body) => body.hidden());
  }

  protected override onActivateRequest(): void {
    void this.fill().then((body) => body.focus());
  }

  /** Turn to one of its tabs. */
  async turn(tab: "runs" | "schedules"): Promise<void> {
    (await this.fill()).choose(tab);
  }

  private fill(): Promise<PanelBody> {
    this.body ??= import("../panel/body").then(({ PanelBody }) => {
      const body = new PanelBody(this.app.commands, this.flows, this.app.serviceManager);
      this.node.replaceChildren(body.element);
      return body;
    });
    return this.body;
  }
}

export const panel: JupyterFrontEndPlugin<void> = {
  id: "jupyter-flows:panel",
  description: "A panel with the runs and schedules of Jupyter Flows.",
  autoStart: true,
  requires: [IFlows],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, flows: IFlows, restorer: ILayoutRestorer | null): void => {
    const side = new FlowsPanel(app, flows);
    app.shell.add(side, "left", { rank: 350 });
    restorer?.add(side, side.id);
    app.commands.addCommand(Command.panel, {
      label: flows.trans.__("Show Flow Runs and Schedules"),
      icon: flowsIcon,
      describedBy: { args: { type: "object", properties: { tab: { type: "string", enum: ["runs", "schedules"] } } } },
      execute: (args) => {
        app.shell.activateById(side.id);
        return args["tab"] === "schedules" || args["tab"] === "runs" ? side.turn(args["tab"]) : undefined;
      },
    });
  },
};
