import assert from "node:assert/strict";
import { test } from "node:test";

import { backfillWords, midnight } from "../../src/lab/backfill-words";
import type { IFlows } from "../../src/lab/flows";
import type { Backfill } from "../../src/lab/shapes";

const trans = { __: (words: string, ...values: unknown[]) => words.replace(/%(\d)/g, (_, place: string) => String(values[Number(place) - 1])) };
const flows = { trans } as unknown as IFlows;
const backfill = (change: Partial<Backfill>): Backfill => ({ runs: 7, ended: 3, runners: 1, counts: [{ state: "Completed", css: "completed", count: 3 }, { state: "Scheduled", css: "scheduled", count: 4 }], ...change }) as Backfill;

test("the range that is offered is that of whole days, also over the end of a year", () => {
  assert.equal(midnight(0, new Date(2026, 0, 3, 15, 30)), "2026-01-03T00:00");
  assert.equal(midnight(7, new Date(2026, 0, 3, 15, 30)), "2025-12-27T00:00");
});

test("how far a backfill is comes in words, and that it waits only where something is left and no runner is there", () => {
  assert.equal(backfillWords(backfill({}), flows), "3 of 7 ended · 3 Completed, 4 Scheduled");
  assert.match(backfillWords(backfill({ runners: 0 }), flows), /no runner is there$/);
  assert.doesNotMatch(backfillWords(backfill({ runners: 0, ended: 7 }), flows), /runner/);
});
