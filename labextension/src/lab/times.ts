// Instants and durations as people say them.

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Seconds in two units at most: `51 ms`, `2.1 s`, `41 s`, `2 min 5 s`, `3 h 12 min`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return "";
  }
  if (seconds < 0.9995) {
    const thousandths = Math.round(Math.max(0, seconds) * 1000);
    return thousandths ? `${thousandths} ms` : "0 s";
  }
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  if (seconds < MINUTE - 0.5) {
    return `${Math.round(seconds)} s`;
  }
  const parts: [number, string, number, string] =
    seconds < HOUR - 0.5 ? [MINUTE, "min", 1, "s"] : seconds < DAY ? [HOUR, "h", MINUTE, "min"] : [DAY, "d", HOUR, "h"];
  const [large, first, small, second] = parts;
  const whole = Math.round(seconds / small);
  const each = large / small;
  const rest = whole % each;
  return `${Math.floor(whole / each)} ${first}${rest ? ` ${rest} ${second}` : ""}`;
}

/** How long something has gone on, in whole seconds: it is drawn once a second. */
export function ticking(seconds: number): string {
  return duration(Math.floor(Math.max(0, seconds))).replace(".0", "");
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayOfWeek = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dateOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

/** When something was, as short as can be: the time today, else the day. */
export function when(instant: string, now: Date = new Date()): string {
  const at = new Date(instant);
  const days = Math.round((midnight(now) - midnight(at)) / (DAY * 1000));
  if (days === 0) {
    return clock.format(at);
  }
  if (Math.abs(days) < 7) {
    return `${dayOfWeek.format(at)} ${clock.format(at)}`;
  }
  return (at.getFullYear() === now.getFullYear() ? date : dateOfYear).format(at);
}

/** How long until something: `in 5 min`; `now` when it is due. */
export function until(instant: string, now: Date = new Date()): string {
  const seconds = (new Date(instant).getTime() - now.getTime()) / 1000;
  if (seconds < 1) {
    return "now";
  }
  const rough = seconds < MINUTE ? Math.round(seconds) : seconds < HOUR ? Math.round(seconds / MINUTE) * MINUTE : Math.round(seconds / HOUR) * HOUR;
  return `in ${ticking(seconds >= 2 * DAY ? Math.round(seconds / DAY) * DAY : rough)}`;
}

/** The exact instant, for a tip. */
export function exactly(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
}
