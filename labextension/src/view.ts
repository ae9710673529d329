// One graph in a page: header, tabs, the drawing or the timeline or the table, and the details below.

import { button, html, icon } from "./dom";
import { Drawing } from "./drawing";
import type { Cause, Details, Direction, Graph, GraphEdge, GraphNode, Message, Place, Timeline, Viewport } from "./model";
import { EVERYTHING, fitted, found, neighbour, nextFailure, parent, patched, revealed, zoomed } from "./model";
import { copy, insertBelow, openCell } from "./notebook";
import type { FailureActs } from "./panel";
import { causeList, panel, pill } from "./panel";
import type { Question } from "./question";
import { OpenQuestion } from "./question";
import { stateRules } from "./style";
import { timelineView } from "./timeline";

type Tab = "Graph" | "Timeline" | "Table";
const TABS: Tab[] = ["Graph", "Timeline", "Table"];
const QUIET_MS = 15_000; // without a word from the kernel while a run is under way
const TALLEST = 440;
const LEAST_READ = 0.6; // the scale at which words can just be read

const WITHIN = "button, summary, [tabindex]"; // what in the details may have the focus

let serial = 0;

export class View {
  readonly element: HTMLElement;
  private readonly id = `jf${++serial}`;
  private readonly head = html("div", { class: "jf-head" });
  private readonly bar = html("div", { class: "jf-bar", "aria-hidden": "true" });
  private readonly stage: HTMLElement;
  private readonly other = html("div", { tabindex: -1 });
  private readonly strip = html("div");
  private readonly below = html("div");
  private readonly said = html("div", { class: "jf-said", "aria-live": "polite" });
  private readonly colours = html("style");
  private readonly find = html("input", { class: "jf-find", type: "search", placeholder: "Find…", "aria-label": "Find tasks", title: "Find (/); state:failed finds by state" });
  private readonly tip = html("div", { class: "jf-tip", hidden: true });
  private pointed: GraphEdge | undefined;
  private readonly note = html("span", { class: "jf-mut jf-note" });
  private readonly tabs = new Map<Tab, HTMLButtonElement>();
  private readonly drawing: Drawing;
  private readonly state = html("span", { class: "jf-top" });
  private readonly acts: Record<"cancel" | "retry", HTMLButtonElement>;
  private graph: Graph | undefined;
  private view: Viewport = { x: 0, y: 0, scale: 1 };
  private touched = false; // whether somebody chose what to see; until then the graph is fitted as it grows
  private here: string | undefined;
  private turned: string | undefined; // the box that is being folded or unfolded
  private tab: Tab = "Graph";
  private details: Details | undefined;
  private readonly question: OpenQuestion; // which the details answer
  private timeline: Timeline | undefined;
  private causes: HTMLElement | undefined;
  private firstCause: Cause | undefined;
  private explained = ""; // the failures whose causes were asked for
  private readonly failureActs: FailureActs = {
    taskRun: (number) => this.tellOf({ type: "task_run", number, key: this.details?.key }),
    openCell: (place) => void this.openCell(place),
    loadInputs: (number) => this.ask({ type: "inputs", number, key: this.details?.key }),
    retry: (like) => this.act("retry", like),
  };
  private heard = Date.now();
  private readonly clock: ReturnType<typeof setInterval>;

  constructor(private readonly ask: (question: Record<string, unknown>) => void) {
    this.question = new OpenQuestion(ask);
    this.drawing = new Drawing(this.id, (key) => this.open(key), (node) => this.unfold(node), (edge, event) => this.point(edge, event));
    this.stage = html("div", { class: "jf-stage", tabindex: 0, role: "listbox", "aria-label": "Graph" }, this.drawing.element, this.tip);
    const tabs = html("span", { class: "jf-tabs", role: "tablist" });
    for (const name of TABS) {
      const tab = html("button", { type: "button", class: "jf-tab", role: "tab", title: `${name} (${name[0]!.toLowerCase() === "t" && name !== "Timeline" ? "v" : name[0]!.toLowerCase()})` }, name);
      tab.addEventListener("click", () => this.show(name));
      this.tabs.set(name, tab);
      tabs.append(tab);
    }
    this.acts = {
      cancel: button("Cancel", "Stop this run (c)", () => this.act("cancel")),
      retry: button("Retry", "Run again what failed; what is finished is kept (r)", () => this.act("retry")),
    };
    const fit = button("Fit", "See all of it (0)", () => this.fit(true));
    this.head.append(this.state, html("span", { class: "jf-grow" }), this.note, tabs, this.find, fit, this.acts.cancel, this.acts.retry);
    // Lab's own shortcuts must not take the keys of the graph.
    this.element = html("div", { class: "jf", "data-lm-suppress-shortcuts": "true" }, this.colours, this.head, this.bar, this.stage, this.other, this.strip, this.below, this.said);
    this.listen();
    this.show("Graph");
    this.clock = setInterval(() => this.listenForSilence(), 2000);
  }

