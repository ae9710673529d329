// The task runs of a run, or the cells of a notebook, as a table: failed first, the slowest first, or in their order.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import { Answers } from "../answers";
import type { Client } from "../client";
import { stateIcon } from "../look";
import { act, problem } from "../screen";
import type { RunDetail, TaskRow } from "../shapes";
import { duration, when } from "../times";

const PAGE = 100;

export class TasksView {
  readonly element: HTMLElement;
  private readonly find: HTMLInputElement;
  private readonly order: HTMLSelectElement;
  private readonly counts = html("span", { class: "jfl-line jfl-mut" });
  private readonly body = html("tbody");
  private readonly rest = html("div", { role: "status" });
  private run = "";
  private wanted = PAGE;
  private readonly answers = new Answers();

  constructor(
    private readonly client: Client,
    private readonly trans: TranslationBundle,
    private readonly open: (number: number) => void,
  ) {
    this.find = html("input", { class: "jfl-field jfl-find", type: "search", placeholder: trans.__("Find…"), "aria-label": trans.__("Find tasks by name") });
    const orders = [["failed", trans.__("failed first")], ["slowest", trans.__("slowest first")], ["number", trans.__("in their order")]] as const;
    this.order = html("select", { class: "jfl-field", "aria-label": trans.__("Order") }, ...orders.map(([value, words]) => html("option", { value }, words)));
    const heads = [trans.__("Task"), trans.__("State"), trans.__("Began"), trans.__("Took"), trans.__("Tries"), trans.__("Details")];
    const head = html("thead", {}, html("tr", {}, ...heads.map((words) => html("th", { scope: "col" }, words))));
    const table = html("table", { class: "jfl-table" }, head, this.body);
    this.element = html("div", { class: "jfl-section" }, html("div", { class: "jfl-line" }, this.find, this.order, this.counts), table, this.rest);
    let typed: ReturnType<typeof setTimeout> | undefined;
    this.find.addEventListener("input", () => {
      clearTimeout(typed);
      typed = setTimeout(() => this.anew(), 250);
    });
    this.order.addEventListener("change", () => this.anew());
  }

  show(detail: RunDetail): void {
    if (detail.run.id !== this.run) {
      this.run = detail.run.id;
      this.order.value = detail.run.kind === "notebook" ? "number" : "failed";
    }
    void this.read();
  }

  /** Something else is asked for. */
  private anew(): void {
    this.answers.forget();
    void this.read();
  }

  private async read(): Promise<void> {
    const isNews = this.answers.ask();
    const { trans } = this;
    try {
      const page = await this.client.tasks(this.run, { order: this.order.value, search: this.find.value, limit: this.wanted });
      if (!isNews()) {
        return;
      }
      this.counts.replaceChildren(...page.counts.flatMap(({ css, state, count }) => [stateIcon(css, 13), `${count} ${state}`]));
      this.body.replaceChildren(...page.tasks.map((row) => this.row(row)));
      if (page.next_offset !== null) {
        const more = act(trans.__("Show more"), "", () => {
          this.wanted = Math.min(1000, this.wanted + PAGE);
          this.anew();
        });
        this.rest.replaceChildren(trans.__("%1 of %2 ", page.tasks.length, page.total), more);
      } else {
        this.rest.replaceChildren(page.total ? "" : trans.__("Nothing yet."));
      }
    } catch (error) {
      if (isNews()) {
        this.rest.replaceChildren(problem(error, { words: trans.__("Try again"), does: () => void this.read() }));
      }
    }
  }

  private row(row: TaskRow): HTMLElement {
    const name = html("button", { type: "button", class: "jfl-link", title: this.trans.__("Show all that is known of it") }, row.label);
    name.addEventListener("click", () => this.open(row.number));
    return html(
      "tr",
      {},
      html("th", { scope: "row" }, name),
      html("td", {}, html("span", { class: "jfl-state" }, stateIcon(row.css, 14), row.state.name)),
      html("td", {}, row.started_at ? when(row.started_at) : ""),
      html("td", { class: "jfl-number" }, duration(row.duration_seconds)),
      html("td", { class: "jfl-number" }, row.attempts > 1 ? String(row.attempts) : ""),
      html("td", { class: "jfl-mut" }, row.words),
    );
  }
}
