import assert from "node:assert/strict";
import { test } from "node:test";

import { grouped, since } from "../../src/lab/panel/groups";
import type { Run } from "../../src/lab/shapes";

const run = (id: string, flow: string, css: string, ended: string | null): Run => ({ id, flow, css, ended_at: ended }) as Run;

test("runs are grouped by their flow, the flow that ran last first, and keep their order", () => {
  const runs = [run("4", "b", "completed", null), run("3", "a", "failed", null), run("2", "b", "failed", null), run("1", "a", "completed", null)];
  assert.deepEqual(
    grouped(runs).map((group) => [group.flow, group.runs.map((one) => one.id)]),
    [
      ["b", ["4", "2"]],
      ["a", ["3", "1"]],
    ],
  );
});

test("a flow may have any name", () => {
  assert.equal(grouped([run("1", "__proto__", "completed", null), run("2", "constructor", "completed", null)]).length, 2);
});

test("only what ended since then is counted, and what waits for somebody always is", () => {
  const runs = [
    run("1", "a", "failed", "2026-11-21T10:00:00+00:00"),
    run("2", "a", "completed", "2026-11-21T10:00:00+00:00"),
    run("3", "a", "crashed", "2026-11-21T08:00:00+00:00"),
    run("4", "a", "paused", null),
  ];
  assert.deepEqual(since(runs, Date.parse("2026-11-21T09:00:00Z")), { finished: 1, failed: 1, waiting: 1 });
});
