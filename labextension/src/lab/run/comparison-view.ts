// Two runs side by side: their ends and durations, the parameters that differ, and each task that did otherwise.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import { stateIcon } from "../look";
import type { ComparedSide, ComparedTask, Comparison, Run } from "../shapes";
import { duration } from "../times";

/** How much longer, or shorter: `+3.1 s`. */
function more(seconds: number | null): string {
  return seconds === null ? "" : `${seconds < 0 ? "−" : "+"}${duration(Math.abs(seconds))}`;
}

function state(css: string, words: string): HTMLElement {
  return html("span", { class: "jfl-state" }, stateIcon(css, 13), words);
}

function side(one: ComparedSide | null): HTMLElement {
  if (!one) {
    return html("span", { class: "jfl-mut" }, "—");
  }
  const words = [one.state, duration(one.seconds), one.runs > 1 ? `× ${one.runs}` : ""].filter(Boolean).join(" · ");
  return state(one.css, words);
}

function ended(run: Run): HTMLElement {
  return state(run.css, [run.state.name, duration(run.duration_seconds)].filter(Boolean).join(" · "));
}

/** Draw it. */
export function comparisonView(comparison: Comparison, trans: TranslationBundle): HTMLElement {
  const { before, after, parameters, tasks, left } = comparison;
  const names: Record<string, string> = {
    presence: trans.__("in one of the two only"),
    state: trans.__("other state"),
    runs: trans.__("other number of runs"),
    attempts: trans.__("other number of tries"),
    code: trans.__("other code"),
  };
  const row = (name: string, first: HTMLElement | string, second: HTMLElement | string, differs: string, about: string): HTMLElement =>
    html("tr", {}, html("th", { scope: "row" }, name), html("td", {}, first), html("td", {}, second), html("td", { class: "jfl-number" }, differs), html("td", { class: "jfl-mut" }, about));
  const differs = (one: ComparedTask): boolean => one.changed.length > 0 || one.duration_differs;
  const shown = tasks.filter(differs);
  const rows = shown.map((one) => row(one.task, side(one.before), side(one.after), one.duration_differs ? more(one.more_seconds) : "", one.changed.map((name) => names[name] ?? name).join(", ")));
  const given = parameters.map((one) => row(one.name, one.before ?? "—", one.after ?? "—", "", trans.__("parameter")));
  const whole = row(trans.__("the run"), ended(before), ended(after), more(comparison.more_seconds), comparison.code_changed ? names["code"] ?? "" : "");
  const heads = ["", before.title, after.title, trans.__("longer by"), trans.__("what differs")].map((words) => html("th", { scope: "col" }, words));
  const same = tasks.length - shown.length;
  const rest = [
    same ? trans._n("%1 task did and took the same.", "%1 tasks did and took the same.", same) : "",
    left ? trans.__("%1 more are not shown.", left) : "",
  ].filter(Boolean);
  return html(
    "div",
    { class: "jfl-section jfl-comparison" },
    html("table", { class: "jfl-table", "aria-label": trans.__("%1 beside %2", before.title, after.title) }, html("thead", {}, html("tr", {}, ...heads)), html("tbody", {}, whole, ...given, ...rows)),
    ...(rest.length ? [html("div", { class: "jfl-mut" }, rest.join(" "))] : []),
  );
}
