import assert from "node:assert/strict";
import { test } from "node:test";

import { isTaskCell, taskName } from "../../src/lab/task-cell";

const cells: [string, string[], boolean, string][] = [
  ["%%task clean --retries 3\nx = 1", [], true, "clean"],
  ["\n\n%%task\nx = 1", [], true, ""],
  ["%%task --retries 3\nx = 1", [], true, ""],
  ["%%tasks\nx = 1", [], false, ""],
  ["# %%task a\nx = 1", [], false, ""],
  ["x = 1", ["task"], true, ""],
];

for (const [source, tags, is, name] of cells) {
  test(`a cell ${JSON.stringify(source)} ${is ? "is" : "is no"} task`, () => {
    assert.equal(isTaskCell(source, tags), is);
    assert.equal(taskName(source), name);
  });
}
