import assert from "node:assert/strict";
import { test } from "node:test";

import { briefly, completions, readSearch, sentences } from "../../src/lab/words";

const cases: [string, object][] = [
  ["", {}],
  ["  daily sales ", { search: "daily sales" }],
  ["state:failed flow:sales", { state: "failed", flow: "sales" }],
  ["state:failed state:crashed", { state: "failed,crashed" }],
  ['flow:"daily sales" tag:a tag:b', { flow: "daily sales", tag: ["a", "b"] }],
  ["since:2d late", { since: "2d", search: "late" }],
  ["state:", {}],
  ["C:\\reports state:x", { state: "x", search: "C:\\reports" }],
  [":failed", { search: ":failed" }],
  ["STATE:Failed", { state: "Failed" }],
  ['flow:"unfinished', { flow: "unfinished" }],
  ["<script>", { search: "<script>" }],
];

for (const [text, found] of cases) {
  test(`what is typed is read: ${JSON.stringify(text)}`, () => assert.deepEqual(readSearch(text), found));
}

const told: [string[], string][] = [
  [["Internal Server Error", "please report it"], "Internal Server Error. Please report it."],
  [["It is so.", "", "Why?"], "It is so. Why?"],
  [["", ""], ""],
];

for (const [parts, words] of told) {
  test(`a message and its advice are sentences: ${JSON.stringify(words)}`, () => assert.equal(sentences(...parts), words));
}

const failures: [string, string][] = [
  ["cell 11 (%%task boom): KeyError: 'b'", "KeyError: 'b' · cell 11"],
  ["cell 2 (f(x)): ValueError: no (a): b", "ValueError: no (a): b · cell 2"],
  ["cell 3 passed its time limit of 5 s", "cell 3 passed its time limit of 5 s"],
  ["2 of 50 returned states did not complete: ValueError: no", "ValueError: no · 2 of 50"],
  ["2 of 50 failed", "2 of 50 failed"],
];

for (const [words, brief] of failures) {
  test(`what was raised comes first in a list: ${words}`, () => assert.equal(briefly(words), brief));
}

test("the last word is completed and what stands before it stays", () => {
  assert.deepEqual(completions("late state:f", ["sales"], ["failed", "running"]), ["late state:failed"]);
  assert.deepEqual(completions("fl", ["daily sales"], ["failed"]), ['flow:"daily sales"']);
  assert.deepEqual(completions("state:failed", [], ["failed"]), []);
});
