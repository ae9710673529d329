// The status bar: how many runs go on, and how many failed since the panel was last open.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IStatusBar } from "@jupyterlab/statusbar";
import { Widget } from "@lumino/widgets";

import { html } from "../../dom";
import { Command, IFlows } from "../flows";
import type { Change } from "../live";
import { stateIcon } from "../look";

const BAD = new Set(["failed", "crashed"]);

class RunCount extends Widget {
  private readonly button = html("button", { type: "button", class: "jfl-status" });
  private readonly running = new Set<string>();
  private readonly failed = new Set<string>();
  private since: Change[] | undefined; // what is told during a reading, whose answer may be older

  constructor(
    private readonly flows: IFlows,
    open: () => void,
  ) {
    super();
    this.addClass("jfl-status-item");
    this.node.append(this.button);
    this.button.addEventListener("click", () => {
      this.failed.clear();
      this.draw();
      open();
    });
    flows.live.changed.connect((_, change: Change) => this.take(change));
    this.draw();
  }

  /** Read what runs now. */
  async read(): Promise<void> {
    const since: Change[] = (this.since = []);
    try {
      const { running } = await this.flows.client.overview();
      if (since === this.since) {
        this.running.clear();
        running.forEach((run) => this.running.add(run.id));
        since.forEach((change) => this.count(change));
        this.draw();
      }
    } finally {
      this.since = since === this.since ? undefined : this.since;
    }
  }

  private take(change: Change): void {
    if (change.what === "all") {
      void this.read().catch(() => undefined);
    } else {
      this.since?.push(change);
      this.count(change);
      this.draw();
    }
  }

  private count(change: Change): void {
    if (change.what === "run" && change.run.parent_run_id === null) {
      const { id, css } = change.run;
      this.running[change.run.ended_at === null && change.run.started_at !== null ? "add" : "delete"](id);
      this.failed[BAD.has(css) ? "add" : "delete"](id);
    }
  }

  private draw(): void {
    const { trans } = this.flows;
    const [running, failed] = [this.running.size, this.failed.size];
    const words = [running ? trans._n("%1 run goes on", "%1 runs go on", running) : "", failed ? trans.__("%1 failed", failed) : ""].filter(Boolean).join(", ");
    this.button.replaceChildren(
      ...(running ? [stateIcon("running", 13), String(running)] : []),
      ...(failed ? [stateIcon("failed", 13), String(failed)] : []),
    );
    this.button.title = `${words} · ${trans.__("show the flows")}`;
    this.button.setAttribute("aria-label", `${trans.__("Flows")}: ${words}`);
    this.setHidden(!running && !failed);
  }
}

export const status: JupyterFrontEndPlugin<void> = {
  id: "jupyter-flows:status",
  description: "Counts the runs that go on in the status bar.",
  autoStart: true,
  requires: [IFlows],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, flows: IFlows, bar: IStatusBar | null): void => {
    if (!bar) {
      return;
    }
    const item = new RunCount(flows, () => void app.commands.execute(Command.panel));
    bar.registerStatusItem("jupyter-flows:status", { item, align: "left", rank: 90 });
    void app.restored.then(() => flows.settings()).then(() => item.read()).catch(() => undefined);
  },
};
