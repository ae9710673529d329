// The graph as SVG: the same boxes, curves and words at the same places as in the saved picture.

import { icon, lengths, svg } from "./dom";
import type { Graph, GraphEdge, GraphNode, Viewport } from "./model";
import { spoken } from "./model";

const TEXT_LEFT = 36;
const TEXT_RIGHT = 12;
const STACK = 3;
const FRAME_TITLE = 23;
const FAR = 0.45; // below it no word can be read, and none is drawn
const MOVED_MS = 180;
const MOST_MOVED = 400;
const LOUD = new Set(["running", "retrying", "failed", "crashed", "paused"]);

/** A thin line along the foot of a box: how long it takes; its middle, which is marked, is the usual time. */
function gauge(node: GraphNode): SVGElement {
  const [share, slow] = node.pace ?? [0, false];
  const wide = node.w - TEXT_LEFT - TEXT_RIGHT;
  const y = node.h - 3.5;
  const made = svg("g", { class: slow ? "jf-gauge jf-over" : "jf-gauge" });
  made.append(
    svg("path", { d: `M${TEXT_LEFT} ${y}h${Math.max(1, wide * share)}` }),
    svg("path", { d: `M${TEXT_LEFT + wide / 2} ${y - 2.5}v5`, class: "jf-usual" }),
  );
  return made;
}

export class Drawing {
  readonly element: SVGSVGElement;
  private readonly layer = svg("g");
  private readonly frames = svg("g");
  private readonly edges = svg("g");
  private readonly boxes = svg("g");
  private readonly made = new Map<string, SVGGElement>();
  private paths: SVGPathElement[] = [];
  private graph: Graph | undefined;
  private here: string | undefined;
  private matches = new Set<string>();

