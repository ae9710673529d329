// Why a run failed: in the first view the exception and the user's own line; in its tab everything that is known.

import { html } from "../../dom";
import type { IFlows } from "../flows";
import { given } from "../given";
import { stateIcon } from "../look";
import { act, problem, waiting } from "../screen";
import type { RunDetail, Why } from "../shapes";

export interface CauseActs {
  openFailure(): void;
  openLine(): void;
  openRun(id: string): void;
  log(): void;
}

/** The frames of a traceback: the user's as they are, each row of the machinery's folded to one line. */
function frames(parts: Why["traceback"], words: (number: number) => string): HTMLElement[] {
  const shown: HTMLElement[] = [];
  let folded: string[] = [];
  let number = 0;
  const fold = (): void => {
    if (number) {
      shown.push(html("details", {}, html("summary", {}, words(number)), html("pre", {}, folded.join("\n"))));
    }
    folded = [];
    number = 0;
  };
  for (const [own, lines] of parts) {
    if (own) {
      folded.push(...lines);
      number += 1;
    } else {
      fold();
      shown.push(html("pre", {}, lines.join("\n")));
    }
  }
  fold();
  return shown;
}

function traceback(flows: IFlows, why: Why): HTMLElement[] {
  return frames(why.traceback, (number) => flows.trans._n("%1 frame of Jupyter Flows", "%1 frames of Jupyter Flows", number));
}

/** An exception with its type, which its message may begin with. */
function spoken({ type, message }: NonNullable<Why["error"]>): string {
  return message.startsWith(type) ? message : `${type}: ${message}`;
}

/** The place of a failure in words: with its cell, where that is known and not said. */
function where(flows: IFlows, why: Why): string {
  const words = why.place?.words ?? "";
  return why.cell !== null && !words.includes("cell") ? flows.trans.__("cell %1, %2", why.cell, words) : words;
}

/** What a failed run shows above its graph; undefined where there is nothing to say. */
export function causeView(flows: IFlows, detail: RunDetail, why: Why, acts: CauseActs): HTMLElement | undefined {
  const { trans } = flows;
  const bad = detail.run.css === "failed" || detail.run.css === "crashed";
  if (!bad && !why.waiting.length) {
    return undefined;
  }
  const box = html("section", { class: "jfl-cause", "aria-label": trans.__("Why") });
  const [first, ...others] = why.causes;
  const words = why.error ? spoken(why.error) : why.explanation;
  const label = first?.labels[0] ?? "";
  const line = html("div", { class: "jfl-cause-words" }, stateIcon(bad ? detail.run.css : "scheduled"), html("span", {}, html("b", {}, label ? `${label}: ` : ""), words));
  box.append(line);
  if (why.place) {
    box.append(html("div", { class: "jfl-place" }, html("span", { class: "jfl-mut" }, where(flows, why)), html("code", {}, why.place.code)));
  }
  const inputs = given(why.inputs, " = ").slice(0, 6);
  if (inputs.length) {
    box.append(html("div", { class: "jfl-mut jfl-inputs" }, trans.__("with %1", inputs.join(", "))));
  }
  for (const waits of why.waiting) {
    box.append(html("div", { class: "jfl-mut" }, [waits.explanation, waits.advice].filter(Boolean).join(" ")));
  }
  const more = others.length ? trans._n("and %1 other cause", "and %1 other causes", others.length) : "";
  const times = first && first.count > 1 ? trans.__("%1 times", first.count) : "";
  if (times || more) {
    box.append(html("div", { class: "jfl-mut" }, [times, more].filter(Boolean).join(", ")));
  }
  const buttons: HTMLElement[] = [];
  if (detail.notebook && why.place) {
    buttons.push(act(trans.__("Open the line"), trans.__("Open the notebook at the line that failed"), acts.openLine));
  }
  if (detail.can.open_failure && flows.may.write) {
    buttons.push(act(trans.__("Open with its values"), trans.__("A notebook in which what the failing task was given is restored"), acts.openFailure));
  }
  const inner = why.path.at(-1);
  if (inner && inner !== detail.run.id) {
    buttons.push(act(trans.__("Open the run that failed"), "", () => acts.openRun(inner)));
  }
  if (buttons.length) {
    box.append(html("div", { class: "jfl-acts" }, ...buttons));
  }
  if (why.traceback.length) {
    box.append(html("details", { class: "jfl-trace" }, html("summary", {}, trans.__("Traceback")), ...traceback(flows, why)));
  }
  return box;
}

/** The tab: the sentence, the causes in groups, what follows from them. */
export function whyView(
  flows: IFlows,
  openRun: (id: string, title: string) => void,
): { element: HTMLElement; show(detail: RunDetail): void; draw(why: Why | undefined, error?: unknown): void } {
  const { trans } = flows;
  const element = html("div", { class: "jfl-why" }, waiting(trans.__("Reading why…")));
  const list = (title: string, items: readonly string[]): HTMLElement[] =>
    items.length ? [html("h2", {}, title), html("ul", {}, ...items.map((item) => html("li", {}, item)))] : [];
  let children: HTMLElement[] = [];
  const draw = (why: Why | undefined, error?: unknown): void => {
    if (!why) {
      element.replaceChildren(problem(error));
      return;
    }
    const causes = why.causes.map((cause) => `${cause.count} × ${cause.cause}${cause.place ? ` · ${cause.place.words}: ${cause.place.code}` : ""} (${cause.labels.join(", ")})`);
    const waits = why.waiting.map((one) => [one.explanation, one.advice].filter(Boolean).join(" "));
    const consequences = why.consequences.map((one) => `${one.name}: ${one.state.name}`);
    element.replaceChildren(
      html("p", {}, why.explanation),
      ...list(trans.__("It waits"), waits),
      ...list(trans.__("Causes"), causes),
      ...list(trans.__("What follows from it"), consequences),
      ...(why.traceback.length ? [html("h2", {}, trans.__("Traceback")), ...traceback(flows, why)] : []),
      ...children,
    );
  };
  const show = (detail: RunDetail): void => {
    const drawn = detail.children.map((run) => act(`${run.title}: ${run.state.name}`, "", () => openRun(run.id, run.title)));
    const before = children;
    children = drawn.length ? [html("h2", {}, trans.__("Runs that it called")), html("div", { class: "jfl-acts" }, ...drawn)] : [];
    before.forEach((one) => one.remove());
    element.append(...children);
  };
  return { element, show, draw };
}
