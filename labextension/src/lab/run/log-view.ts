// A run's log: the newest lines first loaded, followed while the run goes on, searched on the server.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import type { Client } from "../client";
import { problem, act } from "../screen";
import type { LogEntry, RunDetail } from "../shapes";
import { exactly } from "../times";

const PAGE = 500;
const MOST = 5000; // lines in the page; earlier ones go
const FOLLOW_MS = 1000;
const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"] as const;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export class LogView {
  readonly element: HTMLElement;
  private readonly find: HTMLInputElement;
  private readonly level: HTMLSelectElement;
  private readonly follow: HTMLInputElement;
  private readonly lines: HTMLElement;
  private readonly note = html("div", { class: "jfl-quiet-line", role: "status" });
  private run = "";
  private after = 0;
  private final = false;
  private open = false;
  private reading = 0;
  private begun = false; // whether the newest lines for what is asked now are there
  private behind = false; // whether the last reading failed
  private busy = false;
  private again = false; // whether there may be more since the reading that goes on began
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: Client,
    private readonly trans: TranslationBundle,
  ) {
    this.find = html("input", { class: "jfl-field jfl-find", type: "search", placeholder: trans.__("Search the log…"), "aria-label": trans.__("Search the log") });
    const levels = LEVELS.map((level) => html("option", { value: level }, level.toLowerCase()));
    this.level = html("select", { class: "jfl-field", "aria-label": trans.__("Least level") }, ...levels);
    this.level.value = "INFO";
    this.follow = html("input", { type: "checkbox", checked: true });
    this.lines = html("div", { class: "jfl-log", role: "log", tabindex: 0, "aria-label": trans.__("Log"), "aria-live": "off" });
    const bar = html("div", { class: "jfl-line" }, this.find, this.level, html("label", { class: "jfl-line" }, this.follow, trans.__("Follow")));
    this.element = html("div", { class: "jfl-section" }, bar, this.lines, this.note);
    let typed: ReturnType<typeof setTimeout> | undefined;
    this.find.addEventListener("input", () => {
      clearTimeout(typed);
      typed = setTimeout(() => void this.anew(), 250);
    });
    this.level.addEventListener("change", () => void this.anew());
    this.follow.addEventListener("change", () => this.follow.checked && void this.anew());
  }

  show(detail: RunDetail): void {
    const another = detail.run.id !== this.run;
    this.run = detail.run.id;
    this.final = detail.run.ended_at !== null;
    if (another || !this.open) {
      this.open = true;
      void this.anew();
    } else if (this.follow.checked) {
      void this.more(); // also when it has just ended: its last lines are there by now
    }
  }

  close(): void {
    this.open = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private query(): { level: string; search?: string } {
    return { level: this.level.value, ...(this.find.value ? { search: this.find.value } : {}) };
  }

  private async anew(): Promise<void> {
    const asked = ++this.reading;
    clearTimeout(this.timer);
    this.begun = this.busy = this.again = false; // what is being read belongs to the question before
    try {
      const page = await this.client.log(this.run, { ...this.query(), limit: PAGE, tail: true });
      if (asked !== this.reading) {
        return;
      }
      this.begun = true;
      this.behind = false;
      this.after = page.next;
      this.lines.replaceChildren(...page.lines.map((line) => this.line(line)));
      this.say(page.lines.length);
      this.lines.scrollTop = this.lines.scrollHeight;
      this.goOn();
    } catch (error) {
      if (asked === this.reading) {
        this.behind = true;
        this.note.replaceChildren(problem(error, { words: this.trans.__("Try again"), does: () => void this.anew() }));
        this.soon();
      }
    }
  }

  /** Read what has come since: one reading after the other, since two would give the same lines. */
  private async more(): Promise<void> {
    if (!this.begun && this.behind) {
      return this.anew();
    }
    if (!this.begun || this.busy) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.busy = true;
    const asked = this.reading;
    try {
      const page = await this.client.log(this.run, { ...this.query(), limit: PAGE, after: this.after });
      if (asked !== this.reading) {
        return;
      }
      this.after = page.next;
      this.behind = false;
      if (page.lines.length) {
        this.lines.append(...page.lines.map((line) => this.line(line)));
        while (this.lines.childElementCount > MOST) {
          this.lines.firstElementChild?.remove();
        }
        this.say(this.lines.childElementCount);
        if (this.follow.checked) {
          this.lines.scrollTop = this.lines.scrollHeight;
        }
      }
      this.again ||= page.more;
    } catch {
      this.behind ||= asked === this.reading; // the page above says what is wrong
    }
    if (asked === this.reading) {
      this.busy = false;
      this.goOn();
    }
  }

  private goOn(): void {
    const again = this.again && !this.behind;
    this.again = false;
    if (again) {
      void this.more();
    } else {
      this.soon();
    }
  }

  private soon(): void {
    clearTimeout(this.timer);
    if (this.open && this.follow.checked && (this.behind || !this.final)) {
      this.timer = setTimeout(() => void this.more(), FOLLOW_MS);
    }
  }

  private say(number: number): void {
    this.note.textContent = number ? "" : this.find.value ? this.trans.__("No line has these words.") : this.trans.__("Nothing is written yet.");
    if (number >= PAGE && !this.find.value) {
      this.note.replaceChildren(this.trans.__("The last %1 lines. ", number), act(this.trans.__("From the start"), "", () => void this.start()));
    }
  }

  private async start(): Promise<void> {
    const asked = ++this.reading;
    clearTimeout(this.timer);
    this.begun = this.busy = this.again = this.behind = false;
    try {
      const page = await this.client.log(this.run, { ...this.query(), limit: MOST });
      if (asked !== this.reading) {
        return;
      }
      this.after = page.next;
      this.begun = this.follow.checked = !page.more; // else the lines in between would be missing, or the first ones go
      this.lines.replaceChildren(...page.lines.map((line) => this.line(line)));
      this.note.textContent = page.more ? this.trans.__("The first %1 lines; search for later ones.", page.lines.length) : "";
      this.lines.scrollTop = 0;
      this.soon();
    } catch (error) {
      this.note.replaceChildren(problem(error, { words: this.trans.__("Try again"), does: () => void this.start() }));
    }
  }

  private line(entry: LogEntry): HTMLElement {
    const loud = ["WARNING", "ERROR", "CRITICAL"].includes(entry.level) ? ` jfl-log-${entry.level.toLowerCase()}` : "";
    return html(
      "div",
      { class: `jfl-log-line${loud}` },
      html("time", { title: exactly(entry.at) }, clock.format(new Date(entry.at))),
      html("span", { class: "jfl-mut" }, loud ? `${entry.level.toLowerCase()} ${entry.task}` : entry.task),
      html("span", {}, entry.message),
    );
  }
}