  close(): void {
    clearInterval(this.clock);
    this.question.close();
    this.element.remove();
  }

  /** The picture was put into the page, or its room changed. */
  placed(): void {
    this.fit(false);
  }

  hear(message: Message): void {
    this.heard = Date.now();
    switch (message.type) {
      case "whole":
        this.whole(message.graph);
        break;
      case "patch":
        if (this.graph) {
          const before = this.graph.run;
          const changed = patched(this.graph, message);
          this.drawing.patch(changed);
          this.words(before !== this.graph.run);
          this.happened(changed);
        }
        break;
      case "details":
        if (this.question.take(message.details) && JSON.stringify(message.details) !== JSON.stringify(this.details)) {
          this.details = message.details;
          this.drawDetails();
        }
        break;
      case "causes":
        this.firstCause = message.causes[0];
        this.causes = causeList(message.causes, this.failureActs);
        this.drawStrip();
        break;
      case "timeline":
        this.timeline = message.timeline;
        this.drawOther();
        break;
      case "edge":
        if (this.pointed?.from === message.from && this.pointed.to === message.to && message.words) {
          this.tip.append(html("div", {}, html("code", {}, message.words)));
        }
        break;
      case "code":
        void this.insert(message.code);
        break;
      case "said":
        this.tell(message.text);
        this.acts.cancel.disabled = this.acts.retry.disabled = false;
        this.question.refused();
        break;
      default:
        break;
    }
    if (this.note.dataset.silent) {
      delete this.note.dataset.silent;
      this.note.textContent = "";
    }
  }

  private whole(graph: Graph): void {
    const another = this.graph?.run !== graph.run;
    const before = another ? undefined : this.graph?.nodes.find((node) => node.key === this.turned);
    this.graph = graph;
    if (another) {
      this.details = this.timeline = this.causes = this.firstCause = undefined;
      this.question.close();
      this.touched = false;
      this.note.textContent = "";
      this.drawDetails();
    }
    if (!graph.nodes.some((node) => node.key === this.here)) {
      this.here = undefined;
    }
    this.drawing.whole(graph);
    this.words(another);
    this.happened();
    const after = graph.nodes.find((node) => node.key === before?.key);
    this.turned = undefined;
    if (before && after) {
      this.keep(before, after);
    } else {
      this.fit(false);
    }
  }

  /** Leave a box where it is on the screen, now that it was unfolded or folded, and show as much of it as there is room. */
  private keep(before: GraphNode, after: GraphNode): void {
    const { x, y, scale } = this.view;
    const wide = this.stage.clientWidth;
    const smaller = Math.min(scale, Math.max(LEAST_READ, (wide - 32) / after.w));
    const height = this.grow(smaller);
    const kept = { x: x + before.x * scale - after.x * smaller, y: y + before.y * scale - after.y * smaller, scale: smaller };
    this.see(revealed(kept, after, wide, height));
  }

  /** Make the stage as high as the graph is at this scale, as far as that goes. */
  private grow(scale: number): number {
    const height = this.graph?.nodes.length ? Math.min(TALLEST, Math.max(84, this.graph.height * scale + 32)) : 0;
    this.stage.style.height = `${height}px`;
    return height;
  }

  private unfold(node: GraphNode): void {
    if (node.opens) {
      this.here = this.turned = node.key;
      this.mark();
      this.ask({ type: "unfold", key: node.key, open: !node.open });
    }
  }

  private unfoldHere(): void {
    const node = this.graph?.nodes.find((other) => other.key === this.here);
    const frame = node && !node.opens ? this.graph?.nodes.find((other) => other.key === parent(node.key)) : node;
    if (frame) {
      this.unfold(frame);
    }
  }

  private unfoldAll(): void {
    const open = !this.graph?.opened?.includes(EVERYTHING);
    if (!open || this.graph?.hidden) {
      this.touched = false;
      this.ask({ type: "unfold", key: EVERYTHING, open });
    }
  }

