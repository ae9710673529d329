// Which cells are tasks: those that begin with `%%task`, and those with the tag `task`.

const MAGIC = /^\s*%%task\b[ \t]*(.*)$/m;

/** Whether a code cell is a task. */
export function isTaskCell(source: string, tags: readonly string[] = []): boolean {
  return tags.includes("task") || /^\s*%%task\b/.test(source);
}

/** The name that the first line gives it; empty where it gives none. */
export function taskName(source: string): string {
  const line = /^\s*%%task\b/.test(source) ? (MAGIC.exec(source)?.[1] ?? "") : "";
  const [first = ""] = line.trim().split(/\s+/);
  return first.startsWith("-") ? "" : first;
}
