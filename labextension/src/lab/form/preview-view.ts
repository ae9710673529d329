// What a schedule means: its sentence, its next times here and in UTC, what a change of the clocks does.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import { given } from "../given";
import type { Preview } from "../shapes";
import { duration, until } from "../times";

/** A time as its zone's clock shows it: the offset is that of the schedule's zone, not the reader's. */
export function wall(instant: string): string {
  const [date = "", time = ""] = instant.split("T");
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const shown = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const seconds = time.slice(6, 8);
  return `${shown.format(new Date(Date.UTC(year, month - 1, day)))} ${time.slice(0, 5)}${seconds && seconds !== "00" ? `:${seconds}` : ""}`;
}

/** Draw it. */
export function previewView(preview: Preview, trans: TranslationBundle): HTMLElement[] {
  const [first] = preview.next;
  const usual = preview.usual_seconds === null ? "" : trans.__("It usually takes %1.", duration(preview.usual_seconds));
  const rows = preview.next.map((one) => {
    const sameDay = one.at.slice(0, 10) === one.utc.slice(0, 10);
    const utc = `${sameDay ? "" : `${one.utc.slice(0, 10)} `}${one.utc.slice(11, 16)} UTC`;
    return html("tr", {}, html("td", {}, wall(one.at)), html("td", { class: "jfl-mut" }, utc), html("td", { class: "jfl-mut" }, given(one.parameters).join(", ")));
  });
  return [
    html("b", {}, preview.description),
    html("div", { class: "jfl-mut" }, [first ? trans.__("The next one %1.", until(first.at)) : trans.__("No time is still to come."), usual].filter(Boolean).join(" ")),
    html("table", { class: "jfl-next" }, html("caption", {}, trans.__("Next runs")), html("tbody", {}, ...rows)),
    ...preview.warnings.map((words) => html("div", { class: "jfl-mut" }, words)),
  ];
}
