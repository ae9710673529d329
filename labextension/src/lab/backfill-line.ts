// How far a backfill is: a bar, a sentence, and a button that ends it.

import { html } from "../dom";
import { backfillWords } from "./backfill-words";
import type { IFlows } from "./flows";
import { hatched } from "./look";
import { act } from "./screen";
import type { Backfill } from "./shapes";

/** How its runs stand, as a bar. */
export function backfillBar(backfill: Backfill): HTMLElement {
  const parts = backfill.counts.map(({ css, count }) => html("i", { class: `s-${css}${hatched(css)}`, style: `flex:${count} 1 4px` }));
  return html("div", { class: "jfl-bar", "aria-hidden": "true" }, ...parts);
}

/** One that goes on, under the schedule whose times it runs. */
export function backfillLine(flows: IFlows, backfill: Backfill, cancel: () => void): HTMLElement {
  const { trans, may } = flows;
  const end = act(trans.__("Cancel"), trans.__("What has not begun ends at once; what has is asked to stop"), cancel);
  end.dataset.act = `cancel-${backfill.id}`;
  end.setAttribute("aria-label", trans.__("Cancel the backfill of %1", backfill.deployment));
  const words = html("span", { class: "jfl-grow" }, html("b", {}, trans.__("Backfill")), ` ${backfillWords(backfill, flows)}`);
  const line = html("div", { class: "jfl-line" }, words, ...(may.execute ? [end] : []));
  return html("div", { class: "jfl-backfill" }, backfillBar(backfill), line);
}
