// When something runs, as a form has it and as the API takes it.

import type { ScheduleForm } from "../shapes";

export type Mode = "now" | "every" | "daily" | "weekdays" | "weekly" | "cron" | "rrule" | "dates";

/** What the fields hold. */
export interface Times {
  mode: Mode;
  time: string; // "09:00"
  day: number; // of the week, 1 is Monday
  every: string; // "15m", or several with commas
  anchor?: string[]; // times of the day that intervals of whole days begin at; no field shows them
  cron: string;
  rrule: string;
  dates: string; // one per line
}

export const FIRST: Times = { mode: "daily", time: "09:00", day: 1, every: "1h", cron: "0 9 * * 1-5", rrule: "FREQ=MONTHLY;BYDAY=1MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0", dates: "" };

const two = (number: number): string => String(number).padStart(2, "0");

function cronOf(time: string, days: string): string {
  const [hour = "9", minute = "0"] = time.split(":");
  return `${Number(minute)} ${Number(hour)} * * ${days}`;
}

/** The part of a schedule that says when; undefined for "now". */
export function clocks(times: Times): Pick<ScheduleForm, "cron" | "every" | "rrule" | "at"> | undefined {
  const none = { cron: [], every: [], rrule: [], at: [] };
  switch (times.mode) {
    case "now":
      return undefined;
    case "every":
      return { ...none, every: times.every.split(",").map((one) => one.trim()).filter(Boolean), at: times.anchor ?? [] };
    case "daily":
      return { ...none, cron: [cronOf(times.time, "*")] };
    case "weekdays":
      return { ...none, cron: [cronOf(times.time, "1-5")] };
    case "weekly":
      return { ...none, cron: [cronOf(times.time, String(times.day % 7))] };
    case "cron":
      return { ...none, cron: lines(times.cron) };
    case "rrule":
      return { ...none, rrule: lines(times.rrule) };
    case "dates":
      return { ...none, at: lines(times.dates) };
  }
}

function lines(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** Whether the fields can say all of a schedule: one kind of times, and intervals with where they begin. */
export function isSayable({ cron = [], every = [], rrule = [], at = [] }: Partial<ScheduleForm>): boolean {
  return [cron, rrule, every.length ? every : at].filter((kind) => kind.length).length === 1;
}

/** The fields for a schedule that there is; of one that they can say (`isSayable`), nothing is lost. */
export function fieldsOf(form: Partial<ScheduleForm>): Times {
  const { cron = [], every = [], rrule = [], at = [] } = form;
  const [first] = cron;
  if (every.length) {
    return { ...FIRST, mode: "every", every: every.join(", "), ...(at.length ? { anchor: at } : {}) };
  }
  if (rrule.length) {
    return { ...FIRST, mode: "rrule", rrule: rrule.join("\n") };
  }
  if (at.length) {
    return { ...FIRST, mode: "dates", dates: at.join("\n") };
  }
  const simple = cron.length === 1 && first ? /^(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|[0-7])$/.exec(first) : null;
  if (!simple) {
    return { ...FIRST, mode: "cron", cron: cron.join("\n") };
  }
  const [, minute = "0", hour = "9", days = "*"] = simple;
  const time = `${two(Number(hour))}:${two(Number(minute))}`;
  if (days === "*") {
    return { ...FIRST, mode: "daily", time };
  }
  return days === "1-5" ? { ...FIRST, mode: "weekdays", time } : { ...FIRST, mode: "weekly", time, day: Number(days) || 7 };
}
