// What opens under the graph: a box with its many task runs, or one task run with everything that is known of it.

import { button, html, icon } from "./dom";
import type { Cause, Details, Look, Place, Run } from "./model";

/** What can be done about a failure. */
export interface FailureActs {
  /** Ask for one task run of a box. */
  taskRun(number: number): void;
  /** Go to the line that failed. */
  openCell(place: Place): void;
  /** Put a cell with a task run's inputs into the notebook. */
  loadInputs(number: number): void;
  /** Run again all that failed, or only what failed of the same cause as this task run. */
  retry(like?: number): void;
}

export interface PanelActs extends FailureActs {
  /** Ask for another page of a box. */
  page(key: string, page: number): void;
  close(): void;
}

/** Draw details; every text is a text node. */
export function panel(details: Details, looks: Record<string, Look>, acts: PanelActs): HTMLElement {
  const root = html("div", { class: "jf-panel", role: "region", "aria-label": "Details", tabindex: -1, "data-called": !!details.key?.includes("@") });
  const top = html("div", { class: "jf-top" });
  const close = button("Close", "Close (Escape)", acts.close);
  if (details.gone) {
    top.append(html("span", { class: "jf-mut" }, "There is nothing more to tell about it."), html("span", { class: "jf-grow" }), close);
    root.append(top);
    return root;
  }
  top.append(html("b", {}, details.title ?? ""));
  if (details.state) {
    top.append(pill(details.css ?? "pending", details.state, looks));
  }
  top.append(html("span", { class: "jf-mut" }, [details.words, details.time, details.usual].filter((text, place, all) => text && all.indexOf(text) === place).join(" · ")));
  top.append(html("span", { class: "jf-grow" }), close);
  root.append(top);
  if (details.runs) {
    many(root, details, looks, acts);
  } else {
    one(root, details, acts);
  }
  return root;
}

/** A state as icon, word and colour. */
export function pill(css: string, words: string, looks: Record<string, Look>): HTMLElement {
  return html("span", { class: `jf-pill s-${css}` }, icon(looks[css], { width: 12, height: 12 }), words);
}

/** Failures grouped by their cause. */
export function causeList(causes: Cause[], acts: FailureActs): HTMLElement {
  const list = html("div", { class: "jf-causes" });
  for (const cause of causes) {
    const times = cause.count > 1 ? [html("b", {}, `${cause.count} × `)] : [];
    const row = html("div", {}, ...times, html("span", {}, `${cause.cause} `));
    if (cause.place) {
      row.append(html("span", { class: "jf-mut" }, `${cause.place.words} `));
    }
    cause.labels.forEach((label, index) => {
      const chip = html("button", { type: "button", class: "jf-chip", title: "Show this one" }, label);
      chip.addEventListener("click", () => acts.taskRun(cause.numbers[index] ?? 0));
      row.append(chip);
    });
    if (cause.count > cause.labels.length) {
      row.append(html("span", { class: "jf-mut" }, ` and ${cause.count - cause.labels.length} more`));
    }
    row.append(...failureButtons(cause.place, cause.numbers[0], acts));
    if (causes.length > 1) {
      const words = cause.count > 1 ? `Retry these ${cause.count.toLocaleString("en")}` : "Retry it";
      row.append(retryButton(words, "Run again only what failed of this cause", () => acts.retry(cause.numbers[0])));
    }
    list.append(row);
  }
  const failed = causes.reduce((sum, cause) => sum + cause.count, 0);
  if (failed > 1) {
    const words = `Retry ${causes.length > 1 ? "all" : "these"} ${failed.toLocaleString("en")}`;
    const again = retryButton(words, "Run again what failed; what is finished is kept (r)", () => acts.retry());
    again.classList.add("jf-all");
    list.append(again);
  }
  return list;
}

function retryButton(words: string, tip: string, act: () => void): HTMLElement {
  const made = button(words, tip, act);
  made.classList.add("jf-act", "jf-again");
  return made;
}

/** Buttons beside a failure: to its line, and its inputs. */
function failureButtons(place: Place | null | undefined, number: number | undefined, acts: FailureActs): HTMLElement[] {
  const made: HTMLElement[] = [];
  if (place?.count) {
    made.push(button("Open cell", `Go to ${place.words} (o)`, () => acts.openCell(place)));
  }
  if (number) {
    made.push(button("Load its inputs", "Put a cell below that loads what it was given (i)", () => acts.loadInputs(number)));
  }
  for (const one of made) {
    one.classList.add("jf-act");
  }
  return made;
}

