import assert from "node:assert/strict";
import { test } from "node:test";

import { clocks, FIRST, fieldsOf, isSayable } from "../../src/lab/form/times-form";
import type { Times } from "../../src/lab/form/times-form";
import { asTyped, kindOf, readLines, readTyped } from "../../src/lab/form/values";

const kinds: [string, string][] = [
  ["int", "number"],
  ["Optional[float]", "number"],
  ["float | None", "number"],
  ["bool", "flag"],
  ["date", "date"],
  ["datetime.date", "date"],
  ["list[str]", "json"],
  ["dict", "json"],
  ["str", "text"],
  ["", "text"],
  ["listing", "text"],
];

for (const [type, kind] of kinds) {
  test(`a parameter of type ${JSON.stringify(type)} gets a field for ${kind}`, () => assert.equal(kindOf({ type, choices: [] }), kind));
}

test("a parameter with choices gets a field to choose", () => assert.equal(kindOf({ type: "int", choices: [1, 2] }), "choice"));

const typed: [string, Parameters<typeof readTyped>[1], string, object][] = [
  ["", "text", "str", { nothing: true }],
  ["  ", "number", "int", { nothing: true }],
  ["7", "text", "str", { value: "7" }],
  ["7", "number", "int", { value: 7 }],
  ["7.5", "number", "int", { wrong: "not a whole number" }],
  ["many", "number", "float", { wrong: "not a number" }],
  ["1e400", "number", "float", { wrong: "not a number" }],
  ["{tick:%Y-%m-%d}", "number", "int", { value: "{tick:%Y-%m-%d}" }],
  ["true", "flag", "bool", { value: true }],
  ["AA, UA,", "json", "list[str]", { value: ["AA", "UA"] }],
  ["[1, 2]", "json", "list[int]", { value: [1, 2] }],
  ["[1, 2", "json", "list[int]", { wrong: 'not JSON: ["a", "b"] or {"a": 1}' }],
  ["a", "json", "dict", { wrong: 'not JSON: ["a", "b"] or {"a": 1}' }],
];

for (const [text, kind, type, read] of typed) {
  test(`${JSON.stringify(text)} for ${type} is read`, () => assert.deepEqual(readTyped(text, kind, type), read));
}

const lines: [string, Record<string, unknown> | string][] = [
  ["", {}],
  ["n = 7\n\nday=2013-01-15", { n: 7, day: "2013-01-15" }],
  ['names=["a b"]\nempty=', { names: ["a b"], empty: "" }],
  ["größe=a=b", { größe: "a=b" }],
  ["seven", "not name=value: seven"],
  ["2n=1", "not name=value: 2n=1"],
];

for (const [text, read] of lines) {
  test(`lines ${JSON.stringify(text)} are read`, () => assert.deepEqual(readLines(text), typeof read === "string" ? { values: {}, wrong: read } : { values: read }));
}

test("a list is shown as it would be typed, where that is read back the same", () => {
  assert.equal(asTyped(["AA", "UA"], "json"), "AA, UA");
  assert.equal(asTyped(["1", "2"], "json"), '["1","2"]');
  assert.equal(asTyped(["a b"], "json"), '["a b"]');
  assert.equal(asTyped({ a: 1 }, "json"), '{"a":1}');
  assert.equal(asTyped(null, "text"), "");
});

const times: Partial<Times>[] = [
  { mode: "every", every: "15m" },
  { mode: "daily", time: "07:05" },
  { mode: "weekdays", time: "23:59" },
  { mode: "weekly", time: "09:00", day: 7 },
  { mode: "cron", cron: "*/5 * * * *\n0 9 1 * *" },
  { mode: "rrule", rrule: "FREQ=WEEKLY;BYDAY=MO" },
  { mode: "dates", dates: "2026-12-24 18:00" },
];

for (const some of times) {
  test(`a schedule ${some.mode} comes back into its fields`, () => {
    const all = { ...FIRST, ...some };
    assert.deepEqual(fieldsOf(clocks(all) ?? {}), all);
  });
}

test("a run at once has no clock", () => assert.equal(clocks({ ...FIRST, mode: "now" }), undefined));

const changed: Parameters<typeof fieldsOf>[0][] = [
  { cron: [], every: ["2d"], rrule: [], at: ["07:15"] },
  { cron: [], every: ["2h", "90m"], rrule: [], at: [] },
  { cron: ["0 9 * * 1-5", "0 12 * * 6"], every: [], rrule: [], at: [] },
  { cron: [], every: [], rrule: [], at: ["2026-12-24 18:00", "09:00"] },
];

for (const form of changed) {
  test(`to change ${JSON.stringify(form)} loses nothing of it`, () => {
    assert.equal(isSayable(form), true);
    assert.deepEqual(clocks(fieldsOf(form)), form);
  });
}

test("several kinds of times together are more than the fields can say", () => assert.equal(isSayable({ cron: ["0 9 * * *"], every: ["2h"] }), false));
