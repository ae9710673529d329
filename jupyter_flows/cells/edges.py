"""Which cell comes after which: the latest earlier cell that bound or changed a name is the one that gives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from jupyter_flows.cells.always_there import is_always_there, is_history
from jupyter_flows.cells.cell_graph import (
    Ambient,
    BadAfter,
    Cell,
    CellGraph,
    Edge,
    EdgeKind,
    Missing,
    Place,
    Rebinding,
    Why,
)
from jupyter_flows.cells.demand import Demand, demand_of
from jupyter_flows.cells.names import Binding, Definition, Unknown, Use
from jupyter_flows.cells.said_names import why_no_task

_MOST_HOPS = 6  # plain cells that an edge tells of; a longer chain helps nobody


def infer_edges(cells: Iterable[Cell]) -> CellGraph:
    """Join cells by their names.

    A cell that reads a name comes after the latest earlier one that binds it or changes it in place. Imports and plain
    definitions make no edge, but what a function reads late is read by whoever uses it. A name that a plain cell binds
    leads on to the tasks that the plain cell itself reads from. A cell that binds or changes a name anew comes after
    those that use the former value (`EdgeKind.ORDER`). There is no edge to a later cell, hence no circle.

    Parameters
    ----------
    cells
        In the order in which they count: that of the notebook, or that in which they were first run.
    """
    reckoning = _Reckoning(tuple(cells))
    for cell in reckoning.cells:
        reckoning.take(cell)
    return reckoning.graph()


@dataclass(slots=True)
class _Source:
    """A cell that has part in a name's present value."""

    cell: Cell
    line: int
    kind: EdgeKind = EdgeKind.DATA
    maybe: bool = False
    is_ambient: bool = False
    definition: Definition | None = None


@dataclass(slots=True)
class _Value:
    """What a name means after the cells so far."""

    sources: list[_Source] = field(default_factory=list[_Source])
    readers: list[tuple[Cell, int]] = field(default_factory=list[tuple[Cell, int]])
    deleted: Place | None = None

    @property
    def is_ambient(self) -> bool:
        return bool(self.sources) and all(source.is_ambient for source in self.sources)


