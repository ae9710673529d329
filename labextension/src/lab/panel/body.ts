// What is in the panel: tabs for runs and schedules, and a line that says when something is amiss.

import type { ServiceManager } from "@jupyterlab/services";
import type { CommandRegistry } from "@lumino/commands";

import { html } from "../../dom";
import { Answers } from "../answers";
import type { IFlows } from "../flows";
import { Tabs } from "../screen";
import { RunsView } from "./runs-view";
import { SchedulesView } from "./schedules-view";

type Tab = "runs" | "schedules";

const REST_MS = 2000; // between two questions about what is amiss
const LOOK_MS = 10_000; // after which it is asked without a reason: that a runner begins or ends makes no event

export class PanelBody {
  readonly element: HTMLElement;
  private readonly tabs: Tabs<Tab>;
  private readonly runs: RunsView;
  private readonly views: Record<Tab, RunsView | SchedulesView>;
  private readonly foot = html("div", { class: "jfl-foot", role: "status" });
  private visible = false;
  private due: ReturnType<typeof setTimeout> | undefined;
  private clock: ReturnType<typeof setInterval> | undefined;
  private readonly answers = new Answers();

  constructor(
    commands: CommandRegistry,
    private readonly flows: IFlows,
    services: ServiceManager.IManager,
  ) {
    const { trans } = flows;
    this.tabs = new Tabs<Tab>(trans.__("Flows"), [["runs", trans.__("Runs")], ["schedules", trans.__("Schedules")]], "runs", () => this.turn());
    this.runs = new RunsView(commands, flows);
    this.views = { runs: this.runs, schedules: new SchedulesView(commands, flows) };
    this.views.schedules.element.hidden = true;
    const head = html("div", { class: "jfl-head" }, html("div", { class: "jfl-line" }, html("h2", { class: "jfl-grow" }, trans.__("Flows")), this.runs.group), this.tabs.element);
    this.element = html("div", { class: "jfl-panel", "data-lm-suppress-shortcuts": "true" }, head, this.views.runs.element, this.views.schedules.element, this.foot);
    flows.live.wayChanged.connect(() => void this.footing());
    flows.live.changed.connect(() => {
      if (this.visible && !this.foot.hidden) {
        this.due ??= setTimeout(() => void this.footing(), REST_MS); // what it complains of may be over
      }
    });
    services.connectionFailure.connect(() => void this.footing());
  }

  shown(): void {
    this.visible = true;
    this.views[this.tabs.chosen].shown();
    this.clock = setInterval(() => void this.footing(), LOOK_MS);
    void this.footing();
  }

  hidden(): void {
    this.visible = false;
    clearInterval(this.clock);
    this.views[this.tabs.chosen].hidden();
  }

  focus(): void {
    this.views[this.tabs.chosen].focus();
  }

  choose(tab: Tab): void {
    this.tabs.choose(tab);
    this.turn();
  }

  private turn(): void {
    this.runs.group.hidden = this.tabs.chosen !== "runs";
    for (const [name, view] of Object.entries(this.views)) {
      const here = name === this.tabs.chosen;
      if (view.element.hidden === here && this.visible) {
        view[here ? "shown" : "hidden"]();
      }
      view.element.hidden = !here;
    }
  }

  /** Say what is amiss: no live news, no runner that would run schedules, a store that cannot be read. */
  private async footing(): Promise<void> {
    const { live, trans, client } = this.flows;
    clearTimeout(this.due);
    this.due = undefined;
    const isNews = this.answers.ask();
    let words = live.trouble || (live.way === "polling" ? trans.__("No live news; asked every few seconds.") : "");
    try {
      const { runner } = await client.settings();
      if (!runner.running && runner.others === 0) {
        words ||= runner.trouble || trans.__("No runner is there: schedules wait until one starts (jupyter flows runner).");
      }
    } catch {
      // The list above says so.
    }
    if (isNews()) {
      this.foot.textContent = words;
      this.foot.hidden = !words;
    }
  }
}
