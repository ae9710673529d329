"""Which task cells would give something else than they did: what each depends on, now and when it ran last."""

from __future__ import annotations

import platform
from collections.abc import Mapping
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
    for name in needed_by(cell):
        if name not in namespace:
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


def judge(notebook: Notebook, namespace: Mapping[str, Any], marks: Marks) -> dict[str, Freshness]:
    """Judge which task cells are stale, by their ids."""
    graph = notebook.graph
    standings: list[Standing] = []
    for cell in notebook.tasks:
        givers = {name: giver.name for name, giver in notebook.givers(cell).items() if giver.is_task}
        now = digests_of(cell, namespace, marks)
        standings.append(Standing(cell.id, cell.name, now, cell.last, graph.upstreams(cell.id), givers))
    return judge_freshness(standings)
