// How far a backfill is, in words; and the range that is offered first.

import type { IFlows } from "./flows";
import type { Backfill } from "./shapes";

/** How its runs stand: `3 of 7 ended · 2 Completed, 1 Failed`. */
export function backfillWords(backfill: Backfill, { trans }: Pick<IFlows, "trans">): string {
  const counts = backfill.counts.map(({ state, count }) => `${count} ${state}`).join(", ");
  const waits = backfill.ended < backfill.runs && backfill.runners === 0 ? trans.__("it waits: no runner is there") : "";
  return [trans.__("%1 of %2 ended", backfill.ended, backfill.runs), counts, waits].filter(Boolean).join(" · ");
}

/** Midnight some days ago, as a field takes it. */
export function midnight(daysAgo: number, now = new Date()): string {
  const at = new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T00:00`;
}
