// Elements made by hand: text is only ever a text node, so that no name can become markup.

import type { Count, Look } from "./model";

const SVG = "http://www.w3.org/2000/svg";

type Attributes = Record<string, string | number | boolean | undefined>;

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

/** Make an HTML element. */
export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** Make an SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** A button with its words, and its key in the tip. */
export function button(words: string, tip: string, act: () => void): HTMLButtonElement {
  const made = html("button", { type: "button", title: tip, class: "jf-button" }, words);
  made.addEventListener("click", act);
  return made;
}

/** A state's icon, in the colour of its surroundings. */
export function icon(look: Look | undefined, attributes: Attributes = {}): SVGElement {
  const path = look?.filled
    ? svg("path", { d: look.icon, fill: "currentColor" })
    : svg("path", { d: look?.icon ?? "", fill: "none", stroke: "currentColor", "stroke-width": 1.9 });
  return svg("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true", ...attributes }, path);
}

/** How long each segment of a bar is, so that the smallest can still be seen. */
export function lengths(counts: Count[], width: number, least = 4, gap = 1.5): number[] {
  const total = counts.reduce((sum, [, , number]) => sum + number, 0);
  const free = width - (counts.length - 1) * gap - counts.length * least;
  return counts.map(([, , number]) => least + (free * number) / Math.max(1, total));
}
