"""A notebook in which to look at a failure: what the failing task was given in its first cell, the task below."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_flows.engine.ports import ResultStore, RunReader
from jupyter_flows.errors import NotebookError, ResultError, TargetError
from jupyter_flows.model.runs import Failure, FlowRun, TaskRun
from jupyter_flows.model.states import COMPLETED, FOLLOWING
from jupyter_flows.notebooks.atomic_file import replace_text
from jupyter_flows.notebooks.cell_plan import CellPlan, PlannedCell, plan_cells
from jupyter_flows.notebooks.document import Document, load_notebook
from jupyter_flows.notebooks.journal import rebuild
from jupyter_flows.notebooks.nbformat4 import Node, to_text
from jupyter_flows.services.earlier_cells import cell_digest
from jupyter_flows.services.manifest import Manifest

MISSING = "..."  # stands for a value that cannot be made again from its text
_NEVER_BEGAN = FOLLOWING | {"NotRun", "Skipped"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A notebook that was written to look at a failure.

    Parameters
    ----------
    path
        The file, in the run's folder.
    task
        The task or cell that failed.
    restored
        Names that its first cell restores.
    notes
        What could not be restored, and what to do.
    """

    path: Path
    task: str
    restored: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """The notebook as it grows."""

    restored: dict[int, list[str]] = field(default_factory=dict[int, list[str]])  # task run number -> names
    sources: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def open_failure(reader: RunReader, results: Callable[[], ResultStore], run: FlowRun, folder: Path) -> Opened:
    """Write the notebook for the first task of a run that failed.

    Parameters
    ----------
    folder
        Where to write it; made if missing.

    Raises
    ------
    TargetError
        Nothing has failed in the run, or what it ran is not known any more.
    OSError
    """
    failed = _first_failed(reader.task_runs(run.id))
    if failed is None:
        raise TargetError(run.name, f"none of its tasks failed ({run.state.name}); `jupyter flows show` tells more")
    failure = next((one for one in reversed(reader.failures(run.id)) if one.number == failed.number), None)
    make = _of_notebook if run.kind == "notebook" else _of_flow
    draft = make(reader, results, run, failed, failure)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"look-at-cell-{failed.number}.ipynb"
    title = [
        f"# {failed.name}: {failed.state.name}",
        "",
        failed.state.message,
        "",
        *(f"- {note}" for note in draft.notes),
    ]
    cells = [_markdown("\n".join(title)), *map(_code, [_restoring(run, failed, draft.restored), *draft.sources])]
    replace_text(path, to_text(_notebook([cell for cell in cells if cell["source"]])))
    names = tuple(name for names in draft.restored.values() for name in names)
    return Opened(path, failed.name, names, tuple(draft.notes))


def kept_for(
    reader: RunReader, results: Callable[[], ResultStore], run: FlowRun, failed: TaskRun
) -> tuple[Mapping[int, list[str]], tuple[str, ...]]:
    """Find what was kept of the names that a failed cell of a notebook run takes.

    Returns
    -------
    mapping of int to list of str, tuple of str
        Task run number to the names that it gave; what was not kept, and what to do.

    Raises
    ------
    TargetError
        The executed notebook cannot be read any more.
    """
    draft = _of_notebook(reader, results, run, failed, None)
    return draft.restored, tuple(draft.notes)


def _first_failed(runs: list[TaskRun]) -> TaskRun | None:
    bad = [one for one in runs if one.state.is_final() and one.state.kind is not COMPLETED]
    begun = [one for one in bad if one.state.name not in _NEVER_BEGAN and one.started_at is not None]
    return min(begun, key=lambda one: (one.ended_at or 0.0, one.number), default=None)


def _restoring(run: FlowRun, failed: TaskRun, restored: Mapping[int, list[str]]) -> str:
    lines = [f"# What {failed.name!r} was given in run {run.name}, as it was kept."]
    folder = Path(run.entry).parent if run.kind == "notebook" and run.entry else None
    if folder is not None:
        lines += ["import os", "", f"os.chdir({str(folder)!r})"]
    if restored:
        lines += ["from jupyter_flows.services.kept_names import kept_values", ""]
    for number, names in restored.items():
        lines.append(f"globals().update(kept_values({run.id!r}, {number}, {names!r}))")
    return "\n".join(lines)


# -- notebooks -----------------------------------------------------------------------------------------------------


def _of_notebook(
    reader: RunReader, results: Callable[[], ResultStore], run: FlowRun, failed: TaskRun, failure: Failure | None
) -> _Draft:
    del failure
    document = _executed(run)
    plan = plan_cells(document)
    cells = {cell.index: document.node["cells"][cell.index] for cell in document.code_cells}
    index = next((at for at, cell in cells.items() if cell_digest(cell["id"]) == failed.digest), None)
    if index is None:
        raise TargetError(run.name, "its executed notebook does not have the cell that failed any more")
    draft = _Draft()
    if not plan.cells:
        draft.notes.append("the notebook has no tasks, so nothing of its names was kept: run its cells above this one")
        draft.sources = [cells[at]["source"] for at in cells if at <= index]
        return draft
    manifests = dict(_manifests(reader, results, run, plan))
    wanted = sorted(_gather(plan, index, manifests, draft))
    whole = {index, *wanted}
    ambient = [plan.cells[at].ambient.strip("\n") for at in plan.cells if at < index and at not in whole]
    draft.sources = ["\n".join(code for code in ambient if code), *(_body(plan.cells[at]) for at in wanted)]
    draft.sources.append(_body(plan.cells[index]))
    return draft


