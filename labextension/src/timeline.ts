// The timeline of a run: one row per task, waits and tries as pieces, the slowest path in a sentence.

import { html, svg } from "./dom";
import type { Timeline } from "./model";
import { stateRules } from "./style";

const LABEL = 170;
const ROW = 22;
const RIGHT = 24;

/** Draw a timeline; bars come as shares of its length. */
export function timelineView(timeline: Timeline, width: number, opened: (key: string) => void): HTMLElement {
  const room = Math.max(200, width - LABEL - RIGHT - 28);
  const at = (share: number): number => LABEL + share * room;
  const height = timeline.rows.length * ROW + 30;
  const drawn = svg("svg", { viewBox: `0 0 ${LABEL + room + RIGHT} ${height}`, role: "img", "aria-label": timeline.sentence || "Timeline" });
  for (const [share, words] of timeline.ticks) {
    drawn.append(svg("path", { d: `M${at(share)} 4V${height - 22}`, stroke: "var(--jf-line)" }));
    drawn.append(svg("text", { x: at(share), y: height - 6, "text-anchor": "middle" }, words));
  }
  timeline.rows.forEach((row, index) => {
    const top = index * ROW + 4;
    const group = svg("g", { class: "jf-row", transform: `translate(0 ${top})` });
    group.append(svg("title", {}, `${row.label} ${row.more}`));
    group.append(svg("text", { x: LABEL - 10, y: 13, "text-anchor": "end", class: row.slow ? "jf-slow" : undefined }, row.label));
    for (const bar of row.bars) {
      const x = at(bar.from);
      const wide = Math.max(2, at(bar.to) - x);
      const piece = svg("g", { class: `s-${bar.css}` }, svg("title", {}, bar.title));
      if (bar.waits) {
        piece.append(svg("path", { d: `M${x} 9h${wide}`, stroke: "currentColor", "stroke-width": 1.5, "stroke-dasharray": "1.5 3" }));
      } else {
        piece.append(svg("rect", { x, y: 2, width: wide, height: 14, rx: 3, fill: "currentColor" }));
        if (bar.hatched) {
          for (let step = x + 4; step < x + wide - 2; step += 6) {
            piece.append(svg("path", { d: `M${step} 16l5 -14`, stroke: "var(--jf-card)", "stroke-width": 1.6 }));
          }
        }
        if (bar.mark && wide >= 14) {
          piece.append(svg("text", { x: x + wide / 2, y: 13, "text-anchor": "middle", style: "fill:var(--jf-card)" }, bar.mark));
        }
      }
      group.append(piece);
    }
    if (row.usual != null) {
      const mark = svg("g", { stroke: "var(--jf-ink)", "stroke-width": 1.5 }, svg("title", {}, "usually ends here"));
      mark.append(svg("path", { d: `M${at(row.usual)} 0v18` }));
      group.append(mark);
    }
    group.addEventListener("click", () => opened(row.key));
    drawn.append(group);
  });
  if (timeline.now !== null) {
    const x = at(timeline.now);
    drawn.append(svg("path", { d: `M${x} 0V${height - 22}`, class: "s-running", stroke: "currentColor", "stroke-width": 1.5 }));
    drawn.append(svg("text", { x: x - 4, y: 10, "text-anchor": "end" }, "now"));
  }
  const root = html("div", { class: "jf-time", role: "region", "aria-label": "Timeline", tabindex: 0 }, html("style", {}, stateRules(timeline.looks)), drawn);
  for (const words of [timeline.sentence, timeline.notice]) {
    if (words) {
      root.append(html("div", { class: "jf-mut" }, words));
    }
  }
  return root;
}
