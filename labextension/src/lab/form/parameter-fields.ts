// The fields of all parameters: what is given in them, and which are wrong.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import type { NotebookParameter } from "../shapes";
import { ParameterField } from "./parameter-field";
import { row } from "./rows";
import { readLines } from "./values";

export class ParameterFields {
  readonly elements: HTMLElement[];
  private readonly fields: ParameterField[];
  private readonly others: HTMLTextAreaElement | undefined;
  private readonly wrong = html("div", { class: "jfl-wrong" });

  constructor(parameters: readonly NotebookParameter[], others: boolean, trans: TranslationBundle, changed: () => void) {
    this.fields = parameters.map((parameter) => new ParameterField(parameter, undefined, trans, changed));
    this.elements = this.fields.map((field) => field.element);
    if (others) {
      this.others = html("textarea", { class: "jfl-field jfl-grow", rows: 2, placeholder: trans.__("name=value, one on each line"), spellcheck: "false" });
      this.others.addEventListener("input", changed);
      this.elements.push(row(this.fields.length ? trans.__("Others") : trans.__("Parameters"), this.others), this.wrong);
    }
  }

  /** What is given; undefined where something is wrong, which is said beside it. */
  read(): Record<string, unknown> | undefined {
    const values: Record<string, unknown> = {};
    let fine = true;
    for (const field of this.fields) {
      const read = field.read();
      if ("wrong" in read) {
        fine = false;
      } else if ("value" in read) {
        values[field.parameter.name] = read.value;
      }
    }
    const lines = readLines(this.others?.value ?? "");
    this.wrong.textContent = lines.wrong ?? "";
    this.others?.setAttribute("aria-invalid", String(lines.wrong !== undefined));
    return fine && lines.wrong === undefined ? { ...values, ...lines.values } : undefined;
  }

  /** Say beside each field what is wrong with it; what is about no field is given back. */
  tell(problems: Readonly<Record<string, string>>): Record<string, string> {
    const rest = { ...problems };
    for (const field of this.fields) {
      const { name } = field.parameter;
      for (const key of [name, `parameter ${name}`, `parameters.${name}`]) {
        if (rest[key]) {
          if (!("wrong" in field.read())) {
            field.show(rest[key]);
          }
          delete rest[key];
        }
      }
    }
    return rest;
  }

  /** Show what templates come to at the next time. */
  fill(values: Readonly<Record<string, unknown>>): void {
    this.fields.forEach((field) => field.fill(values[field.parameter.name]));
  }
}
