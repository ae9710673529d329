"""Which task cells would give something else than they did: what each depends on, now and when it ran last."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from jupyter_flows.cells.staleness import Digests, Freshness, Standing, judge_freshness
from jupyter_flows.cells.task_names import names_given, names_needed
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.notebook import Notebook
from jupyter_flows.magics.value_digest import is_definition, is_module, value_digest

_ENVIRONMENT = f"Python {platform.python_version()}"
Marks = dict[str, tuple[int, str]]  # name -> the object that a task gave it, and that task's run


def digests_of(cell: KnownCell, namespace: Mapping[str, Any], marks: Marks) -> Digests:
    """Say what a task cell depends on, as things stand."""
    functions: dict[str, str] = {}
    inputs: dict[str, str] = {}
    then = cell.last.digests.inputs if cell.last is not None else {}
    for name in needed_by(cell):
        if name not in namespace:
            if name in then:
                inputs[name] = then[name]  # deleted since: nothing says that it would be another
            continue
        value = namespace[name]
        if is_definition(value):
            functions[name] = value_digest(getattr(value, "fn", value))
        elif not is_module(value):
            inputs[name] = value_digest(value, _mark(name, value, marks))
    return Digests(cell.digest, functions, inputs, environment=_ENVIRONMENT)


def digests_after(cell: KnownCell, before: Digests, namespace: Mapping[str, Any], marks: Marks) -> Digests:
    """Say the same once the cell has run: an input that it gives anew itself counts as it left it."""
    given = outputs_of(cell)
    after = digests_of(cell, namespace, marks).inputs
    inputs = {name: after.get(name, digest) if name in given else digest for name, digest in before.inputs.items()}
    return Digests(before.source, before.functions, inputs, environment=before.environment)


def outputs_of(cell: KnownCell) -> tuple[str, ...]:
    """The names that a task cell gives: what it binds or changes, as its options have it."""
    return names_given(cell.line, cell.names)


def needed_by(cell: KnownCell) -> tuple[str, ...]:
    """The names that a task cell needs, as its options have it."""
    return names_needed(cell.line, cell.names)


def _mark(name: str, value: object, marks: Marks) -> str:
    known = marks.get(name)
    return f"run {known[1]}" if known is not None and known[0] == id(value) else ""


def judge(
    notebook: Notebook, namespace: Mapping[str, Any], marks: Marks, asked: Collection[str] = ()
) -> dict[str, Freshness]:
    """Judge which task cells are stale, by their ids.

    What a task gave and somebody deleted since makes it stale only where it is missed: where a stale task needs it, or
    where the task is asked for by its name.
    """
    graph = notebook.graph
    standings: dict[str, Standing] = {}
    gone = {cell.id: gone_of(cell, namespace, marks) for cell in notebook.tasks}
    givers = {
        cell.id: {name: giver for name, giver in notebook.givers(cell).items() if giver.is_task}
        for cell in notebook.tasks
    }
    for cell in notebook.tasks:
        named = {name: giver.name for name, giver in givers[cell.id].items()}
        now = digests_of(cell, namespace, marks)
        missed = gone[cell.id] if cell.name in asked else ()
        standings[cell.id] = Standing(cell.id, cell.name, now, cell.last, graph.upstreams(cell.id), named, missed)
    while True:
        judged = judge_freshness(standings.values())
        missing = [
            (giver.id, name)
            for cell, freshness in judged.items()
            if freshness.is_stale
            for name, giver in givers[cell].items()
            if name in gone[giver.id] and not judged[giver.id].is_stale
        ]
        if not missing:
            return judged
        for giver, name in missing:
            standings[giver] = replace(standings[giver], gone=(*standings[giver].gone, name))


def gone_of(cell: KnownCell, namespace: Mapping[str, Any], marks: Marks) -> tuple[str, ...]:
    """The names that a task cell gave and that are not there any more."""
    return tuple(name for name in outputs_of(cell) if name in marks and name not in namespace)
