// A graph as Python sends it, and what can be reckoned from it without a page.

export interface Look {
  light: string;
  dark: string;
  icon: string;
  filled: boolean;
  hatched: boolean;
}

/** Class of a look, state name, number. */
export type Count = [string, string, number];

export interface GraphNode {
  key: string;
  x: number;
  y: number;
  w: number;
  h: number;
  kind: string;
  css: string;
  dashed: boolean;
  state: string;
  title: string;
  name: string;
  words: string;
  more: string;
  counts: Count[];
  /** How far along twice the usual time it is, and whether that is worth a word; null where it is not known. */
  pace?: [number, boolean] | null;
  /** Whether there is more inside, and whether that is shown: then it is a frame around what follows it. */
  opens?: boolean;
  open?: boolean;
  /** Of a frame: where its words begin, behind its title. */
  inset?: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  d: string;
  calls: boolean;
  live: boolean;
  turned: boolean;
}

export interface Header {
  title: string;
  subtitle: string;
  css: string;
  state: string;
  alert: string;
  time: string;
  counts: Count[];
}

export interface Graph {
  run: string;
  final: boolean;
  width: number;
  height: number;
  header: Header | null;
  notice: string;
  cause: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  looks: Record<string, Look>;
  /** Keys of what was asked to be unfolded (`*`: everything), and how many boxes are folded away. */
  opened?: string[];
  hidden?: number;
}

/** Stands for every box that only folding made. */
export const EVERYTHING = "*";

export interface Patch {
  type: "patch";
  run: string;
  final: boolean;
  header: Header | null;
  notice: string;
  cause: string;
  looks: Record<string, Look>;
  nodes: GraphNode[];
  live: number[];
}

export interface Run {
  number: number;
  label: string;
  css: string;
  state: string;
  words: string;
  time: string;
}

/** Where a failure happened; `count` is that of a cell of this notebook, else 0. */
export interface Place {
  words: string;
  line: number;
  code: string;
  count: number;
}

export interface Cause {
  cause: string;
  place: Place | null;
  count: number;
  numbers: number[];
  labels: string[];
}

/** What is known of one box or one task run; which fields are there depends on which it is. */
export interface Details extends Partial<Run> {
  key?: string;
  gone?: boolean;
  title?: string;
  tries?: number;
  states?: [string, string][];
  error?: string;
  place?: Place | null;
  traceback?: [boolean, string[]][];
  inputs?: [string, string][];
  value?: string;
  usual?: string;
  /** What it takes and gives: which of both, by which name, from or to whom, and what it is. */
  flows?: [string, string, string, string][];
  log?: string[];
  total?: number;
  page?: number;
  runs?: Run[];
  tiles?: [number, string, string][];
  causes?: Cause[];
  looks?: Record<string, Look>;
}

export interface Bar {
  css: string;
  from: number;
  to: number;
  hatched: boolean;
  waits: boolean;
  title: string;
  mark: string;
}

export interface TimelineRow {
  key: string;
  label: string;
  more: string;
  slow: boolean;
  usual?: number | null;
  bars: Bar[];
}

export interface Timeline {
  rows: TimelineRow[];
  ticks: [number, string][];
  now: number | null;
  sentence: string;
  notice: string;
  looks: Record<string, Look>;
}

export type Message =
  | { type: "whole"; graph: Graph }
  | Patch
  | { type: "details"; details: Details }
  | { type: "causes"; causes: Cause[] }
  | { type: "timeline"; timeline: Timeline }
  | { type: "code"; code: string }
  | { type: "edge"; from: string; to: string; words: string }
  | { type: "said"; text: string }
  | { type: "beat" }
  | { type: "unknown" };

/** Bring a graph up to date in place; a patch may only name nodes that are there. */
export function patched(graph: Graph, patch: Patch): GraphNode[] {
  const places = new Map(graph.nodes.map((node, index) => [node.key, index]));
  const changed = patch.nodes.filter((node) => places.has(node.key));
  for (const node of changed) {
    graph.nodes[places.get(node.key)!] = node;
  }
  const live = new Set(patch.live);
  graph.edges.forEach((edge, index) => {
    edge.live = live.has(index);
  });
  graph.run = patch.run;
  graph.final = patch.final;
  graph.header = patch.header;
  graph.notice = patch.notice;
  graph.cause = patch.cause;
  Object.assign(graph.looks, patch.looks);
  return changed;
}

export type Direction = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

/** The key of the frame around a node; empty where there is none. */
export function parent(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("/")));
}

