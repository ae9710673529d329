// Open a notebook at the line that failed: the cell is found by its text, for the file may have changed since.

import type { DocumentWidget } from "@jupyterlab/docregistry";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { CommandRegistry } from "@lumino/commands";

export interface FailedLine {
  line: number;
  code: string;
}

/** Where a line stands among the sources of cells: its cell, and its line in it counted from 0. */
export function lineAmong(sources: readonly string[], place: FailedLine): { cell: number; line: number } | undefined {
  const wanted = place.code.trim();
  const found = sources.flatMap((source, cell) =>
    source.split("\n").flatMap((text, line) => (text.trim() === wanted && wanted ? [{ cell, line }] : [])),
  );
  return found.find((one) => one.line === place.line - 1) ?? found[0];
}

/** Open it and go there. */
export async function openAtLine(commands: CommandRegistry, path: string, place: FailedLine): Promise<void> {
  const opened = (await commands.execute("docmanager:open", { path, factory: "Notebook" })) as DocumentWidget | undefined;
  const panel = opened as NotebookPanel | undefined;
  await panel?.context.ready;
  const notebook = panel?.content;
  if (!notebook) {
    return;
  }
  const sources = notebook.widgets.map((cell) => cell.model.sharedModel.getSource());
  const there = lineAmong(sources, place);
  if (there) {
    notebook.activeCellIndex = there.cell;
    await notebook.scrollToItem(there.cell, "center");
    notebook.mode = "edit";
    notebook.activeCell?.editor?.setCursorPosition({ line: there.line, column: 0 });
    notebook.activeCell?.editor?.focus();
  }
}