  private words(another: boolean): void {
    const graph = this.graph;
    if (!graph) {
      return;
    }
    this.colours.textContent = stateRules(graph.looks);
    const header = graph.header;
    this.state.replaceChildren();
    this.state.style.cssText = "display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center";
    if (header) {
      this.state.append(html("b", {}, header.title), html("span", { class: "jf-mut" }, header.subtitle));
      if (header.state) {
        this.state.append(pill(header.css, header.state, graph.looks));
      }
      if (header.alert) {
        this.state.append(pill("failed", header.alert, graph.looks));
      }
      this.state.append(html("span", { class: "jf-mut" }, header.time));
    }
    const counts = header?.counts ?? [];
    this.bar.replaceChildren(
      ...counts.map(([css, name, number]) =>
        html("i", { class: `s-${css}${graph.looks[css]?.hatched ? " jf-hatched" : ""}`, style: `flex:${number} 1 4px`, title: `${number} ${name}` }),
      ),
    );
    const spoken = `${header?.title ?? ""} ${header?.state ?? ""} ${header?.alert ?? ""}`.trim();
    if (this.said.dataset.words !== spoken) {
      this.said.dataset.words = this.said.textContent = spoken;
      this.note.textContent = ""; // what was said of the state before
    }
    this.acts.cancel.hidden = graph.final || !graph.run;
    this.acts.retry.hidden = !graph.final || !["failed", "crashed", "cancelled"].includes(header?.css ?? "");
    this.acts.cancel.disabled = this.acts.retry.disabled = false;
    this.element.classList.toggle("jf-firm", this.acts.retry.hidden);
    // Again after a retry, which may have mended some of them.
    const failures = graph.cause && JSON.stringify([graph.run, graph.cause, header?.counts]);
    if (failures && failures !== this.explained && (another || graph.final)) {
      this.explained = failures;
      this.ask({ type: "causes" });
    }
    this.drawStrip();
    if (this.tab === "Table") {
      this.drawOther();
    } else if (this.tab === "Timeline") {
      this.ask({ type: "timeline" });
    }
  }

  private drawStrip(): void {
    const lines: HTMLElement[] = [];
    const everything = this.graph?.opened?.includes(EVERYTHING);
    if (this.graph?.notice || everything) {
      const strip = html("div", { class: "jf-strip jf-mut" }, everything ? "every box is shown" : this.graph!.notice);
      if (everything || this.graph?.hidden) {
        strip.append(button(everything ? "Fold again" : "Show all boxes", "Fold or unfold the whole graph (U)", () => this.unfoldAll()));
      }
      lines.push(strip);
    }
    if (this.graph?.cause) {
      const several = this.causes !== undefined && this.causes.children.length > 0;
      const cause = several ? this.causes! : html("span", {}, this.graph.cause);
      lines.push(html("div", { class: "jf-strip jf-cause" }, html("span", { class: "s-failed" }, icon(this.graph.looks.failed)), cause));
    }
    this.strip.replaceChildren(...lines);
  }

  /** Show details, and show them anew as things happen until they are closed. */
  tellOf(question: Question): void {
    this.question.open(question);
  }

  /** The graph has changed, in these boxes where that is known. */
  private happened(changed?: GraphNode[]): void {
    const key = this.question.now?.["key"];
    const isShown = this.graph?.nodes.some((node) => node.key === key);
    if (!changed || !isShown || changed.some((node) => node.key === key)) {
      this.question.happened();
    }
  }

  /** Draw the details; whoever is in them already stays there. */
  private drawDetails(): void {
    const all = <One extends HTMLElement>(what: string): One[] => [...this.below.querySelectorAll<One>(what)];
    const place = all(WITHIN).indexOf(document.activeElement as HTMLElement);
    const open = all<HTMLDetailsElement>("details").map((one) => one.open);
    const before = this.below.dataset.about;
    this.below.dataset.about = JSON.stringify([this.details?.key, this.details?.number]);
    const acts = {
      ...this.failureActs,
      page: (key: string, page: number): void => this.tellOf({ type: "box", key, page }),
      close: (): void => this.leave(),
    };
    const looks = { ...this.graph?.looks, ...this.details?.looks };
    this.below.replaceChildren(...(this.details ? [html("style", {}, stateRules(looks)), panel(this.details, looks, acts)] : []));
    if (this.below.dataset.about === before) {
      all<HTMLDetailsElement>("details").forEach((one, index) => (one.open = open[index] ?? false));
      all(WITHIN)[place]?.focus({ preventScroll: true });
    }
  }

