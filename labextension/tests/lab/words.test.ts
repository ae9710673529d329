import assert from "node:assert/strict";
import { test } from "node:test";

import { completions, readSearch } from "../../src/lab/words";

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

test("the last word is completed and what stands before it stays", () => {
  assert.deepEqual(completions("late state:f", ["sales"], ["failed", "running"]), ["late state:failed"]);
  assert.deepEqual(completions("fl", ["daily sales"], ["failed"]), ['flow:"daily sales"']);
  assert.deepEqual(completions("state:failed", [], ["failed"]), []);
});
