// The runs: a field that filters, and the list, which is live.

import type { CommandRegistry } from "@lumino/commands";

import { html } from "../../dom";
import { Answers } from "../answers";
import { told } from "../client";
import type { IFlows } from "../flows";
import { Command } from "../flows";
import type { Change } from "../live";
import { stateIcon } from "../look";
import { enterable, reconcile, roam } from "../reconcile";
import { act, problem, waiting } from "../screen";
import type { Progress, Run, RunBrief } from "../shapes";
import { completions, readSearch } from "../words";
import { emptyScreen } from "./empty";
import { grouped, since } from "./groups";
import { RunRow } from "./run-row";

const PAGE = 100;
const REST_MS = 400; // between two readings, however much happens
const AGAIN_MS = 5000; // after a failure
const LOST_MS = 30_000; // after which an answer is not waited for any more
const CAUSES = 12; // asked for after one reading
const STATES = ["failed", "running", "completed", "crashed", "cancelled", "paused", "scheduled", "pending"];
const LEFT_AT = "jupyter-flows:left-at";

const attempt = (run: Run): string => `${run.id} ${run.attempts}`;

export class RunsView {
  readonly element: HTMLElement;
  private readonly find: HTMLInputElement;
  private readonly known = html("datalist", { id: "jupyter-flows-completions" });
  /** Stands in the panel's head while the runs are shown. */
  readonly group: HTMLButtonElement;
  private readonly news = html("div", { class: "jfl-news", hidden: true });
  private readonly said = html("div", { class: "jfl-quiet-line", role: "status", hidden: true });
  private readonly list: HTMLElement;
  private readonly rest = html("div");
  private readonly rows = new Map<string, RunRow>();
  private readonly heads = new Map<string, HTMLElement>();
  private readonly folded = new Set<string>();
  private readonly progress = new Map<string, Progress>();
  private readonly causes = new Map<string, string>(); // of runs that failed because of another task, by run and attempt
  private runs: Run[] = [];
  private wanted = PAGE;
  private byFlow = false;
  private empty = false;
  private readonly answers = new Answers();
  private reading = 0; // how many answers are waited for
  private failed = false; // whether the last reading did
  private measuring = false;
  private behind = true; // whether how far runs are was told by no event
  private readonly heard = new Set<string>(); // runs of which events told it while it is asked
  private due: ReturnType<typeof setTimeout> | undefined;
  private typed: ReturnType<typeof setTimeout> | undefined;
  private clock: ReturnType<typeof setInterval> | undefined;
  private last = 0;

  constructor(
    private readonly commands: CommandRegistry,
    private readonly flows: IFlows,
  ) {
    const { trans } = flows;
    this.find = html("input", {
      class: "jfl-field jfl-find",
      type: "search",
      placeholder: trans.__("Filter…  state:failed"),
      "aria-label": trans.__("Filter runs"),
      title: trans.__("Words, or state: flow: tag: deployment: since: with a value (/)"),
      list: this.known.id,
      spellcheck: "false",
    });
    this.group = act(trans.__("By flow"), trans.__("Group the runs by their flow (g)"), () => this.regroup());
    this.group.setAttribute("aria-pressed", "false");
    this.list = html("ul", { class: "jfl-runs", "aria-label": trans.__("Runs") });
    const body = html("div", { class: "jfl-scroll" }, this.news, this.said, this.list, this.rest);
    this.element = html("div", { class: "jfl-view" }, html("div", { class: "jfl-line" }, this.find, this.known), body);
    this.rest.append(waiting(trans.__("Reading the runs…")));
    this.listen();
  }

  shown(): void {
    this.flows.live.changed.connect(this.changed);
    this.clock = setInterval(() => this.tick(), 1000);
    this.behind = true;
    void this.read();
  }

  hidden(): void {
    this.flows.live.changed.disconnect(this.changed);
    clearInterval(this.clock);
    clearTimeout(this.due);
    this.due = undefined;
    localStorage.setItem(LEFT_AT, String(Date.now()));
  }

  focus(): void {
    const first = this.list.querySelector<HTMLElement>(".jfl-run-main[tabindex='0']");
    (first ?? this.find).focus();
  }

  private readonly changed = (_: unknown, change: Change): void => {
    if (change.what === "run") {
      this.take(change.run);
    } else if (change.what === "all") {
      this.behind = true;
    }
    this.soon();
  };