/** The node that an arrow key leads to: along an edge where there is one, else the nearest that way; down into a frame, and out of it at its rim. */
export function neighbour(graph: Graph, key: string, direction: Direction): string | undefined {
  const here = graph.nodes.find((node) => node.key === key);
  if (!here) {
    return graph.nodes[0]?.key;
  }
  const frame = parent(key);
  if (here.open && direction === "ArrowDown") {
    return graph.nodes.find((node) => parent(node.key) === key)?.key;
  }
  let others = graph.nodes.filter((node) => node.key !== key && parent(node.key) === frame);
  const column = (node: GraphNode): boolean => Math.abs(node.x - here.x) < 2;
  if (direction === "ArrowUp" || direction === "ArrowDown") {
    const sign = direction === "ArrowUp" ? -1 : 1;
    others = others.filter((node) => column(node) && (node.y - here.y) * sign > 0);
  } else {
    const joined = new Set(
      direction === "ArrowRight"
        ? graph.edges.filter((edge) => edge.from === key).map((edge) => edge.to)
        : graph.edges.filter((edge) => edge.to === key).map((edge) => edge.from),
    );
    const sign = direction === "ArrowLeft" ? -1 : 1;
    others = joined.size
      ? others.filter((node) => joined.has(node.key))
      : others.filter((node) => (node.x - here.x) * sign > 2);
  }
  if (!others.length && frame) {
    return frame;
  }
  const distance = (node: GraphNode): number => Math.abs(node.x - here.x) + Math.abs(node.y - here.y);
  return others.reduce<GraphNode | undefined>(
    (best, node) => (best === undefined || distance(node) < distance(best) ? node : best),
    undefined,
  )?.key;
}

/** The next node after this one that failed at first hand, going round; those that only follow come when no other is. */
export function nextFailure(graph: Graph, key: string | undefined): string | undefined {
  const bad = graph.nodes.filter(
    (node) =>
      node.css === "failed" || node.css === "crashed" || node.counts.some(([css]) => css === "failed" || css === "crashed"),
  );
  const first = bad.filter((node) => !node.dashed);
  const among = first.length ? first : bad;
  const place = among.findIndex((node) => node.key === key);
  return among[(place + 1) % Math.max(1, among.length)]?.key;
}

/** Keys of the nodes that a search finds: every word in the name or the words; `state:failed` looks at the state. */
export function found(graph: Graph, text: string): Set<string> {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) {
    return new Set();
  }
  const fits = (node: GraphNode, word: string): boolean => {
    if (word.startsWith("state:")) {
      const state = word.slice(6);
      return [node.state, node.css, ...node.counts.flatMap(([css, name]) => [css, name])].some((name) =>
        name.toLowerCase().startsWith(state),
      );
    }
    return `${node.name} ${node.more}`.toLowerCase().includes(word);
  };
  return new Set(graph.nodes.filter((node) => words.every((word) => fits(node, word))).map((node) => node.key));
}

/** Which part of the graph is seen: where its origin stands in the window, and how large it is drawn. */
export interface Viewport {
  x: number;
  y: number;
  scale: number;
}

const MARGIN = 16;
const LEAST = 0.05;
const MOST = 3;

/** Show all of a graph in a window, never larger than life. */
export function fitted(graph: Graph, width: number, height: number): Viewport {
  const room = Math.max(1, width - 2 * MARGIN) / Math.max(1, graph.width);
  const scale = Math.max(LEAST, Math.min(1, room, Math.max(1, height - 2 * MARGIN) / Math.max(1, graph.height)));
  return { x: MARGIN, y: Math.max(MARGIN, (height - graph.height * scale) / 2), scale };
}

/** Zoom so that the point under the pointer stays where it is. */
export function zoomed(view: Viewport, factor: number, x: number, y: number): Viewport {
  const scale = Math.max(LEAST, Math.min(MOST, view.scale * factor));
  const ratio = scale / view.scale;
  return { x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio, scale };
}

/** Move as little as needed so that a node is in the window. */
export function revealed(view: Viewport, node: GraphNode, width: number, height: number): Viewport {
  const inside = (start: number, size: number, room: number): number => {
    if (start < MARGIN) {
      return MARGIN - start;
    }
    return start + size > room - MARGIN ? Math.max(MARGIN - start, room - MARGIN - start - size) : 0;
  };
  return {
    x: view.x + inside(view.x + node.x * view.scale, node.w * view.scale, width),
    y: view.y + inside(view.y + node.y * view.scale, node.h * view.scale, height),
    scale: view.scale,
  };
}

/** How a node is read aloud. */
export function spoken(node: GraphNode): string {
  const counts = node.counts.map(([, name, number]) => `${number} ${name}`).join(", ");
  const fold = node.opens ? (node.open ? "unfolded" : "folded") : "";
  return [node.name, node.state, counts, node.more, fold].filter(Boolean).join(", ");
}
