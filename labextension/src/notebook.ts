// The notebook around a graph, as far as a script in its output can reach it: its cells are found in the page.

import type { Place } from "./model";

const TRIES = 100; // a page that is busy takes its time
const WAIT_MS = 100;

const rest = (): Promise<void> => new Promise((done) => setTimeout(done, WAIT_MS));

/** Wait until something is there; undefined where it does not come. */
async function until<T>(look: () => T | null | undefined): Promise<T | undefined> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = look();
    if (found) {
      return found;
    }
    await rest();
  }
  return undefined;
}

const cellsOf = (notebook: Element): HTMLElement[] => [...notebook.querySelectorAll<HTMLElement>(".jp-CodeCell")];

function lineOf(cell: Element, place: Place): Element | undefined {
  const lines = [...cell.querySelectorAll(".cm-line")];
  const is = (line: Element | undefined): boolean => line?.textContent?.trim() === place.code;
  return is(lines[place.line - 1]) ? lines[place.line - 1] : lines.find(is);
}

/** Go to a line of a cell, found by its execution count, else by its text; false where it is not there any more. */
export async function openCell(here: Element, place: Place): Promise<boolean> {
  const notebook = here.closest(".jp-Notebook");
  if (!notebook) {
    return false;
  }
  const counted = (cell: Element): boolean => cell.querySelector(".jp-InputPrompt")?.textContent?.trim() === `[${place.count}]:`;
  const cells = cellsOf(notebook);
  // After a restart the counts begin anew: a cell with the line is the better one.
  const likely = [...cells.filter(counted), ...cells.filter((cell) => lineOf(cell, place))];
  const cell = likely.find((one) => lineOf(one, place)) ?? likely[0];
  if (!cell) {
    return false;
  }
  cell.scrollIntoView({ block: "center" });
  const editor = await until(() => cell.querySelector<HTMLElement>(".cm-content"));
  editor?.focus({ preventScroll: true });
  const line = await until(() => lineOf(cell, place));
  if (line) {
    getSelection()?.collapse(line, 0);
    line.scrollIntoView({ block: "center" });
    line.animate([{ background: "#ffd33d88" }, { background: "transparent" }], 2500);
  }
  return true;
}

/** Put a new cell with this code below the one that shows the graph; false where the page does not let a script. */
export async function insertBelow(here: Element, code: string): Promise<boolean> {
  const own = here.closest<HTMLElement>(".jp-Cell");
  const notebook = here.closest(".jp-Notebook");
  const insert = here.closest(".jp-NotebookPanel")?.querySelector<HTMLElement>("[data-jp-item-name=insert]");
  const press = insert?.querySelector<HTMLElement>("jp-button, button") ?? insert;
  if (!own || !notebook || !press) {
    return false;
  }
  // The toolbar acts on the active cell, which the one with the focus is.
  own.focus({ preventScroll: true });
  if (!(await until(() => own.classList.contains("jp-mod-active")))) {
    return false;
  }
  const before = new Set(cellsOf(notebook));
  const fresh = (): HTMLElement | undefined => cellsOf(notebook).find((cell) => !before.has(cell));
  // Buttons that leave the focus where it is act when the mouse goes down, others when they are clicked.
  press.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
  await rest();
  if (!fresh()) {
    press.click();
  }
  const added = await until(fresh);
  const editor = added && (await until(() => added.querySelector<HTMLElement>(".cm-content")));
  if (!editor) {
    return false;
  }
  editor.focus();
  return document.execCommand("insertText", false, code) && (editor.textContent ?? "").includes(code.split("\n")[0]!);
}

/** Put code on the clipboard. */
export async function copy(code: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code);
    return true;
  } catch {
    return false;
  }
}