class _Reckoning:
    """Goes through the cells once, in order."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self.cells = cells
        self.values: dict[str, _Value] = {}
        self.same: dict[str, frozenset[str]] = {}  # name -> all names of the one object that it means
        self.links: dict[tuple[str, str], list[Why]] = {}
        self.paths: dict[str, list[tuple[Cell, Why]]] = {}  # cell -> the tasks that lead to it, and how
        self.ambient: list[Ambient] = []
        self.missing: list[Missing] = []
        self.rebindings: list[Rebinding] = []
        self.bad_afters: list[BadAfter] = []
        self.tasks: list[Cell] = []
        self.inputs: dict[str, tuple[str, ...]] = {}
        self.outputs: dict[str, tuple[str, ...]] = {}
        self.hidden: tuple[Cell, Unknown] | None = None  # the latest cell that may have bound anything

    def take(self, cell: Cell) -> None:
        self.paths[cell.id] = []
        demand = demand_of(cell, self._meanings)
        self.inputs[cell.id] = tuple(name for name in demand.needs if self._is_given(name))
        self.outputs[cell.id] = self._given_by(demand)
        for use in demand.needs.values():
            self._read(cell, use)
        self._meet_unknown(cell, demand)
        self._follow(cell)
        self._write(cell, demand)
        if cell.is_task:
            self.tasks.append(cell)

    def _is_given(self, name: str) -> bool:
        value = self.values.get(name)
        return value is not None and bool(value.sources) and not value.is_ambient

    def _given_by(self, demand: Demand) -> tuple[str, ...]:
        changed = (name for name in demand.mutates if name not in self.values or not self.values[name].is_ambient)
        bound = (name for name, binding in demand.binds.items() if not binding.is_ambient)
        return tuple(dict.fromkeys([*changed, *bound]))

    def _meanings(self, name: str) -> Iterator[Definition]:
        value = self.values.get(name)
        for source in value.sources if value is not None else ():
            if source.definition is not None:
                yield source.definition

    def _read(self, cell: Cell, use: Use) -> None:
        value = self.values.get(use.name)
        if value is None or not value.sources:
            self._miss(cell, use, value.deleted if value is not None else None)
            return
        reader = _place(cell, use.line)
        for source in value.sources:
            binder = _place(source.cell, source.line)
            if source.is_ambient:
                self.ambient.append(Ambient(use.name, reader, binder))
            else:
                why = Why(source.kind, use.name, reader, binder, source.maybe, use.inside)
                self._link(source.cell, cell, why)
        value.readers.append((cell, use.line))

    def _miss(self, cell: Cell, use: Use, deleted: Place | None) -> None:
        if is_always_there(use.name):
            return
        if self.hidden is not None and deleted is None:
            before, unknown = self.hidden
            spot = _place(before, unknown.line)
            why = Why(EdgeKind.UNKNOWN, use.name, _place(cell, use.line), spot, maybe=True, inside=unknown.what)
            self._link(before, cell, why)
        else:
            self.missing.append(Missing(use, _place(cell, use.line), deleted=deleted))

    def _meet_unknown(self, cell: Cell, demand: Demand) -> None:
        reaching = [unknown for unknown in demand.unknown if unknown.reaches]
        shown = [Unknown(use.name, use.line) for use in demand.needs.values() if is_history(use.name)]
        if cell.is_task and self.tasks:
            for unknown in (reaching + shown)[:1]:
                before = self.tasks[-1]
                why = Why(EdgeKind.UNKNOWN, unknown.what, _place(cell, unknown.line), _place(before, 1))
                self._link(before, cell, why)
        if reaching:
            self.hidden = cell, reaching[0]

    def _follow(self, cell: Cell) -> None:
        """Obey `--after`."""
        for name in cell.line.after if cell.line is not None and cell.is_task else ():
            before = next((task for task in reversed(self.tasks) if task.name == name), None)
            if before is not None:
                self._link(before, cell, Why(EdgeKind.EXPLICIT, name, _place(cell, 1), _place(before, 1)))
            else:
                self.bad_afters.append(BadAfter(_place(cell, 1), name, self._why_not_after(cell, name)))

    def _why_not_after(self, cell: Cell, name: str) -> str:
        later = next((each for each in self.cells if each.is_task and each.name == name), None)
        if later is not None and later is not cell:
            return f"it comes later (cell {later.number})"
        return why_no_task(cell, name, [task.name for task in self.tasks])

    def _write(self, cell: Cell, demand: Demand) -> None:
        for name, mutation in demand.mutates.items():
            self._change(cell, name, mutation.line)
            for other in sorted(self.same.get(name, frozenset()) - {name}):
                self._change(cell, other, mutation.line, by_alias=True)
        for name, use in demand.deletes.items():
            self._come_after(cell, name, use.line)
            self.values[name] = _Value(deleted=_place(cell, use.line))
            self._separate(name)
        given = {binding.name for binding in demand.binds.values() if not binding.is_ambient}
        definitions = {definition.name: definition for definition in cell.names.definitions}
        for binding in demand.binds.values():
            definition = definitions.get(binding.name)
            self._bind(
                cell, binding, definition, is_ambient=binding.is_ambient and not self._is_real(definition, given)
            )
        for name, other in cell.names.aliases:
            group = self.same.get(other, frozenset({other})) | {name}
            self.same.update(dict.fromkeys(group, group))

    def _change(self, cell: Cell, name: str, line: int, *, by_alias: bool = False) -> None:
        value = self.values.get(name)
        if value is not None and value.is_ambient:
            return  # a module's state is no value that could be handed on
        self._come_after(cell, name, line)
        # A name that only shares the object is not handed on by this cell: who bound it still gives it.
        kept = value.sources if by_alias and value is not None else []
        self.values[name] = _Value([_Source(cell, line, EdgeKind.MUTATION), *kept])

    def _bind(self, cell: Cell, binding: Binding, definition: Definition | None, *, is_ambient: bool) -> None:
        name, before = binding.name, self.values.get(binding.name, _Value())
        if not is_ambient:
            self._note_rebinding(cell, binding, before)
            self._come_after(cell, name, binding.line)
        new = _Source(cell, binding.line, maybe=binding.maybe, is_ambient=is_ambient, definition=definition)
        kept = [source for source in before.sources if source.cell is not cell] if binding.maybe else []
        self.values[name] = _Value([new, *kept])
        self._separate(name)

    def _is_real(self, definition: Definition | None, given: set[str]) -> bool:
        """Whether a definition reads what a cell gives, while it is made: then it is a value like any other."""
        if definition is None:
            return False
        values = [self.values[name] for name in definition.now if name in self.values]
        return bool(definition.now & given) or any(value.sources and not value.is_ambient for value in values)

    def _note_rebinding(self, cell: Cell, binding: Binding, before: _Value) -> None:
        first = next((source for source in before.sources if source.cell.is_task and source.cell is not cell), None)
        if cell.is_task and first is not None and not first.is_ambient:
            second = _place(cell, binding.line)
            self.rebindings.append(Rebinding(binding.name, _place(first.cell, first.line), second))

    def _come_after(self, cell: Cell, name: str, line: int) -> None:
        """A cell that gives a name a new value comes after those that use the former one."""
        value = self.values.get(name, _Value())
        used = [(source.cell, source.line) for source in value.sources if not source.is_ambient] + value.readers
        for user, used_at in used:
            if user is not cell:
                self._link(user, cell, Why(EdgeKind.ORDER, name, _place(cell, line), _place(user, used_at)))

    def _separate(self, name: str) -> None:
        """A name means something else now than the names that it shared an object with."""
        group = self.same.pop(name, frozenset()) - {name}
        for other in group:
            self.same[other] = group

    def _link(self, before: Cell, after: Cell, why: Why) -> None:
        if before is after:
            return
        whys = self.links.setdefault((before.id, after.id), [])
        if any(each.name == why.name and (each.kind is why.kind or why.kind is EdgeKind.ORDER) for each in whys):
            return  # it comes after it for that name already
        whys.append(why)
        paths = self.paths[after.id]
        if before.is_task:
            paths.append((before, why))
            return
        known = {task.id for task, _ in paths}
        for task, first in self.paths[before.id]:  # a plain cell leads on to what it needs itself
            if task is not after and task.id not in known:
                known.add(task.id)
                via = (replace(first, via=()) if first.via else first, *first.via)
                paths.append((task, replace(why, via=via[:_MOST_HOPS])))

    def graph(self) -> CellGraph:
        places = {cell.id: at for at, cell in enumerate(self.cells)}
        whys: dict[tuple[str, str], list[Why]] = {}
        for cell in self.tasks:
            for task, why in self.paths[cell.id]:
                whys.setdefault((task.id, cell.id), []).append(why)
        return CellGraph(
            self.cells,
            _edges(whys, places),
            _edges(self.links, places),
            tuple(self.ambient),
            tuple(self._with_later(missing, places) for missing in self.missing),
            tuple(self.rebindings),
            tuple(self.bad_afters),
            self.inputs,
            self.outputs,
        )

    def _with_later(self, missing: Missing, places: dict[str, int]) -> Missing:
        for cell in self.cells[places[missing.reader.cell] + 1 :]:
            for binding in cell.names.binds:
                if binding.name == missing.use.name:
                    return replace(missing, later=_place(cell, binding.line))
        return missing


def _place(cell: Cell, line: int) -> Place:
    return Place(cell.id, cell.label, cell.number, line)


def _edges(whys: dict[tuple[str, str], list[Why]], places: dict[str, int]) -> tuple[Edge, ...]:
    ordered = sorted(whys, key=lambda pair: (places[pair[1]], places[pair[0]]))
    return tuple(Edge(before, after, tuple(whys[before, after])) for before, after in ordered)