  private drawOther(): void {
    const graph = this.graph;
    if (this.tab === "Timeline") {
      const waits = html("div", { class: "jf-time jf-mut" }, graph?.run ? "Reading the times…" : "There is no run yet.");
      this.other.replaceChildren(this.timeline ? timelineView(this.timeline, this.element.clientWidth || 900, (key) => this.open(key)) : waits);
    } else if (this.tab === "Table" && graph) {
      const after = new Map<string, string[]>();
      const names = new Map(graph.nodes.map((node) => [node.key, node.name]));
      for (const edge of graph.edges) {
        after.set(edge.to, [...(after.get(edge.to) ?? []), (names.get(edge.from) ?? "") + (edge.calls ? " (calls it)" : "")]);
      }
      const rows = graph.nodes.map((node) =>
        html("tr", {}, html("th", { scope: "row" }, node.name), html("td", {}, pill(node.css, node.counts.map(([, name, number]) => `${number} ${name}`).join(", ") || node.state, graph.looks)), html("td", {}, node.words), html("td", {}, (after.get(node.key) ?? []).join(", "))),
      );
      const heads = ["Task", "State", "Details", "After"].map((name) => html("th", { scope: "col" }, name));
      const table = html("table", { class: "jf-table" }, html("thead", {}, html("tr", {}, ...heads)), html("tbody", {}, ...rows));
      this.other.replaceChildren(html("div", { class: "jf-time", tabindex: 0, role: "region", "aria-label": "Table" }, table));
    } else {
      this.other.replaceChildren();
    }
  }

  private show(tab: Tab): void {
    this.tab = tab;
    // What is hidden loses the focus, and the keys would go to the notebook.
    const focused = this.stage.contains(document.activeElement) || this.other.contains(document.activeElement);
    for (const [name, element] of this.tabs) {
      element.setAttribute("aria-selected", String(name === tab));
    }
    this.stage.hidden = tab !== "Graph";
    if (tab === "Timeline" && this.graph?.run) {
      this.ask({ type: "timeline" });
    }
    this.drawOther();
    if (tab === "Graph") {
      this.fit(false);
    }
    if (focused) {
      (tab === "Graph" ? this.stage : this.other).focus({ preventScroll: true });
    }
  }

  private open(key: string): void {
    this.here = key;
    this.mark();
    const node = this.graph?.nodes.find((other) => other.key === key);
    if (this.graph?.run) {
      this.tellOf({ type: "box", key });
    } else if (node) {
      this.question.close();
      this.details = { key, title: node.name, state: node.state, css: node.css, words: node.more };
      this.drawDetails();
    }
  }

  private leave(): void {
    this.details = undefined;
    this.question.close();
    this.drawDetails();
    (this.tab === "Graph" ? this.stage : this.other).focus({ preventScroll: true });
  }

  /** Say beside the pointer what flows along an edge. */
  private point(edge: GraphEdge | undefined, event: PointerEvent): void {
    this.pointed = edge;
    this.tip.hidden = !edge;
    if (!edge) {
      return;
    }
    const name = (key: string): string => this.graph?.nodes.find((node) => node.key === key)?.name ?? "";
    this.tip.replaceChildren(html("div", { class: "jf-mut" }, `${name(edge.from)} ${edge.calls ? "calls" : "→"} ${name(edge.to)}`));
    const box = this.stage.getBoundingClientRect();
    this.tip.style.left = `${Math.max(4, Math.min(event.clientX - box.left + 12, box.width - 260))}px`;
    this.tip.style.top = `${Math.max(4, Math.min(event.clientY - box.top + 12, box.height - 56))}px`;
    // Who only passes over an edge asks nothing.
    setTimeout(() => this.pointed === edge && this.graph?.run && this.ask({ type: "edge", from: edge.from, to: edge.to }), 120);
  }

  private tell(text: string): void {
    this.note.textContent = this.said.textContent = text;
  }

  private async openCell(place: Place): Promise<void> {
    if (!(await openCell(this.element, place))) {
      this.tell(`${place.words}: that cell is not here any more`);
    }
  }

  private async insert(code: string): Promise<void> {
    if (!code) {
      this.tell("nothing is known of its inputs");
    } else if (await insertBelow(this.element, code)) {
      this.tell("its inputs are loaded by the new cell below: run it");
    } else {
      this.tell((await copy(code)) ? `copied, for a new cell: ${code}` : `run this in a new cell: ${code}`);
    }
  }

  /** What the keys for a failure are about: the one whose details are open, else the most frequent cause. */
  private failure(): { place: Place | null | undefined; number: number | undefined } {
    const { details, firstCause } = this;
    return details?.error ? { place: details.place, number: details.number } : { place: firstCause?.place, number: firstCause?.numbers[0] };
  }

  private act(what: "cancel" | "retry", like?: number): void {
    if (!this.acts[what].hidden && !this.acts[what].disabled) {
      this.acts[what].disabled = true;
      this.ask(like === undefined ? { type: what } : { type: what, number: like });
    }
  }

