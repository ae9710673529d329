import assert from "node:assert/strict";
import { test } from "node:test";

import type { Graph, GraphNode, Patch } from "../src/model";
import { fitted, found, neighbour, nextFailure, patched, revealed, spoken, zoomed } from "../src/model";

function node(key: string, x: number, y: number, more: Partial<GraphNode> = {}): GraphNode {
  const plain = { kind: "task", css: "completed", dashed: false, state: "Completed", words: "", more: "", counts: [] };
  return { key, x, y, w: 120, h: 48, title: key, name: key, ...plain, ...more };
}

/** extract → (clean, score ×3) → report */
function graph(): Graph {
  const nodes = [
    node("extract", 0, 40),
    node("clean", 160, 0, { css: "failed", state: "Failed", more: "KeyError: 'day'" }),
    node("score", 160, 80, { kind: "map", counts: [["completed", "Completed", 2], ["failed", "Failed", 1]] }),
    node("report", 320, 40, { css: "failed", state: "UpstreamFailed", dashed: true }),
  ];
  const edge = (from: string, to: string) => ({ from, to, d: "", calls: false, live: false, turned: false });
  const edges = [edge("extract", "clean"), edge("extract", "score"), edge("clean", "report"), edge("score", "report")];
  return { run: "r1", final: false, width: 440, height: 136, header: null, notice: "", cause: "", nodes, edges, looks: {} };
}

function patch(more: Partial<Patch>): Patch {
  const plain = { run: "r1", final: false, header: null, notice: "", cause: "", looks: {}, nodes: [], live: [] };
  return { type: "patch", ...plain, ...more };
}

test("a patch changes the nodes it names and no other", () => {
  const before = graph();
  const changed = patched(before, patch({ nodes: [node("clean", 160, 0)], live: [3], final: true }));
  assert.deepEqual(changed.map((one) => one.key), ["clean"]);
  assert.equal(before.nodes[1]!.css, "completed");
  assert.equal(before.nodes[0], before.nodes.find((one) => one.key === "extract"));
  assert.deepEqual(before.edges.map((edge) => edge.live), [false, false, false, true]);
  assert.equal(before.final, true);
});

test("a patch for a node that is not there is left out", () => {
  const before = graph();
  assert.deepEqual(patched(before, patch({ nodes: [node("ghost", 0, 0)] })), []);
  assert.equal(before.nodes.length, 4);
});

for (const [from, direction, to] of [
  ["extract", "ArrowRight", "clean"],
  ["clean", "ArrowDown", "score"],
  ["score", "ArrowUp", "clean"],
  ["score", "ArrowRight", "report"],
  ["score", "ArrowLeft", "extract"],
  ["report", "ArrowDown", undefined],
  ["extract", "ArrowLeft", undefined],
  ["ghost", "ArrowLeft", "extract"],
] as const) {
  test(`${direction} leads from ${from} to ${to ?? "nowhere"}`, () => {
    assert.equal(neighbour(graph(), from, direction), to);
  });
}

test("arrows lead into a frame, about in it, and out of it at its rim", () => {
  const frame = { ...graph(), edges: [] };
  frame.nodes = [
    node("map", 0, 0, { opens: true, open: true, w: 400, h: 200 }),
    node("map/1", 14, 40),
    node("map/2", 160, 40),
    node("map/3", 14, 100),
    node("after", 500, 40),
  ];
  assert.equal(neighbour(frame, "map", "ArrowDown"), "map/1");
  assert.equal(neighbour(frame, "map/1", "ArrowRight"), "map/2");
  assert.equal(neighbour(frame, "map/1", "ArrowDown"), "map/3");
  assert.equal(neighbour(frame, "map/2", "ArrowRight"), "map");
  assert.equal(neighbour(frame, "map", "ArrowRight"), "after");
  assert.equal(neighbour(frame, "after", "ArrowLeft"), "map");
});

test("the next failure goes round among those at first hand, also inside a map", () => {
  assert.equal(nextFailure(graph(), undefined), "clean");
  assert.equal(nextFailure(graph(), "clean"), "score");
  assert.equal(nextFailure(graph(), "score"), "clean");
});

for (const [text, keys] of [
  ["", []],
  ["CLEAN", ["clean"]],
  ["keyerror", ["clean"]],
  ["state:failed", ["clean", "score", "report"]],
  ["state:failed score", ["score"]],
  ["nothing", []],
] as const) {
  test(`a search for ${JSON.stringify(text)} finds ${keys.length} nodes`, () => {
    assert.deepEqual([...found(graph(), text)], [...keys]);
  });
}

test("a small graph is never enlarged, a large one fits", () => {
  assert.equal(fitted(graph(), 2000, 2000).scale, 1);
  const view = fitted(graph(), 252, 2000);
  assert.equal(view.scale, 0.5);
});

test("zooming keeps the point under the pointer", () => {
  const before = { x: 10, y: 20, scale: 1 };
  const after = zoomed(before, 2, 110, 70);
  assert.deepEqual(after, { x: -90, y: -30, scale: 2 });
  assert.equal(zoomed(before, 1e9, 0, 0).scale, 3);
});

test("a node out of sight is moved in by as little as needed", () => {
  const view = { x: 0, y: 0, scale: 1 };
  assert.deepEqual(revealed(view, node("far", 500, 50), 400, 300), { x: -236, y: 0, scale: 1 });
  assert.deepEqual(revealed(view, node("near", 50, 50), 400, 300), view);
});

test("a node is read aloud with its counts", () => {
  assert.equal(spoken(graph().nodes[2]!), "score, Completed, 2 Completed, 1 Failed");
});
