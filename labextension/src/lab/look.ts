// How states look, for what has no graph beside it; tested to be the palette of Python.

import { icon } from "../dom";
import type { Look } from "../model";
import looks from "./looks.json";

export const LOOKS: Record<string, Look> = looks;

/** A state's icon by the class of its look. */
export function stateIcon(css: string, size = 16): SVGElement {
  const made = icon(LOOKS[css], { width: size, height: size });
  made.classList.add(`s-${css in LOOKS ? css : "pending"}`);
  return made;
}

/** Whether bars of this look are hatched. */
export function hatched(css: string): string {
  return LOOKS[css]?.hatched ? " jfl-hatched" : "";
}
