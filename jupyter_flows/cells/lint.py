"""Every doubtful point of a notebook's cells, with the line and what to do about it."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from jupyter_flows.cells.always_there import is_history
from jupyter_flows.cells.cell_graph import Cell, CellGraph, EdgeKind, Place
from jupyter_flows.cells.names import Binding, BindingKind, Mutation

_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_PASSING = frozenset({BindingKind.LOOP, BindingKind.WITH, BindingKind.EXCEPT, BindingKind.MATCH})


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # it cannot work
    WARNING = "warning"  # it may give another value than its author means
    NOTE = "note"  # good to know


@dataclass(frozen=True, slots=True)
class Finding:
    """One doubtful point.

    Parameters
    ----------
    rule
        Which rule found it, in one word or two: ``star-import``.
    level
        How much it matters.
    place
        The cell and the line.
    message
        What is doubtful.
    advice
        What to do about it.
    """

    rule: str
    level: Level
    place: Place
    message: str
    advice: str

    def __str__(self) -> str:
        return f"{self.place}: {self.level}: {self.message}; {self.advice} [{self.rule}]"


_Found = Iterator[Finding]


def lint(graph: CellGraph) -> tuple[Finding, ...]:
    """Find every doubtful point of a notebook.

    Parameters
    ----------
    graph
        Its cells, joined by `infer_edges`.

    Returns
    -------
    tuple of Finding
        In the order of cells and lines.
    """
    found = [finding for rule in _CELL_RULES for cell in graph.cells for finding in rule(cell)]
    found += [finding for rule in _GRAPH_RULES for finding in rule(graph)]
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.place.number, each.place.line)))


def _at(cell: Cell, line: int) -> Place:
    return Place(cell.id, cell.label, cell.number, line)


def _syntax(cell: Cell) -> _Found:
    if (problem := cell.names.problem) is not None:
        message, advice = f"it is not Python: {problem.message}", "nothing is known of its names until that is mended"
        yield Finding("syntax", Level.ERROR, _at(cell, problem.line), message, advice)


def _unknown(cell: Cell) -> _Found:
    for unknown in cell.names.unknown:
        place = _at(cell, unknown.line)
        if unknown.what.endswith("import *"):
            message = f"`{unknown.what}` may bind any name"
            yield Finding("star-import", Level.WARNING, place, message, "import the names that you use")
        elif unknown.reaches:
            message = f"`{unknown.what}` may read or bind any name"
            advice = "say what the task needs and gives with --in and --out" if cell.is_task else "name what it touches"
            yield Finding("dynamic", Level.WARNING, place, message, advice)
        else:
            advice = "declare what it needs and gives with --in and --out"
            yield Finding("not-read", Level.NOTE, place, f"`{unknown.what}` is not looked into", advice)


def _gone(cell: Cell) -> _Found:
    for use in cell.names.gone:
        message = f"`{use.name}` is read after it was deleted"
        yield Finding("deleted", Level.ERROR, _at(cell, use.line), message, "read it before, or do not delete it")


def _shadowed(cell: Cell) -> _Found:
    for binding in cell.names.binds:
        if binding.name in _BUILTINS:
            message = f"`{binding.name}` hides Python's own from here on"
            yield Finding("shadowed", Level.WARNING, _at(cell, binding.line), message, "choose another name")


def _writes_global(cell: Cell) -> _Found:
    for definition in cell.names.definitions if cell.line is not None else ():
        for use in definition.binds:
            message = f"function `{use.inside}` binds the global `{use.name}`"
            advice = (
                "return the value; a function that is a task, or runs in a process of its own, changes nothing here"
            )
            yield Finding("global", Level.WARNING, _at(cell, use.line), message, advice)


def _history(cell: Cell) -> _Found:
    for use in cell.names.builtins:
        if is_history(use.name):
            message = f"`{use.name}` is whatever cell ran before"
            advice = "give the value a name in the cell that makes it"
            yield Finding("history", Level.WARNING, _at(cell, use.line), message, advice)


def _declared_outputs(cell: Cell) -> _Found:
    bound = {binding.name for binding in cell.names.binds} | {mutation.name for mutation in cell.names.mutates}
    outputs = cell.line.outputs if cell.line is not None else None
    for name in outputs or ():
        if name not in bound and not cell.names.unknown:
            message = f"`--out {name}`, but the cell never binds `{name}`"
            yield Finding("declared", Level.ERROR, _at(cell, 1), message, "bind it, or take it out of --out")


def _changes(graph: CellGraph) -> _Found:
    ambient = {(used.reader.cell, used.name) for used in graph.ambient}
    for cell in graph.cells:
        for mutation in (*cell.names.mutates, *cell.names.suspects):
            if (cell.id, mutation.name) in ambient:
                yield _module_change(cell, mutation)
            elif mutation in cell.names.suspects and cell.is_task:
                yield _suspected_change(cell, mutation)


def _module_change(cell: Cell, mutation: Mutation) -> Finding:
    message = f"`{mutation.name}` may be changed for every cell by `{mutation.how}`"
    advice = "set such state in a plain cell at the top, or in each task that needs it"
    return Finding("module-state", Level.NOTE, _at(cell, mutation.line), message, advice)


def _suspected_change(cell: Cell, mutation: Mutation) -> Finding:
    message = f"`{mutation.name}` may be changed in place by `{mutation.how}`"
    advice = f"if it is, say --mutates {mutation.name}; if not, there is nothing to do"
    return Finding("in-place", Level.NOTE, _at(cell, mutation.line), message, advice)


def _maybe_bound(graph: CellGraph) -> _Found:
    for edge in graph.links:
        for why in edge.whys:
            if why.maybe and why.kind is EdgeKind.DATA:
                message = f"`{why.name}` is bound on some ways through the cell only, and {why.reader} reads it"
                advice = "bind it before the condition or loop, too"
                yield Finding("conditional", Level.WARNING, why.binder, message, advice)


def _missing(graph: CellGraph) -> _Found:
    for missing in graph.missing:
        name, through = missing.use.name, f" through `{missing.use.inside}`" if missing.use.inside else ""
        level = Level.WARNING
        if missing.deleted is not None:
            message, advice = f"`{name}` is read{through}, but {missing.deleted} deletes it", "do not delete it there"
            level = Level.ERROR
        elif missing.later is not None:
            message = f"`{name}` is read{through} before {missing.later} binds it"
            advice = "it works only in the order in which the cells were once run: move the later one up"
        elif missing.use.maybe:
            continue  # it may well do without: a cell binds it on its other ways, a shell leaves `$HOME` to itself
        else:
            message, advice = f"`{name}` is read{through}, but no cell binds it", "bind it, or mend its spelling"
        yield Finding("hidden-state" if missing.later else "unbound", level, missing.reader, message, advice)


def _late(graph: CellGraph) -> _Found:
    bound: set[str] = set()
    for position, cell in enumerate(graph.cells):
        bound |= {binding.name for binding in cell.names.binds}
        for use in cell.names.late:
            later = _binder(graph.cells[position + 1 :], use.name)
            if use.name not in bound and later is not None:
                message = f"function `{use.inside}` reads `{use.name}` when it is called; {later} binds it"
                advice = "hand it over as an argument, or bind it above the function"
                yield Finding("late", Level.NOTE, _at(cell, use.line), message, advice)


def _binder(cells: tuple[Cell, ...], name: str) -> Place | None:
    found = ((cell, binding) for cell in cells for binding in cell.names.binds if binding.name == name)
    return next((_at(cell, binding.line) for cell, binding in found), None)


def _rebindings(graph: CellGraph) -> _Found:
    bindings = {(cell.id, binding.name): binding for cell in graph.cells for binding in cell.names.binds}
    for each in graph.rebindings:
        binding = bindings.get((each.second.cell, each.name), Binding(each.name, 1))
        level = Level.NOTE if binding.kinds <= _PASSING else Level.WARNING
        message = f"`{each.name}` is bound here again; {each.first} binds it too"
        advice = "give each task a name of its own: the two cannot run at once in one namespace"
        yield Finding("rebinding", level, each.second, message, advice)


def _bad_afters(graph: CellGraph) -> _Found:
    for bad in graph.bad_afters:
        message = f"`--after {bad.task}` leads nowhere: {bad.why}"
        yield Finding("after", Level.ERROR, bad.reader, message, "name an earlier task")


def _same_names(graph: CellGraph) -> _Found:
    first: dict[str, Cell] = {}
    for cell in graph.cells:
        if cell.is_task and cell.name and first.setdefault(cell.name, cell) is not cell:
            message = f"cell {first[cell.name].number} is a task of the same name"
            yield Finding("same-name", Level.WARNING, _at(cell, 1), message, "give each task a name of its own")


def _undeclared_inputs(graph: CellGraph) -> _Found:
    given: set[str] = set()
    for cell in graph.cells:
        if cell.line is not None and cell.line.inputs is not None and cell.line.infer:
            known = {*cell.line.inputs, *cell.line.ignore}
            for use in cell.names.reads:
                if use.name in given - known:
                    message = f"`{use.name}` comes from another task, but is not in --in"
                    advice = f"add it to --in, or say --ignore {use.name}"
                    yield Finding("declared", Level.WARNING, _at(cell, use.line), message, advice)
        if cell.is_task:
            given |= {binding.name for binding in cell.names.outputs}


_CELL_RULES: tuple[Callable[[Cell], _Found], ...] = (
    _syntax,
    _unknown,
    _gone,
    _shadowed,
    _writes_global,
    _history,
    _declared_outputs,
)
_GRAPH_RULES: tuple[Callable[[CellGraph], _Found], ...] = (
    _changes,
    _maybe_bound,
    _missing,
    _late,
    _rebindings,
    _bad_afters,
    _same_names,
    _undeclared_inputs,
)
