// The last runs of a flow: a bar for how long each took, a row for each task, and two of them side by side.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import { Answers } from "../answers";
import type { Client } from "../client";
import { hatched, stateIcon } from "../look";
import { act, problem, waiting } from "../screen";
import type { Grid, GridCell, RunDetail } from "../shapes";
import { duration, when } from "../times";
import { comparisonView } from "./comparison-view";

const RUNS = 24;
const TALLEST = 44;
const FOLLOWS = new Set(["UpstreamFailed", "TriggerFailed"]); // must not outshine their cause

export class GridView {
  readonly element: HTMLElement;
  private flow = "";
  private drawn = "";
  private readonly answers = new Answers();
  private run = "";
  private grid: Grid | undefined;
  private chosen: string[] | undefined; // ids of runs that are compared, at most two; undefined where none are
  private readonly compared = html("div", { role: "status" });

  constructor(
    private readonly client: Client,
    private readonly trans: TranslationBundle,
    private readonly open: (id: string, title: string) => void,
  ) {
    this.element = html("div", { class: "jfl-section jfl-grid-scroll", tabindex: 0, role: "region", "aria-label": trans.__("Last runs") }, waiting(trans.__("Reading the last runs…")));
  }

  show(detail: RunDetail): void {
    this.flow = detail.run.flow;
    this.run = detail.run.id;
    void this.read();
  }

  private async read(): Promise<void> {
    const { trans } = this;
    const isNews = this.answers.ask();
    try {
      const grid = await this.client.grid(this.flow, RUNS);
      const drawn = JSON.stringify([grid, this.run]);
      if (isNews() && drawn !== this.drawn) {
        this.drawn = drawn;
        this.grid = grid;
        this.draw();
      }
    } catch (error) {
      if (isNews()) {
        this.drawn = "";
        this.element.replaceChildren(problem(error, { words: trans.__("Try again"), does: () => void this.read() }));
      }
    }
  }

  private draw(): void {
    if (this.grid) {
      const held = this.element.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.act : undefined;
      this.element.replaceChildren(...this.parts(this.grid), this.compared);
      this.element.querySelector<HTMLElement>(`[data-act="${held ?? ""}"]`)?.focus();
    }
  }

  /** Begin to choose two runs with the one that the page is about, or leave that. */
  private turn(): void {
    this.chosen = this.chosen ? undefined : [this.run];
    this.compared.replaceChildren();
    this.draw();
  }

  /** Choose a run, or not any more; of three the one that was chosen last but one goes. */
  private choose(id: string): void {
    const chosen = this.chosen ?? [];
    this.chosen = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen.slice(-1), id];
    this.draw();
    void this.compare();
  }

  private async compare(): Promise<void> {
    const order = this.grid?.runs.map((run) => run.id) ?? [];
    const [before, after, ...rest] = [...(this.chosen ?? [])].sort((one, other) => order.indexOf(one) - order.indexOf(other));
    if (before === undefined || after === undefined || rest.length) {
      this.compared.replaceChildren();
      return;
    }
    try {
      const comparison = await this.client.comparison(after, before);
      if (this.chosen?.includes(before) && this.chosen.includes(after)) {
        this.compared.replaceChildren(comparisonView(comparison, this.trans));
      }
    } catch (error) {
      this.compared.replaceChildren(problem(error, { words: this.trans.__("Try again"), does: () => void this.compare() }));
    }
  }

  private parts(grid: Grid): HTMLElement[] {
    const { trans } = this;
    const slowest = Math.max(...grid.runs.map((run) => run.seconds ?? 0), 0.001);
    const longest = grid.usual_seconds ? Math.min(slowest, 2.5 * grid.usual_seconds) : slowest; // one slow run must not flatten the others
    const columns = grid.runs.map((run) => {
      const height = Math.max(4, Math.min(TALLEST, Math.round((TALLEST * (run.seconds ?? 0)) / longest)));
      const label = [run.title, run.state, duration(run.seconds), run.parameters, when(run.created_at)].filter(Boolean).join(" · ");
      const here = this.chosen ? this.chosen.includes(run.id) : run.id === this.run;
      const pressed = this.chosen ? { "aria-pressed": String(here) } : {};
      const bar = html("button", { type: "button", class: `jfl-grid-bar${here ? " jfl-here" : ""}`, title: label, "aria-label": label, "data-act": run.id, ...pressed }, html("i", { class: `s-${run.css}${hatched(run.css)}`, style: `height:${height}px` }));
      bar.addEventListener("click", () => (this.chosen ? this.choose(run.id) : this.open(run.id, run.title)));
      return html("th", { scope: "col" }, bar);
    });
    const rows = grid.rows.map((row) => {
      const cells = row.cells.map((cell, index) => html("td", {}, ...(cell ? [this.tile(cell, row.label, grid.runs[index]?.id ?? "", grid.runs[index]?.title ?? "")] : [])));
      return html("tr", {}, html("th", { scope: "row", title: row.label }, row.label), ...cells);
    });
    const usual = grid.usual_seconds === null ? "" : trans.__("usually %1", duration(grid.usual_seconds));
    const caption = [trans._n("the last run of %2", "the last %1 runs of %2", grid.runs.length, grid.flow), usual, grid.notice].filter(Boolean).join(" · ");
    const table = html("table", { class: "jfl-grid", "aria-label": caption }, html("thead", {}, html("tr", {}, html("td"), ...columns)), html("tbody", {}, ...rows));
    const compare = act(trans.__("Compare two"), trans.__("Choose two columns by their bars, and see what differs"), () => this.turn());
    compare.dataset.act = "compare";
    compare.setAttribute("aria-pressed", String(Boolean(this.chosen)));
    const hint = this.chosen && this.chosen.length < 2 ? [html("span", { class: "jfl-mut" }, trans.__("choose the bar of another run"))] : [];
    const more = grid.runs.length > 1 ? [compare, ...hint] : [];
    return [html("div", { class: "jfl-line" }, html("span", { class: "jfl-mut" }, caption), ...more), table];
  }

  private tile(cell: GridCell, task: string, id: string, title: string): HTMLElement {
    const several = cell.count > 1 ? (cell.failed ? this.trans.__("%1 of %2 failed", cell.failed, cell.count) : `× ${cell.count}`) : "";
    const label = [title, task, cell.state, several, duration(cell.seconds)].filter(Boolean).join(" · ");
    const made = html("button", { type: "button", class: `jfl-tile s-${cell.css}${FOLLOWS.has(cell.state) ? " jfl-follows" : ""}`, title: label, "aria-label": label, tabindex: -1 });
    if (cell.css !== "completed") {
      made.append(stateIcon(cell.css, 11));
    }
    made.addEventListener("click", () => this.open(id, title));
    return made;
  }
}
