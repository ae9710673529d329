// Values as they are shown beside their names.

/** A value: a text as it is, else as JSON. */
export function shownValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Names with their values: `n=3`. */
export function given(values: Record<string, unknown>, joint = "="): string[] {
  return Object.entries(values).map(([name, value]) => `${name}${joint}${shownValue(value)}`);
}