def _executed(run: FlowRun) -> Document:
    """The executed copy, brought up to date."""
    if run.directory is None or not run.entry:
        raise TargetError(run.name, "it has no folder with an executed notebook")
    folder = Path(run.directory)
    try:
        return load_notebook(rebuild(folder) or folder / Path(run.entry).name)
    except NotebookError as error:
        raise TargetError(run.name, f"its executed notebook cannot be read: {error}") from None


def _manifests(
    reader: RunReader, results: Callable[[], ResultStore], run: FlowRun, plan: CellPlan
) -> Iterator[tuple[int, tuple[int, Manifest]]]:
    """By the positions of task cells: the numbers of their task runs, and what was kept of each."""
    runs = {one.digest: one for one in reader.task_runs(run.id)}
    kept = {(one.number, one.attempt): one for one in reader.results(run.id)}
    for cell in plan.tasks:
        one = runs.get(cell_digest(cell.id))
        found = None if one is None else kept.get((one.number, one.attempts))
        if one is None or found is None or one.state.kind is not COMPLETED:
            continue
        try:
            manifest = Manifest.of_json(results().read(found.result, run.id, one.number))
        except ResultError:
            continue
        if manifest is not None:
            yield cell.index, (one.number, manifest)


def _gather(plan: CellPlan, index: int, manifests: Mapping[int, tuple[int, Manifest]], draft: _Draft) -> set[int]:
    """Restore what a cell takes, and find the cells that must run for the rest of it."""
    wanted: set[int] = set()
    todo = [index]
    while todo:
        for before, names in plan.takes(todo.pop()).items():
            number, manifest = manifests.get(before, (0, None))
            missing = sorted(name for name in names if manifest is None or name not in manifest.values)
            for name in sorted(names.difference(missing)):
                if name not in draft.restored.setdefault(number, []):
                    draft.restored[number].append(name)
            if missing and before not in wanted:
                wanted.add(before)
                todo.append(before)
                draft.notes.append(_note(plan.cells[before], missing[0], manifest))
    return wanted


def _note(cell: PlannedCell, name: str, manifest: Manifest | None) -> str:
    where = f"`{cell.name}` (cell {cell.number})" if cell.is_task else f"cell {cell.number}, a plain one"
    lost = None if manifest is None else manifest.lost.get(name)
    why = f": {lost.why}" if lost is not None else ""
    return f"`{name}` of {where} was not kept{why}; its cell is below, to be run first"


def _body(cell: PlannedCell) -> str:
    return cell.sent if cell.is_task else cell.text


# -- flows ---------------------------------------------------------------------------------------------------------


def _of_flow(
    reader: RunReader, results: Callable[[], ResultStore], run: FlowRun, failed: TaskRun, failure: Failure | None
) -> _Draft:
    del results
    draft = _Draft()
    kept = {one.number for one in reader.results(run.id)}
    by_number = {one.number: one for one in reader.task_runs(run.id)}
    lines: list[str] = []
    for upstream in (by_number[number] for number in failed.upstreams if number in by_number):
        name = identifier(upstream.name)
        if upstream.value is not None:
            lines.append(f"{name} = {json.loads(upstream.value)!r}")
        elif upstream.number in kept:
            lines += ["from jupyter_flows.services.kept_names import kept_value", ""]
            lines.append(f"{name} = kept_value({run.id!r}, {upstream.number})")
        else:
            draft.notes.append(f"what `{upstream.name}` gave was not kept (persist_result=True keeps it)")
    module, _, file = run.entry.partition("@")
    inputs = failure.inputs if failure is not None else {}
    given = [f"{name}={literal(text)}" for name, text in inputs.items()]
    draft.notes += [f"`{name}` was `{text}`" for name, text in inputs.items() if literal(text) == MISSING]
    source = f"import sys\n\nsys.path.insert(0, {str(Path(file).parent)!r})\n" if file else ""
    source += f"from {module or '__main__'} import {failed.task}\n\n{failed.task}.fn({', '.join(given)})"
    draft.sources = ["\n".join(lines), source]
    if not module:
        draft.notes.append("where the flow's code is was not recorded: import the task yourself")
    return draft


def identifier(name: str) -> str:
    """A name as one that Python takes."""
    made = "".join(sign if sign.isalnum() else "_" for sign in name)
    return made if made.isidentifier() else f"_{made}"


def literal(text: str) -> str:
    """A repr that is a literal; `MISSING` where the value cannot be made again from it."""
    if MISSING in text or "…" in text:  # it was shortened
        return MISSING
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return MISSING
    return text


# -- the file ------------------------------------------------------------------------------------------------------


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "execution_count": None, "outputs": []}


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _notebook(cells: list[dict[str, Any]]) -> Node:
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    named = [{**cell, "id": f"cell-{at}"} for at, cell in enumerate(cells)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": named}


__all__ = ["MISSING", "Opened", "identifier", "kept_for", "literal", "open_failure"]
