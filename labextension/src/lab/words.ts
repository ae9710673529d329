// The text field above the runs: words, and `state:`, `flow:`, `tag:`, `deployment:`, `since:` with a value.

const KEYS = new Set(["state", "flow", "tag", "deployment", "since", "until"]);

export interface RunSearch {
  state?: string;
  flow?: string;
  tag?: string[];
  deployment?: string;
  since?: string;
  until?: string;
  search?: string;
}

/** Join a message and its advice as sentences, whether or not they are written as such. */
export function sentences(...parts: readonly string[]): string {
  return parts
    .filter(Boolean)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1) + (/[.!?:…]$/.test(part) ? "" : "."))
    .join(" ");
}

/** The words of a failure with what matters first, where there is little room: what was raised, then in which cell, or how often. */
export function briefly(words: string): string {
  return words.replace(/^(?:(cell \d+) \(.*?\)|(\d+ of \d+) returned states did not complete): (.+)$/s, (_, cell: string | undefined, number: string | undefined, raised: string) => `${raised} · ${cell ?? number}`);
}

/** Split at blanks that are not between quotes; the quotes go. */
function pieces(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)].map((match) => match[0].replaceAll('"', ""));
}

/** Read what was typed into the questions that the API understands. */
export function readSearch(text: string): RunSearch {
  const found: RunSearch = {};
  const words: string[] = [];
  for (const piece of pieces(text)) {
    const colon = piece.indexOf(":");
    const key = piece.slice(0, colon).toLowerCase();
    const value = piece.slice(colon + 1);
    if (colon < 1 || !KEYS.has(key)) {
      words.push(piece);
    } else if (!value) {
      continue; // not typed yet
    } else if (key === "tag") {
      found.tag = [...(found.tag ?? []), value];
    } else if (key === "state" && found.state) {
      found.state += `,${value}`;
    } else {
      found[key as Exclude<keyof RunSearch, "tag" | "search">] = value;
    }
  }
  if (words.length) {
    found.search = words.join(" ");
  }
  return found;
}

/** What could be meant by the last word: whole texts for the field. */
export function completions(text: string, flows: readonly string[], states: readonly string[]): string[] {
  const start = text.replace(/\S*$/, "");
  const last = text.slice(start.length).toLowerCase();
  const quoted = (name: string): string => (/\s/.test(name) ? `"${name}"` : name);
  const known = [...states.map((state) => `state:${state}`), ...flows.map((flow) => `flow:${quoted(flow)}`)];
  return known.filter((one) => one.toLowerCase().startsWith(last) && one.toLowerCase() !== last).map((one) => start + one).slice(0, 12);
}
