// What is typed for a parameter, read as the type that the notebook declares; a template is left to the server.

import { shownValue } from "../given";
import type { NotebookParameter } from "../shapes";

/** What became of a text: a value, nothing (the default stays), or what is wrong. */
export type Read = { value: unknown } | { nothing: true } | { wrong: string };

/** Which kind of field a parameter gets. */
export type Kind = "choice" | "flag" | "number" | "text" | "json" | "date";

const TEMPLATE = /\{\s*(tick|previous_tick|today|yesterday)\b[^}]*\}/;

export const isTemplate = (text: string): boolean => TEMPLATE.test(text);

/** The kind of a parameter's field, from its type as it is written: `int`, `list[str]`, `Optional[date]`. */
export function kindOf(parameter: Pick<NotebookParameter, "type" | "choices">): Kind {
  if (parameter.choices.length) {
    return "choice";
  }
  const type = parameter.type.replace(/^(?:typing\.)?Optional\[(.*)\]$/, "$1").replace(/\s*\|\s*None$/, "").replace(/^datetime\./, "");
  if (type === "bool") {
    return "flag";
  }
  if (type === "int" || type === "float") {
    return "number";
  }
  if (type === "date" || type === "datetime") {
    return "date";
  }
  return /^(?:list|dict|tuple|set|List|Dict|Tuple|Sequence|Mapping)\b/.test(type) ? "json" : "text";
}

/** Show a value as it would be typed. */
export function asTyped(value: unknown, kind: Kind): string {
  if (value === null || value === undefined) {
    return "";
  }
  if (kind === "json" && Array.isArray(value) && value.every((one) => typeof one === "string" && /^[^\s,"[\]{}]+$/.test(one) && Number.isNaN(Number(one)))) {
    return value.join(", ");
  }
  return shownValue(value);
}

/** Read a text as a value of a parameter. */
export function readTyped(text: string, kind: Kind, type: string): Read {
  const typed = text.trim();
  if (!typed) {
    return { nothing: true };
  }
  if (isTemplate(typed)) {
    return { value: typed };
  }
  if (kind === "number") {
    const number = Number(typed);
    if (!Number.isFinite(number)) {
      return { wrong: "not a number" };
    }
    return /^int\b/.test(type) && !Number.isInteger(number) ? { wrong: "not a whole number" } : { value: number };
  }
  if (kind === "flag") {
    return { value: typed === "true" };
  }
  if (kind === "json") {
    try {
      return { value: JSON.parse(typed) as unknown };
    } catch {
      // `AA, UA, DL` is a list of texts for people.
      const isList = /^(?:list|List|Sequence|tuple|set)/.test(type) && !/^[[{"]/.test(typed);
      return isList ? { value: typed.split(",").map((one) => one.trim()).filter(Boolean) } : { wrong: 'not JSON: ["a", "b"] or {"a": 1}' };
    }
  }
  return { value: typed };
}

/** Read lines of `name=value`, as the command line has them: JSON where it is that, else a text. */
export function readLines(text: string): { values: Record<string, unknown>; wrong?: string } {
  const values: Record<string, unknown> = {};
  for (const line of text.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const [, name, value = ""] = /^([\p{L}_][\p{L}\p{N}_]*)\s*=\s*(.*)$/u.exec(line) ?? [];
    if (name === undefined) {
      return { values, wrong: `not name=value: ${line}` };
    }
    try {
      values[name] = JSON.parse(value) as unknown;
    } catch {
      values[name] = value;
    }
  }
  return { values };
}
