// One parameter as a field: its name and type, a way to give a value, what is wrong with it.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import { shownValue } from "../given";
import type { NotebookParameter } from "../shapes";
import type { Kind, Read } from "./values";
import { asTyped, kindOf, readTyped } from "./values";

let serial = 0;

export class ParameterField {
  readonly element: HTMLElement;
  private readonly kind: Kind;
  private readonly field: HTMLInputElement | HTMLSelectElement;
  private readonly wrong: HTMLElement;
  private readonly filled = html("span", { class: "jfl-mut jfl-filled" });

  constructor(
    readonly parameter: NotebookParameter,
    given: unknown,
    private readonly trans: TranslationBundle,
    changed: () => void,
  ) {
    const id = `jfl-parameter-${++serial}`;
    this.kind = kindOf(parameter);
    this.wrong = html("div", { class: "jfl-wrong", id: `${id}-wrong` });
    this.field = this.made(id, given);
    this.field.setAttribute("aria-describedby", this.wrong.id);
    this.field.addEventListener("input", changed);
    const type = html("span", { class: "jfl-mut" }, parameter.type + (parameter.required ? ` · ${trans.__("needed")}` : ""));
    const help = parameter.help ? [html("div", { class: "jfl-mut" }, parameter.help)] : [];
    this.element = html(
      "div",
      { class: "jfl-row", "data-parameter": parameter.name },
      html("label", { for: id }, parameter.name, " ", type),
      html("div", {}, html("div", { class: "jfl-line" }, this.field, this.filled), ...help, this.wrong),
    );
  }

  /** What is given; nothing where the default stays. */
  read(): Read {
    const { value } = this.field;
    const unchanged = this.field instanceof HTMLInputElement && value === "" && !this.parameter.required;
    if (this.kind === "choice") {
      const place = this.field instanceof HTMLSelectElement ? this.field.selectedIndex - 1 : -1;
      return place < 0 ? { nothing: true } : { value: this.parameter.choices[place] };
    }
    const read = unchanged ? ({ nothing: true } as const) : readTyped(value, this.kind, this.parameter.type);
    this.show("wrong" in read ? read.wrong : "nothing" in read && this.parameter.required ? this.trans.__("a value is needed") : "");
    return "nothing" in read && this.parameter.required ? { wrong: "needed" } : read;
  }

  /** Say what is wrong; nothing when it is empty. */
  show(wrong: string): void {
    this.wrong.textContent = wrong;
    this.field.setAttribute("aria-invalid", String(Boolean(wrong)));
  }

  /** Show what a template comes to at the next time. */
  fill(value: unknown): void {
    this.filled.textContent = value === undefined ? "" : `→ ${shownValue(value)}`;
  }

  private made(id: string, given: unknown): HTMLInputElement | HTMLSelectElement {
    const { parameter, trans } = this;
    const written = parameter.default_source ?? "";
    const options = (values: readonly (readonly [string, string])[], chosen: string): HTMLSelectElement => {
      const made = html("select", { id, class: "jfl-field" }, ...values.map(([value, words]) => html("option", { value }, words)));
      made.value = chosen;
      return made;
    };
    const standard = [["", parameter.required ? trans.__("choose…") : trans.__("default: %1", written)]] as const;
    if (this.kind === "flag") {
      return options([...standard, ["true", "True"], ["false", "False"]], given === undefined ? "" : String(given));
    }
    if (this.kind === "choice") {
      const place = parameter.choices.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(given));
      return options([...standard, ...parameter.choices.map((choice, index) => [String(index), asTyped(choice, "text")] as const)], place < 0 ? "" : String(place));
    }
    const shown = parameter.default === null ? written : asTyped(parameter.default, this.kind);
    return html("input", {
      id,
      class: "jfl-field jfl-grow",
      value: given === undefined ? "" : asTyped(given, this.kind),
      placeholder: shown,
      inputmode: this.kind === "number" ? "decimal" : undefined,
      title: this.kind === "date" || this.kind === "text" ? trans.__("Of a schedule's time: {tick:%Y-%m-%d}, the day before: {tick-1d:%Y-%m-%d}") : "",
      spellcheck: "false",
      autocomplete: "off",
    });
  }
}
