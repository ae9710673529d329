// Lay graphs out with dagre, for tests that compare: reads {nodes: [[width, height]], edges: [[from, to]]} from standard
// input and writes {boxes: [[x, y]], lines: [[[x, y], …]]}, each box by its middle.

import { readFileSync } from "node:fs";
import dagre from "@dagrejs/dagre";

const { nodes, edges, ranker } = JSON.parse(readFileSync(0, "utf-8"));
const graph = new dagre.graphlib.Graph({ multigraph: true });
graph.setGraph({ rankdir: "LR", nodesep: 22, edgesep: 13, ranksep: 40, ranker });
graph.setDefaultEdgeLabel(() => ({}));
nodes.forEach(([width, height], index) => graph.setNode(String(index), { width, height }));
edges.forEach(([from, to]) => graph.setEdge(String(from), String(to)));
dagre.layout(graph);
const boxes = nodes.map((_, index) => [graph.node(String(index)).x, graph.node(String(index)).y]);
const lines = edges.map(([from, to]) => graph.edge(String(from), String(to)).points.map(({ x, y }) => [x, y]));
console.log(JSON.stringify({ boxes, lines }));
