// One run in the list: 40 px with its state, its name, why it failed or how far it is, how long and when.

import { html } from "../../dom";
import { given } from "../given";
import { hatched, stateIcon } from "../look";
import type { Progress, Run } from "../shapes";
import { act } from "../screen";
import { duration, exactly, ticking, when } from "../times";
import { briefly } from "../words";
import type { TranslationBundle } from "@jupyterlab/translation";

/** What can be done from a row. */
export interface RowActs {
  open(run: Run): void;
  cancel(run: Run): void;
  resume(run: Run): void;
}

const RESUMABLE = new Set(["failed", "crashed", "cancelled"]);
const UNDER_WAY = new Set(["running", "retrying"]);

/** How far a run is: what has ended, what failed, what runs and what is to come, as one bar. */
export function progressBar(progress: Progress): HTMLElement {
  const { ended, failed, running, expected } = progress;
  const parts: [string, number][] = [
    ["completed", ended - failed],
    ["failed", failed],
    ["running", running],
    ["pending", Math.max(0, expected - ended - running)],
  ];
  const bar = html("div", { class: "jfl-bar", "aria-hidden": "true" });
  for (const [css, number] of parts) {
    if (number > 0) {
      bar.append(html("i", { class: `s-${css}${hatched(css)}`, style: `flex:${number} 1 4px` }));
    }
  }
  return bar;
}

/** What is said of a run under its name where there is no bar. */
export function about(run: Run): string {
  if (run.words) {
    return run.words;
  }
  return given(run.parameters).slice(0, 3).join(", ");
}

export class RunRow {
  readonly element = html("li", { class: "jfl-run" });
  private readonly main = html("button", { type: "button", class: "jfl-run-main", tabindex: -1 });
  private readonly acts = html("span", { class: "jfl-run-acts" });
  private drawn = "";

  constructor(
    private run: Run,
    private readonly doing: RowActs,
    private readonly trans: TranslationBundle,
    private readonly may: { execute: boolean },
  ) {
    this.element.append(this.main, this.acts);
    this.main.addEventListener("click", () => this.doing.open(this.run));
    this.main.addEventListener("keydown", (event) => {
      if (event.key === "r" && RESUMABLE.has(this.run.css)) {
        this.doing.resume(this.run);
      } else if (event.key === "c" && UNDER_WAY.has(this.run.css)) {
        this.doing.cancel(this.run);
      }
    });
  }

  /** Draw it, if anything has changed. */
  draw(run: Run, progress: Progress | undefined, now: Date): void {
    this.run = run;
    const running = run.ended_at === null && run.started_at !== null;
    const seconds = running ? (now.getTime() - new Date(run.started_at ?? run.created_at).getTime()) / 1000 : run.duration_seconds;
    const length = running ? ticking(seconds ?? 0) : duration(seconds);
    const at = when(run.ended_at ?? run.started_at ?? run.created_at, now);
    const drawn = JSON.stringify([run.css, run.state.name, run.title, run.words, run.parameters, length, at, progress]);
    if (drawn === this.drawn) {
      return;
    }
    this.drawn = drawn;
    const words = about(run);
    const below = running && progress && progress.expected > 0 ? progressBar(progress) : html("span", { class: "jfl-run-words" }, briefly(words) || run.state.name);
    this.main.replaceChildren(
      stateIcon(run.css),
      html("span", { class: "jfl-run-title" }, run.title),
      html("span", { class: "jfl-run-time" }, length),
      below,
      html("span", { class: "jfl-run-when" }, at),
    );
    this.main.setAttribute("aria-label", [run.title, run.state.name, words, length, at].filter(Boolean).join(", "));
    this.main.title = `${run.title}: ${run.state.name}${words ? `\n${words}` : ""}\n${exactly(run.created_at)}\n${run.id}`;
    this.element.dataset.state = run.css;
    this.element.dataset.run = run.id;
    this.acts.replaceChildren(...this.buttons());
  }

  private buttons(): HTMLElement[] {
    const { run, trans } = this;
    if (run.css === "paused") {
      return [act(trans.__("Approve…"), trans.__("See what %1 waits for", run.title), () => this.doing.open(run))];
    }
    if (!this.may.execute) {
      return [];
    }
    if (UNDER_WAY.has(run.css)) {
      return [this.named(act(trans.__("Cancel"), trans.__("Stop %1 (c)", run.title), () => this.doing.cancel(run)))];
    }
    if (RESUMABLE.has(run.css)) {
      return [this.named(act(trans.__("Retry"), trans.__("Run again what failed in %1; what is finished is kept (r)", run.title), () => this.doing.resume(run)))];
    }
    return [];
  }

  private named(button: HTMLButtonElement): HTMLButtonElement {
    button.tabIndex = -1;
    button.setAttribute("aria-label", `${button.textContent ?? ""} ${this.run.title}`);
    return button;
  }
}