  constructor(
    private readonly id: string,
    private readonly opened: (key: string) => void,
    private readonly unfolded: (node: GraphNode) => void,
    private readonly pointed: (edge: GraphEdge | undefined, event: PointerEvent) => void,
  ) {
    const arrow = (name: string, css: string, fill: string): SVGElement =>
      svg(
        "marker",
        {
          id: `${id}-${name}`,
          viewBox: "0 0 6 6",
          refX: 3,
          refY: 3,
          markerWidth: 6,
          markerHeight: 6,
          orient: "auto-start-reverse",
          markerUnits: "userSpaceOnUse",
          class: css,
        },
        svg("path", { d: "M0 0L6 3L0 6z", fill }),
      );
    const hatch = svg(
      "pattern",
      { id: `${id}-h`, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("path", { d: "M1.2 0V5", style: "stroke:var(--jf-card)", "stroke-width": 2 }),
    );
    const heads = [arrow("a", "", "var(--jf-edge)"), arrow("l", "s-running", "currentColor")];
    this.layer.append(this.frames, this.edges, this.boxes);
    this.element = svg("svg", { role: "presentation" }, svg("defs", {}, hatch, ...heads), this.layer);
  }

  /** Draw a graph anew. */
  whole(graph: Graph): void {
    const before = this.graph?.run === graph.run ? new Map(this.graph.nodes.map((node) => [node.key, node])) : undefined;
    this.graph = graph;
    this.made.clear();
    this.boxes.replaceChildren(...graph.nodes.map((node) => this.box(node)));
    // Under the edges, which run inside of them.
    this.frames.replaceChildren(
      ...graph.nodes
        .filter((node) => node.open)
        .map((node) => svg("rect", { class: "jf-frame", x: node.x, y: node.y, width: node.w, height: node.h, rx: 8 })),
    );
    this.paths = graph.edges.map((edge) => {
      return svg("path", { d: edge.d });
    });
    // A thin line is hard to point at: each has a wide one over it that cannot be seen.
    const wide = graph.edges.map((edge, index) => {
      const path = svg("path", { d: edge.d, class: "jf-hit" });
      path.addEventListener("pointerenter", (event) => {
        this.paths[index]?.classList.add("jf-near");
        this.pointed(edge, event);
      });
      path.addEventListener("pointerleave", (event) => {
        this.paths[index]?.classList.remove("jf-near");
        this.pointed(undefined, event);
      });
      return path;
    });
    this.edges.replaceChildren(...this.paths, ...wide);
    this.patch([]);
    if (before) {
      this.move(before);
    }
  }

  /** Let boxes go from where they were to where they are: who looks on does not lose them. */
  private move(before: Map<string, GraphNode>): void {
    const nodes = this.graph?.nodes ?? [];
    if (nodes.length > MOST_MOVED || matchMedia("(prefers-reduced-motion:reduce)").matches) {
      return;
    }
    for (const node of nodes) {
      const old = before.get(node.key);
      if (old && (old.x !== node.x || old.y !== node.y)) {
        const at = ({ x, y }: GraphNode) => ({ transform: `translate(${x}px,${y}px)` });
        this.made.get(node.key)?.animate([at(old), at(node)], { duration: MOVED_MS, easing: "ease-out" });
      }
    }
  }

  /** Draw some nodes again, and which edges are live. */
  patch(nodes: GraphNode[]): void {
    for (const node of nodes) {
      this.made.get(node.key)?.replaceWith(this.box(node));
    }
    this.graph?.edges.forEach((edge, index) => {
      const near = this.here !== undefined && (edge.from === this.here || edge.to === this.here);
      const marker = `url(#${this.id}-${edge.live ? "l" : "a"})`;
      const path = this.paths[index];
      path?.setAttribute(
        "class",
        `jf-e${edge.live ? " jf-live s-running" : ""}${edge.calls ? " jf-calls" : ""}${near ? " jf-near" : ""}`,
      );
      path?.setAttribute("marker-end", edge.turned ? "none" : marker);
      path?.setAttribute("marker-start", edge.turned ? marker : "none");
    });
    this.mark(this.here, this.matches);
  }

  /** Show which node is the current one, and dim what a search does not find. */
  mark(here: string | undefined, matches: Set<string>): void {
    const moved = here !== this.here;
    this.here = here;
    this.matches = matches;
    for (const [key, box] of this.made) {
      box.classList.toggle("jf-here", key === here);
      box.setAttribute("aria-selected", String(key === here));
      box.classList.toggle("jf-dim", matches.size > 0 && !matches.has(key));
    }
    if (moved) {
      this.patch([]);
    }
  }

  /** Show this part of the graph. */
  look(view: Viewport): void {
    this.layer.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    this.layer.classList.toggle("jf-far", view.scale < FAR);
  }

  /** The id of a node's element, for `aria-activedescendant`. */
  idOf(key: string | undefined): string {
    return (key !== undefined && this.made.get(key)?.id) || "";
  }

  private box(node: GraphNode): SVGGElement {
    const look = this.graph?.looks[node.css];
    const group = svg("g", {
      id: this.made.get(node.key)?.id ?? `${this.id}-n${this.made.size}`,
      class: `jf-n s-${node.css}${LOUD.has(node.css) && !node.dashed ? " jf-loud" : ""}`,
      role: "option",
      "aria-label": spoken(node),
      transform: `translate(${node.x} ${node.y})`,
      "data-state": node.state,
    });
    group.append(svg("title", {}, spoken(node)));
    const card = (x: number, y: number, dash?: string): SVGElement =>
      svg("rect", { class: x ? "jf-card jf-back" : "jf-card", x, y, width: node.w, height: node.h, rx: 8, "stroke-dasharray": dash });
    if (node.kind === "map" && !node.open) {
      group.append(card(2 * STACK, -2 * STACK), card(STACK, -STACK));
    }
    const own = card(0, 0, node.dashed ? "4 3" : undefined);
    own.classList.toggle("jf-open", !!node.open);
    group.append(own);
    const stripe = `M8 .5H6A5.5 5.5 0 0 0 .5 6V${node.h - 6}A5.5 5.5 0 0 0 6 ${node.h - 0.5}H8Z`;
    group.append(svg("path", { d: stripe, fill: "currentColor" }));
    if (look?.hatched) {
      group.append(svg("path", { d: stripe, fill: `url(#${this.id}-h)` }));
    }
    const tall = node.h - (node.counts.length ? 8 : 0);
    const base = node.open ? FRAME_TITLE : node.words ? tall / 2 - 4 : tall / 2 + 4.5;
    group.append(icon(look, { x: 13, y: base - 12.3, width: 16, height: 16 }));
    group.append(svg("text", { class: "jf-t", x: TEXT_LEFT, y: base }, node.title));
    if (node.words) {
      group.append(svg("text", { x: node.inset ?? TEXT_LEFT, y: node.open ? base : base + 16 }, node.words));
    }
    if (!node.open) {
      this.segments(group, node);
      if (node.pace) {
        group.append(gauge(node));
      }
    }
    if (node.opens) {
      group.append(this.switch(node, base));
    }
    group.addEventListener("click", () => this.opened(node.key));
    this.made.set(node.key, group);
    return group;
  }

  /** The mark beside the title that unfolds a box and folds it again. */
  private switch(node: GraphNode, base: number): SVGElement {
    const words = `${node.open ? "Fold" : "Unfold"} ${node.name} (u)`;
    const arrow = node.open ? "M-4 -2l4 4l4 -4" : "M-2 -4l4 4l-4 4";
    const made = svg("g", { class: "jf-switch", role: "button", "aria-label": words, transform: `translate(${node.inset ? node.inset - 14 : node.w - 15} ${base - 4})` });
    made.append(svg("title", {}, words), svg("rect", { x: -11, y: -11, width: 22, height: 22, rx: 5 }), svg("path", { d: arrow }));
    made.addEventListener("click", (event) => {
      event.stopPropagation();
      this.unfolded(node);
    });
    return made;
  }

  private segments(group: SVGGElement, node: GraphNode): void {
    const wide = lengths(node.counts, node.w - TEXT_LEFT - TEXT_RIGHT);
    let x = TEXT_LEFT;
    node.counts.forEach(([css], index) => {
      const place = { x, y: node.h - 11, width: wide[index] ?? 0, height: 4, rx: 1.5 };
      const faint = css === "pending" || css === "scheduled" ? 0.4 : undefined;
      group.append(svg("rect", { ...place, class: `s-${css}`, fill: "currentColor", opacity: faint }));
      if (this.graph?.looks[css]?.hatched) {
        group.append(svg("rect", { ...place, fill: `url(#${this.id}-h)` }));
      }
      x += (wide[index] ?? 0) + 1.5;
    });
  }
}
