// What every screen has: a button, a line that waits, a line that says what went wrong.

import { html } from "../dom";
import { Refused, told } from "./client";

/** A button with its words; `tip` says more, and its key. */
export function act(words: string, tip: string, does: () => void, kind: "plain" | "main" | "quiet" = "plain"): HTMLButtonElement {
  const made = html("button", { type: "button", title: tip || words, class: `jfl-button jfl-${kind}` }, words);
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    does();
  });
  return made;
}

/** Something is on its way. */
export function waiting(words: string): HTMLElement {
  return html("div", { class: "jfl-quiet-line", role: "status" }, words);
}

/** What went wrong, and a button to try again. */
export function problem(error: unknown, again?: { words: string; does: () => void }): HTMLElement {
  const shown = html("div", { class: "jfl-problem", role: "alert" }, html("div", {}, told(error)));
  if (again && !(error instanceof Refused && error.isAbsent)) {
    shown.append(act(again.words, "", again.does));
  }
  return shown;
}

/** Tabs of which one is chosen; the arrow keys go through them. */
export class Tabs<Name extends string> {
  readonly element: HTMLElement;
  private readonly made = new Map<Name, HTMLButtonElement>();
  private here: Name;

  constructor(label: string, names: readonly (readonly [Name, string])[], first: Name, chosen: (name: Name) => void) {
    this.here = first;
    this.element = html("div", { class: "jfl-tabs", role: "tablist", "aria-label": label });
    for (const [name, words] of names) {
      const tab = html("button", { type: "button", role: "tab", class: "jfl-tab" }, words);
      tab.addEventListener("click", () => {
        this.choose(name);
        chosen(name);
      });
      this.made.set(name, tab);
      this.element.append(tab);
    }
    this.element.addEventListener("keydown", (event) => {
      const all = [...this.made.keys()];
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      const next = all[(all.indexOf(this.here) + step + all.length) % all.length];
      if (step && next !== undefined) {
        event.preventDefault();
        event.stopPropagation();
        this.choose(next);
        this.made.get(next)?.focus();
        chosen(next);
      }
    });
    this.choose(first);
  }

  get chosen(): Name {
    return this.here;
  }

  choose(name: Name): void {
    this.here = name;
    for (const [other, tab] of this.made) {
      tab.setAttribute("aria-selected", String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
    }
  }

  /** Put a number beside a tab's words. */
  count(name: Name, words: string, number: number): void {
    const tab = this.made.get(name);
    tab?.replaceChildren(words, ...(number ? [html("span", { class: "jfl-count" }, String(number))] : []));
  }
}
