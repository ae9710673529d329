// The rows of a form: a name, and what is chosen or typed for it.

import { html } from "../../dom";

let serial = 0;

/** A row of buttons of which one is chosen. */
export function choice<Value extends string>(label: string, values: readonly (readonly [Value, string, string?])[], first: Value, chosen: (value: Value) => void): HTMLElement {
  const name = `jfl-choice-${++serial}`;
  const group = html("div", { class: "jfl-choice", role: "radiogroup", "aria-label": label });
  for (const [value, words, tip] of values) {
    const input = html("input", { type: "radio", name, value, checked: value === first });
    input.addEventListener("change", () => chosen(value));
    group.append(html("label", { title: tip ?? "" }, input, html("span", {}, words)));
  }
  return group;
}

/** A field, or several, with its name before it. */
export function row(label: string, ...content: HTMLElement[]): HTMLElement {
  const [first] = content;
  const isField = first instanceof HTMLInputElement || first instanceof HTMLSelectElement || first instanceof HTMLTextAreaElement;
  if (isField && !first.id) {
    first.id = `jfl-field-${++serial}`;
  }
  const name = isField ? html("label", { for: first.id }, label) : html("span", { class: "jfl-label" }, label);
  return html("div", { class: "jfl-row" }, name, html("div", { class: "jfl-line" }, ...content));
}
