import assert from "node:assert/strict";
import { test } from "node:test";

import { duration, until, when } from "../../src/lab/times";

const durations: [number | null | undefined, string][] = [
  [null, ""],
  [undefined, ""],
  [Number.NaN, ""],
  [-1, "0 s"],
  [0.0004, "0 s"],
  [0.051, "51 ms"],
  [0.9996, "1.0 s"],
  [2.14, "2.1 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [59.6, "1 min"],
  [125, "2 min 5 s"],
  [3599.7, "1 h"],
  [3600, "1 h"],
  [11_520, "3 h 12 min"],
  [90_000, "1 d 1 h"],
];

for (const [seconds, words] of durations) {
  test(`${seconds} seconds are "${words}"`, () => assert.equal(duration(seconds), words));
}

const now = new Date(2026, 10, 21, 12, 0, 0);
const after = (seconds: number): string => new Date(now.getTime() + seconds * 1000).toISOString();

const untils: [number, string][] = [
  [-5, "now"],
  [20, "in 20 s"],
  [300, "in 5 min"],
  [7200, "in 2 h"],
  [3 * 86_400, "in 3 d"],
];

for (const [seconds, words] of untils) {
  test(`what comes in ${seconds} seconds is "${words}"`, () => assert.equal(until(after(seconds), now), words));
}

test("of today the time is told, of this week the day too, of earlier only the day", () => {
  assert.match(when(after(-3600), now), /^\d{1,2}.\d{2}/);
  assert.match(when(after(-86_400), now), /^\p{L}+.* \d{1,2}.\d{2}/u);
  assert.doesNotMatch(when(after(-30 * 86_400), now), /2026/);
  assert.match(when(after(-400 * 86_400), now), /2025/);
});
