"""What a cell needs and gives, once its options and the functions that it calls are counted in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from jupyter_flows.cells.cell_graph import Cell
from jupyter_flows.cells.names import Binding, BindingKind, Definition, Mutation, Sureness, Unknown, Use
from jupyter_flows.cells.task_line import TaskLine

_PLAIN = TaskLine()

# The functions that a name from outside means, where the cell stands.
Meanings = Callable[[str], Iterable[Definition]]


@dataclass(slots=True)
class Demand:
    """What a cell needs and gives.

    Parameters
    ----------
    needs
        Names that it reads.
    mutates, binds, deletes
        What it does to names.
    unknown
        What hides the rest.
    """

    needs: dict[str, Use] = field(default_factory=dict[str, Use])
    mutates: dict[str, Mutation] = field(default_factory=dict[str, Mutation])
    binds: dict[str, Binding] = field(default_factory=dict[str, Binding])
    deletes: dict[str, Use] = field(default_factory=dict[str, Use])
    unknown: list[Unknown] = field(default_factory=list[Unknown])


def demand_of(cell: Cell, meanings: Meanings) -> Demand:
    """Work out what a cell needs and gives.

    Parameters
    ----------
    meanings
        The functions that a name means before the cell. What they do late happens in this cell, if it calls them.
    """
    line, names = cell.line or _PLAIN, cell.names
    demand = Demand()
    if line.infer:
        demand.needs = {use.name: use for use in (*names.reads, *names.builtins)}
        demand.mutates = {mutation.name: mutation for mutation in names.mutates}
        demand.binds = {binding.name: binding for binding in names.binds}
        demand.deletes = {use.name: use for use in names.deletes}
        demand.unknown = list(names.unknown)
        _count_functions(cell, demand, meanings)
    else:
        demand.binds = {binding.name: binding for binding in names.ambient}
    _obey(line, demand)
    return demand


def _obey(line: TaskLine, demand: Demand) -> None:
    """What was said wins over what was inferred."""
    if line.inputs is not None:
        demand.needs = {name: Use(name, 1) for name in line.inputs}
        demand.unknown = []
    if line.outputs is not None:
        ambient = {name: binding for name, binding in demand.binds.items() if binding.is_ambient}
        demand.binds = {**ambient, **{name: demand.binds.get(name, Binding(name, 1)) for name in line.outputs}}
        demand.mutates = {name: mutation for name, mutation in demand.mutates.items() if name in line.outputs}
    for name in line.mutates:
        demand.mutates.setdefault(name, Mutation(name, 1, 0, "--mutates"))
    for name, mutation in demand.mutates.items():
        demand.needs.setdefault(name, Use(name, mutation.line, mutation.column))
    for name in line.ignore:
        demand.needs.pop(name, None)
        demand.mutates.pop(name, None)


def _count_functions(cell: Cell, demand: Demand, meanings: Meanings) -> None:
    """Add what the functions of other cells do when this one uses them, and those that they use in turn."""
    todo = list(demand.needs.values())
    seen: set[str] = set()
    own = {binding.name: binding.line for binding in cell.names.binds if not binding.maybe}
    while todo:
        use = todo.pop()
        if use.name in seen:
            continue
        seen.add(use.name)
        for definition in meanings(use.name):
            for read in definition.reads:
                if own.get(read.name, use.line + 1) > use.line:  # else the function finds what this cell has bound
                    need = replace(read, line=use.line, column=use.column, inside=use.name)
                    todo.append(demand.needs.setdefault(read.name, need))
            _count_effects(demand, use, definition)
    for call in cell.names.calls:
        changed = {name for definition in meanings(call.function) for name in _changed(definition, call.arguments)}
        for name in sorted(changed):
            demand.mutates.setdefault(name, Mutation(name, call.line, 0, f"{call.function}()", Sureness.KNOWN))


def _count_effects(demand: Demand, use: Use, definition: Definition) -> None:
    for mutation in definition.mutates:
        demand.mutates.setdefault(mutation.name, replace(mutation, line=use.line, column=use.column, inside=use.name))
    for bound in definition.binds:
        kinds = frozenset({BindingKind.CALL})
        demand.binds.setdefault(bound.name, Binding(bound.name, use.line, use.column, kinds, maybe=True))
    demand.unknown += [replace(unknown, line=use.line, inside=use.name) for unknown in definition.unknown]


def _changed(definition: Definition, arguments: Iterable[tuple[int | str, str]]) -> Iterable[str]:
    for where, name in arguments:
        if isinstance(where, int):
            parameter = definition.parameters[where] if where < len(definition.parameters) else ""
        else:
            parameter = where
        if parameter in definition.changes:
            yield name