  /** Take at once what an event tells of a run; the rest is read soon. */
  private take(brief: RunBrief): void {
    this.progress.set(brief.id, brief.task_runs);
    if (this.measuring) {
      this.heard.add(brief.id);
    }
    const run = this.runs.find((other) => other.id === brief.id);
    if (run) {
      run.css = brief.css;
      run.state = { ...run.state, name: brief.state, type: brief.type };
      run.started_at = brief.started_at;
      run.ended_at = brief.ended_at;
      this.draw();
    }
  }

  private tick(): void {
    this.draw();
    if (this.failed && Date.now() - this.last > (this.reading ? LOST_MS : AGAIN_MS)) {
      this.soon();
    }
  }

  private soon(): void {
    this.due ??= setTimeout(() => {
      this.due = undefined;
      void this.read();
    }, Math.max(0, this.last + REST_MS - Date.now()));
  }

  private async read(): Promise<void> {
    const isNews = this.answers.ask();
    this.reading += 1;
    this.last = Date.now();
    try {
      const search = readSearch(this.find.value);
      const page = await this.flows.client.runs({ ...search, limit: this.wanted });
      if (!isNews()) {
        return;
      }
      this.failed = false;
      this.runs = page.runs;
      this.forget(new Set(page.runs.map((run) => run.id)));
      this.empty = page.runs.length === 0 && Object.keys(search).length === 0;
      this.complete();
      this.tell();
      this.after(page.next_offset !== null);
      this.draw();
      void this.measure();
      void this.explain();
    } catch (error) {
      if (isNews()) {
        this.failed = true;
        this.rest.replaceChildren(problem(error, { words: this.flows.trans.__("Try again"), does: () => void this.read() }));
      }
    } finally {
      this.reading -= 1;
    }
  }

  /** Keep nothing of runs that are not listed any more: the page may stay open for weeks. */
  private forget(listed: ReadonlySet<string>): void {
    for (const known of [this.rows, this.progress]) {
      for (const id of known.keys()) {
        if (!listed.has(id)) {
          known.delete(id);
        }
      }
    }
  }

  /** Ask how far the runs are that go on; events tell it later. */
  private async measure(): Promise<void> {
    const goes = this.runs.some((run) => run.ended_at === null && run.started_at !== null && (this.behind || !this.progress.has(run.id)));
    if (!goes || this.measuring) {
      return;
    }
    this.measuring = true;
    this.behind = false;
    this.heard.clear();
    try {
      for (const one of (await this.flows.client.overview()).running) {
        if (!this.heard.has(one.id)) {
          this.progress.set(one.id, one.task_runs);
        }
      }
      this.draw();
    } catch {
      this.behind = true; // the list is there without it
    } finally {
      this.measuring = false;
    }
  }

  /** Ask what is behind failures that only follow from another one: the cause is what a list should tell. */
  private async explain(): Promise<void> {
    const follows = (run: Run): boolean => /^(Upstream|Trigger)Failed\b/.test(run.words) && !this.causes.has(attempt(run));
    for (const run of this.runs.filter(follows).slice(0, CAUSES)) {
      try {
        this.causes.set(attempt(run), ""); // asked once
        const [first] = (await this.flows.client.why(run.id)).causes;
        if (first) {
          this.causes.set(attempt(run), `${first.labels[0] ?? ""}: ${first.cause}`);
          this.draw();
        }
      } catch {
        this.causes.delete(attempt(run));
        return;
      }
    }
  }

  /** What stands below the list. */
  private after(more: boolean): void {
    const { trans } = this.flows;
    if (this.empty) {
      this.rest.replaceChildren(emptyScreen(trans, () => void this.commands.execute(Command.example)));
    } else if (!this.runs.length) {
      this.rest.replaceChildren(html("div", { class: "jfl-quiet-line" }, trans.__("No run fits.")), act(trans.__("Show all runs"), "", () => this.search("")));
    } else if (more) {
      const older = act(trans.__("Show older runs"), "", () => {
        this.wanted = Math.min(1000, this.wanted + PAGE);
        void this.read();
      });
      this.rest.replaceChildren(older);
    } else {
      this.rest.replaceChildren();
    }
  }

  private complete(): void {
    const names = [...new Set(this.runs.map((run) => run.flow))];
    this.known.replaceChildren(...completions(this.find.value, names, STATES).map((value) => html("option", { value })));
  }