/** What it takes from whom, and gives to whom. */
function flows(root: HTMLElement, details: Details): void {
  const rows = (details.flows ?? []).map(([way, name, whom, what]) =>
    html("tr", {}, html("th", { scope: "row" }, name ? `${way} ${name}` : way), html("td", {}, whom && `${way === "takes" ? "from" : "to"} ${whom}`), html("td", {}, html("code", {}, what))),
  );
  if (rows.length) {
    root.append(html("h4", {}, "Values"), html("table", { class: "jf-table" }, html("tbody", {}, ...rows)));
  }
}

function many(root: HTMLElement, details: Details, looks: Record<string, Look>, acts: PanelActs): void {
  if (details.causes?.length) {
    root.append(html("h4", {}, "Why"), causeList(details.causes, acts));
  }
  const tiles = html("div", { class: "jf-tiles", role: "group", "aria-label": `${details.total} task runs` });
  for (const [number, css, label] of details.tiles ?? []) {
    const hatched = looks[css]?.hatched ? " jf-hatched" : "";
    const faint = css === "pending" || css === "scheduled" ? "opacity:.4" : undefined;
    tiles.append(html("button", { type: "button", tabindex: -1, class: `jf-tile s-${css}${hatched}`, title: label, style: faint, "data-run": number }));
  }
  tiles.addEventListener("click", (event) => {
    const number = event.target instanceof HTMLElement ? event.target.dataset.run : undefined;
    if (number) {
      acts.taskRun(Number(number));
    }
  });
  flows(root, details);
  root.append(html("h4", {}, `${(details.total ?? 0).toLocaleString("en")} task runs, failed first`), tiles, runTable(details.runs ?? [], looks, acts));
  const page = details.page ?? 0;
  const last = Math.floor(((details.total ?? 1) - 1) / 50);
  if (last > 0 && details.key !== undefined) {
    const key = details.key;
    const before = button("Earlier", "The page before", () => acts.page(key, page - 1));
    const after = button("Later", "The next page", () => acts.page(key, page + 1));
    before.disabled = page <= 0;
    after.disabled = page >= last;
    root.append(html("div", { class: "jf-top" }, before, html("span", { class: "jf-mut" }, `page ${page + 1} of ${last + 1}`), after));
  }
}

function runTable(runs: Run[], looks: Record<string, Look>, acts: PanelActs): HTMLElement {
  const body = html("tbody");
  for (const run of runs) {
    const open = html("button", { type: "button", class: "jf-chip", title: "Show this one" }, run.label);
    open.addEventListener("click", () => acts.taskRun(run.number));
    body.append(
      html("tr", {}, html("th", { scope: "row" }, open), html("td", {}, pill(run.css, run.state, looks)), html("td", {}, run.words), html("td", {}, run.time)),
    );
  }
  return html("table", { class: "jf-table" }, body);
}

function one(root: HTMLElement, details: Details, acts: PanelActs): void {
  const section = (title: string, ...content: Node[]): void => {
    root.append(html("h4", {}, title), ...content);
  };
  if (details.error) {
    const place = details.place ? [html("div", {}, html("span", { class: "jf-mut" }, `${details.place.words} `), html("code", {}, details.place.code))] : [];
    section("Why it failed", html("pre", {}, details.error), ...place, html("div", {}, ...failureButtons(details.place, details.number, acts)));
  }
  if (details.traceback?.length) {
    section("Traceback", ...tracebackParts(details.traceback));
  }
  if (details.inputs?.length) {
    const rows = details.inputs.map(([name, value]) => html("tr", {}, html("th", { scope: "row" }, name), html("td", {}, html("code", {}, value))));
    section("Inputs", html("table", { class: "jf-table" }, html("tbody", {}, ...rows)));
  }
  flows(root, details);
  if (details.value) {
    section("Value", html("pre", {}, details.value));
  }
  if (details.states?.length) {
    const tries = details.tries && details.tries > 1 ? `, ${details.tries} tries` : "";
    section(`States${tries}`, html("div", {}, details.states.map(([name, at]) => (at ? `${name} (after ${at})` : name)).join(" → ")));
  }
  if (details.log?.length) {
    const log = html("pre", { class: "jf-log", tabindex: -1 }, details.log.join("\n"));
    section("End of its log", log);
  }
}

/** The user's frames as they are; each row of ours folded to one line. */
function tracebackParts(parts: [boolean, string[]][]): HTMLElement[] {
  const shown: HTMLElement[] = [];
  let ours: string[][] = [];
  const fold = (): void => {
    if (ours.length) {
      const words = `${ours.length} ${ours.length === 1 ? "frame" : "frames"} of jupyter_flows`;
      shown.push(html("details", {}, html("summary", {}, words), html("pre", {}, ours.map((lines) => lines.join("\n")).join("\n"))));
      ours = [];
    }
  };
  for (const [own, lines] of parts) {
    if (own) {
      ours.push(lines);
    } else {
      fold();
      shown.push(html("pre", {}, lines.join("\n")));
    }
  }
  fold();
  return shown;
}
