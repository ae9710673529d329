// The fields that say when: every…, daily, on weekdays, weekly, cron; and what happens when late or still running.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import type { ScheduleForm } from "../shapes";
import { choice, row } from "./rows";
import type { Mode, Times } from "./times-form";
import { FIRST, fieldsOf } from "./times-form";

type Policies = Pick<ScheduleForm, "timezone" | "catchup" | "overlap"> & { start?: string; end?: string; jitter?: string };

let serial = 0;

export class TimesFields {
  readonly element = html("div", { class: "jfl-times" });
  private readonly times: Times;
  private readonly rows: [HTMLElement, readonly Mode[]][] = [];
  readonly policies: Policies;

  constructor(trans: TranslationBundle, form: Partial<ScheduleForm> | undefined, now: boolean, editing: boolean, private readonly changed: () => void) {
    this.times = form ? fieldsOf(form) : { ...FIRST, mode: now ? "now" : "daily" };
    this.policies = { timezone: form?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC", catchup: form?.catchup ?? "latest", overlap: form?.overlap ?? "queue" };
    for (const name of ["start", "end", "jitter"] as const) {
      const value = form?.[name]; // no field shows it, and it stays as it is
      if (value) {
        this.policies[name] = value;
      }
    }
    this.when(trans, editing);
    this.at(trans);
    this.policy(trans);
    this.show();
  }

  get value(): Times {
    return this.times;
  }

  private when(trans: TranslationBundle, editing: boolean): void {
    const modes: [Mode, string, string?][] = [
      ["now", trans.__("Once, now")],
      ["every", trans.__("Every…")],
      ["daily", trans.__("Daily")],
      ["weekdays", trans.__("Weekdays"), trans.__("Monday to Friday")],
      ["weekly", trans.__("Weekly")],
      ["cron", trans.__("Cron")],
      ["rrule", trans.__("Rule"), trans.__("A recurrence rule of calendars")],
      ["dates", trans.__("Dates")],
    ];
    const shown = editing ? modes.filter(([mode]) => mode !== "now") : modes;
    const choose = choice(trans.__("When"), shown, this.times.mode, (mode) => {
      this.times.mode = mode;
      this.show();
      this.changed();
    });
    this.element.append(row(trans.__("When"), choose));
  }

  private at(trans: TranslationBundle): void {
    const field = (label: string, name: "time" | "every", attributes: Record<string, string>): HTMLElement => {
      const made = html("input", { class: "jfl-field", value: this.times[name], "aria-label": label, ...attributes });
      made.addEventListener("input", () => {
        this.times[name] = made.value;
        this.changed();
      });
      return made;
    };
    const area = (label: string, name: "cron" | "rrule" | "dates", placeholder: string): HTMLElement => {
      const made = html("textarea", { class: "jfl-field jfl-grow", rows: 2, "aria-label": label, placeholder, spellcheck: "false" });
      made.value = this.times[name];
      made.addEventListener("input", () => {
        this.times[name] = made.value;
        this.changed();
      });
      return made;
    };
    const names = [...Array(7).keys()].map((day) => new Intl.DateTimeFormat(undefined, { weekday: "long" }).format(new Date(2024, 0, day + 1)));
    const days = html("select", { class: "jfl-field" }, ...names.map((name, index) => html("option", { value: String(index + 1) }, name)));
    days.value = String(this.times.day);
    days.addEventListener("change", () => {
      this.times.day = Number(days.value);
      this.changed();
    });
    const zones = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
    const list = html("datalist", { id: `jfl-zones-${++serial}` }, ...["UTC", ...zones].map((value) => html("option", { value })));
    const zone = html("input", { class: "jfl-field jfl-grow", value: this.policies.timezone, list: list.id, spellcheck: "false" });
    zone.addEventListener("input", () => {
      this.policies.timezone = zone.value.trim();
      this.changed();
    });
    this.add(row(trans.__("Day"), days), "weekly");
    this.add(row(trans.__("At"), field(trans.__("At"), "time", { type: "time", required: "" })), "daily", "weekdays", "weekly");
    this.add(row(trans.__("Every"), field(trans.__("Every"), "every", { placeholder: "15m, 2h, 1d" }), html("span", { class: "jfl-mut" }, "15m · 2h · 1d")), "every");
    this.add(row(trans.__("Cron"), area(trans.__("Cron"), "cron", "0 9 * * 1-5")), "cron");
    this.add(row(trans.__("Rule"), area(trans.__("Rule"), "rrule", "FREQ=MONTHLY;BYDAY=1MO")), "rrule");
    this.add(row(trans.__("Dates"), area(trans.__("Dates"), "dates", "2026-12-24 18:00")), "dates");
    this.add(html("div", {}, row(trans.__("Time zone"), zone), list), "every", "daily", "weekdays", "weekly", "cron", "rrule", "dates");
  }

  private policy(trans: TranslationBundle): void {
    const late = choice(
      trans.__("If late"),
      [["latest", trans.__("Run the latest"), trans.__("Of the times that were missed, the last one runs")], ["all", trans.__("Run all")], ["none", trans.__("Skip")]] as const,
      this.policies.catchup,
      (value) => {
        this.policies.catchup = value;
        this.changed();
      },
    );
    const busy = choice(
      trans.__("If still running"),
      [["queue", trans.__("Wait"), trans.__("It begins when the one before has ended")], ["skip", trans.__("Skip")], ["allow", trans.__("Run beside it")], ["cancel", trans.__("Stop the old one")]] as const,
      this.policies.overlap,
      (value) => {
        this.policies.overlap = value;
        this.changed();
      },
    );
    const all: Mode[] = ["every", "daily", "weekdays", "weekly", "cron", "rrule", "dates"];
    this.add(row(trans.__("If late"), late), ...all);
    this.add(row(trans.__("If still running"), busy), ...all);
  }

  private add(element: HTMLElement, ...modes: Mode[]): void {
    this.rows.push([element, modes]);
    this.element.append(element);
  }

  private show(): void {
    for (const [element, modes] of this.rows) {
      element.hidden = !modes.includes(this.times.mode);
    }
  }
}