  /** Say once what has happened since the panel was last open. */
  private tell(): void {
    const left = Number(localStorage.getItem(LEFT_AT) ?? 0);
    const { finished, failed, waiting: waits } = since(this.runs, left);
    const { trans } = this.flows;
    const parts = [
      finished ? trans.__("%1 finished", finished) : "",
      failed ? trans.__("%1 failed", failed) : "",
      waits ? trans.__("%1 waits for you", waits) : "",
    ].filter(Boolean);
    this.news.hidden = !left || !parts.length;
    this.news.textContent = trans.__("Since you left: %1", parts.join(", "));
  }

  private draw(): void {
    const now = new Date();
    const elements: Element[] = [];
    for (const group of this.byFlow ? grouped(this.runs) : [{ flow: "", runs: this.runs }]) {
      if (this.byFlow) {
        elements.push(this.head(group.flow, group.runs));
      }
      if (this.byFlow && this.folded.has(group.flow)) {
        continue;
      }
      for (const run of group.runs) {
        let row = this.rows.get(run.id);
        if (!row) {
          row = new RunRow(run, this, this.flows.trans, this.flows.may);
          this.rows.set(run.id, row);
        }
        const cause = this.causes.get(attempt(run));
        row.draw(cause ? { ...run, words: cause } : run, this.progress.get(run.id), now);
        elements.push(row.element);
      }
    }
    reconcile(this.list, elements);
    enterable(this.list, ".jfl-run-main, .jfl-group");
  }

  /** The head of a flow's runs: its name, how many, and how the last ones ended. */
  private head(flow: string, runs: readonly Run[]): HTMLElement {
    let item = this.heads.get(flow);
    if (!item) {
      const made = html("button", { type: "button", class: "jfl-group", tabindex: -1 });
      made.addEventListener("click", () => {
        this.folded[this.folded.has(flow) ? "delete" : "add"](flow);
        this.draw();
      });
      item = html("li", {}, made);
      this.heads.set(flow, item);
    }
    const button = item.firstElementChild as HTMLElement;
    const words = JSON.stringify([this.folded.has(flow), runs.map((run) => run.css)]);
    if (button.dataset.drawn !== words) {
      button.dataset.drawn = words;
      button.setAttribute("aria-expanded", String(!this.folded.has(flow)));
      const last = runs.slice(0, 8).reverse().map((run) => stateIcon(run.css, 12));
      const icons = html("span", { class: "jfl-group-last", "aria-hidden": "true" }, ...last);
      button.replaceChildren(html("b", {}, flow), html("span", { class: "jfl-count" }, String(runs.length)), icons);
    }
    return item;
  }

  open(run: Run): void {
    void this.commands.execute(Command.openRun, { id: run.id, title: run.title });
  }

  cancel(run: Run): void {
    this.attempt(this.flows.trans.__("%1 is asked to stop", run.title), () => this.flows.client.cancel(run.id));
  }

  resume(run: Run): void {
    this.attempt(this.flows.trans.__("%1 goes on", run.title), () => this.flows.client.resume(run.id));
  }

  private attempt(words: string, does: () => Promise<unknown>): void {
    does().then(
      () => this.say(words),
      (error: unknown) => this.say(told(error)),
    );
  }

  private say(words: string): void {
    this.said.textContent = words;
    this.said.hidden = false;
    this.soon();
    setTimeout(() => {
      this.said.hidden = this.said.textContent === words;
    }, 8000);
  }

  private search(text: string): void {
    this.find.value = text;
    this.wanted = PAGE;
    this.answers.forget();
    void this.read();
  }

  private regroup(): void {
    this.byFlow = !this.byFlow;
    this.group.setAttribute("aria-pressed", String(this.byFlow));
    this.draw();
  }

  private listen(): void {
    roam(this.list, ".jfl-run-main, .jfl-group");
    this.find.addEventListener("input", () => {
      this.complete();
      clearTimeout(this.typed);
      this.typed = setTimeout(() => this.search(this.find.value), 250);
    });
    this.find.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && !this.find.value) {
        event.preventDefault();
        this.focus();
      }
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      if (event.key === "/") {
        event.preventDefault();
        this.find.focus();
      } else if (event.key === "g") {
        this.regroup();
      }
    });
  }
}