  private mark(): void {
    const matches = this.graph ? found(this.graph, this.find.value) : new Set<string>();
    this.drawing.mark(this.here, matches);
    this.stage.setAttribute("aria-activedescendant", this.drawing.idOf(this.here));
  }

  private goTo(key: string | undefined): void {
    const node = this.graph?.nodes.find((other) => other.key === key);
    if (node) {
      this.here = node.key;
      this.mark();
      this.see(revealed(this.view, node, this.stage.clientWidth, this.stage.clientHeight));
    }
  }

  private see(view: Viewport): void {
    this.view = view;
    this.touched = true;
    this.drawing.look(view);
  }

  private fit(asked: boolean): void {
    if (!this.graph || (this.touched && !asked) || !this.element.clientWidth) {
      return;
    }
    this.touched = false;
    const width = this.element.clientWidth - 2;
    const height = this.grow(Math.min(1, (width - 32) / Math.max(1, this.graph.width)));
    this.view = fitted(this.graph, width, height);
    this.drawing.look(this.view);
  }

  private listenForSilence(): void {
    const graph = this.graph;
    if (graph && graph.run && !graph.final && Date.now() - this.heard > QUIET_MS && !this.note.dataset.silent) {
      this.note.dataset.silent = "true";
      this.note.textContent = `no word from the kernel; as of ${new Date(this.heard).toLocaleTimeString()}`;
    }
  }

  private listen(): void {
    this.find.addEventListener("input", () => this.mark());
    this.find.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.graph) {
        const [first] = found(this.graph, this.find.value);
        this.goTo(first);
        this.stage.focus({ preventScroll: true });
      }
    });
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener(
      "wheel",
      (event) => {
        // A plain wheel scrolls the notebook; with Ctrl (also a pinch) it zooms, sideways it pans.
        if (event.ctrlKey || event.metaKey) {
          event.preventDefault();
          const box = this.stage.getBoundingClientRect();
          this.see(zoomed(this.view, Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top));
        } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
          event.preventDefault();
          this.see({ ...this.view, x: this.view.x - (event.deltaX || event.deltaY) });
        }
      },
      { passive: false },
    );
    let from: { x: number; y: number; view: Viewport } | undefined;
    this.stage.addEventListener("pointerdown", (event) => {
      from = event.button === 0 ? { x: event.clientX, y: event.clientY, view: this.view } : undefined;
    });
    this.stage.addEventListener("pointermove", (event) => {
      if (from && (Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4 || this.stage.classList.contains("jf-pan"))) {
        if (!this.stage.classList.contains("jf-pan")) {
          this.stage.classList.add("jf-pan");
          this.stage.setPointerCapture(event.pointerId);
        }
        this.see({ ...from.view, x: from.view.x + event.clientX - from.x, y: from.view.y + event.clientY - from.y });
      }
    });
    const stop = (): void => {
      from = undefined;
      this.stage.classList.remove("jf-pan");
    };
    this.stage.addEventListener("pointerup", stop);
    this.stage.addEventListener("pointercancel", stop);
    new ResizeObserver(() => this.fit(false)).observe(this.element);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      this.find.value = "";
      this.mark();
      this.leave();
    } else if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (!this.pressed(event.key, event.target === this.stage)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private pressed(key: string, onStage: boolean): boolean {
    if (!this.graph) {
      return false;
    }
    const middle = [this.stage.clientWidth / 2, this.stage.clientHeight / 2] as const;
    const acts: Record<string, () => void> = {
      u: () => this.unfoldHere(),
      U: () => this.unfoldAll(),
      f: () => this.goTo(nextFailure(this.graph!, this.here)),
      g: () => this.show("Graph"),
      t: () => this.show("Timeline"),
      v: () => this.show("Table"),
      l: () => this.below.querySelector<HTMLElement>(".jf-log")?.focus(),
      o: () => this.failure().place?.count && void this.openCell(this.failure().place!),
      i: () => this.failure().number && this.ask({ type: "inputs", number: this.failure().number }),
      c: () => this.act("cancel"),
      r: () => this.act("retry"),
      "/": () => this.find.focus(),
      "0": () => this.fit(true),
      "+": () => this.see(zoomed(this.view, 1.25, ...middle)),
      "-": () => this.see(zoomed(this.view, 0.8, ...middle)),
    };
    if (onStage && key.startsWith("Arrow")) {
      this.goTo(this.here === undefined ? this.graph.nodes[0]?.key : neighbour(this.graph, this.here, key as Direction));
    } else if (onStage && (key === "Enter" || key === " ") && this.here !== undefined) {
      this.open(this.here);
    } else if (acts[key]) {
      acts[key]();
    } else {
      return false;
    }
    return true;
  }
}
