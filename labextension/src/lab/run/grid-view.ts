// The last runs of a flow: a bar for how long each took, a row for each task, and two of them side by side.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import type { Client } from "../client";
import { hatched, stateIcon } from "../look";
import { problem, waiting } from "../screen";
import type { Grid, GridCell, RunDetail } from "../shapes";
import { duration, when } from "../times";

const RUNS = 24;
const TALLEST = 44;
const FOLLOWS = new Set(["UpstreamFailed", "TriggerFailed"]); // must not outshine their cause

export class GridView {
  readonly element: HTMLElement;
  private flow = "";
  private drawn = "";
  private run = "";

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
    try {
      const grid = await this.client.grid(this.flow, RUNS);
      const drawn = JSON.stringify([grid, this.run]);
      if (drawn !== this.drawn) {
        this.drawn = drawn;
        this.element.replaceChildren(...this.parts(grid));
      }
    } catch (error) {
      this.element.replaceChildren(problem(error, { words: trans.__("Try again"), does: () => void this.read() }));
    }
  }

  private parts(grid: Grid): HTMLElement[] {
    const { trans } = this;
    const slowest = Math.max(...grid.runs.map((run) => run.seconds ?? 0), 0.001);
    const longest = grid.usual_seconds ? Math.min(slowest, 2.5 * grid.usual_seconds) : slowest; // one slow run must not flatten the others
    const columns = grid.runs.map((run) => {
      const height = Math.max(4, Math.min(TALLEST, Math.round((TALLEST * (run.seconds ?? 0)) / longest)));
      const label = [run.title, run.state, duration(run.seconds), run.parameters, when(run.created_at)].filter(Boolean).join(" · ");
      const bar = html("button", { type: "button", class: `jfl-grid-bar${run.id === this.run ? " jfl-here" : ""}`, title: label, "aria-label": label }, html("i", { class: `s-${run.css}${hatched(run.css)}`, style: `height:${height}px` }));
      bar.addEventListener("click", () => this.open(run.id, run.title));
      return html("th", { scope: "col" }, bar);
    });
    const rows = grid.rows.map((row) => {
      const cells = row.cells.map((cell, index) => html("td", {}, ...(cell ? [this.tile(cell, row.label, grid.runs[index]?.id ?? "", grid.runs[index]?.title ?? "")] : [])));
      return html("tr", {}, html("th", { scope: "row", title: row.label }, row.label), ...cells);
    });
    const usual = grid.usual_seconds === null ? "" : trans.__("usually %1", duration(grid.usual_seconds));
    const caption = [trans._n("the last run of %2", "the last %1 runs of %2", grid.runs.length, grid.flow), usual, grid.notice].filter(Boolean).join(" · ");
    const table = html("table", { class: "jfl-grid", "aria-label": caption }, html("thead", {}, html("tr", {}, html("td"), ...columns)), html("tbody", {}, ...rows));
    return [html("div", { class: "jfl-mut" }, caption), table];
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
