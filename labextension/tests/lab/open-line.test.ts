import assert from "node:assert/strict";
import { test } from "node:test";

import { lineAmong } from "../../src/lab/run/open-line";

const sources = ["import os", "%%task a\nx = 1 / 0", "y = 2\nx = 1 / 0"];

test("the line that failed is found by its text, best at its own number", () => {
  assert.deepEqual(lineAmong(sources, { line: 2, code: "x = 1 / 0" }), { cell: 1, line: 1 });
  assert.deepEqual(lineAmong(sources, { line: 7, code: "  y = 2 " }), { cell: 2, line: 0 });
});

test("a line that is not there any more, or is empty, is found nowhere", () => {
  assert.equal(lineAmong(sources, { line: 1, code: "gone()" }), undefined);
  assert.equal(lineAmong(["", "a"], { line: 1, code: "" }), undefined);
});
