"""Looking names up while a cell is read: what each load, store, deletion and change comes to."""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from jupyter_flows.cells.in_place import root_of
from jupyter_flows.cells.names import (
    Binding,
    BindingKind,
    Call,
    Definition,
    Mutation,
    Sureness,
    Unknown,
    Use,
)
from jupyter_flows.cells.paths import GONE, HERE, OUTER, Ways
from jupyter_flows.cells.scopes import Scope, ScopeKind
from jupyter_flows.cells.source import CellSource, ToPython

_STATIC = (ScopeKind.COMPREHENSION, ScopeKind.TYPES)
_RANK = {Sureness.SURE: 0, Sureness.KNOWN: 1, Sureness.SUSPECTED: 2}


class Whose(Enum):
    """Who a name belongs to, seen from where it stands."""

    OWN = auto()  # of a function, comprehension or class
    NOW = auto()  # of the cell, and looked up while it runs
    LATE = auto()  # of the cell, and looked up when a function is called


@dataclass(slots=True)
class Body:
    """What the body of a function or class does once it runs; see `Definition`."""

    name: str
    line: int
    parameters: tuple[str, ...] = ()
    reads: dict[str, Use] = field(default_factory=dict[str, Use])
    binds: dict[str, Use] = field(default_factory=dict[str, Use])
    mutates: dict[str, Mutation] = field(default_factory=dict[str, Mutation])
    now: set[str] = field(default_factory=set[str])
    changes: set[str] = field(default_factory=set[str])
    unknown: list[Unknown] = field(default_factory=list[Unknown])

    def as_definition(self, name: str) -> Definition:
        """Freeze it, under the name that it is bound to."""
        return Definition(
            name,
            self.line,
            tuple(self.reads.values()),
            tuple(self.binds.values()),
            tuple(self.mutates.values()),
            frozenset(self.now),
            self.parameters,
            frozenset(self.changes),
            tuple(self.unknown),
        )


@dataclass(slots=True)
class Found:
    """What has been found out about the cell so far."""

    reads: dict[str, Use] = field(default_factory=dict[str, Use])
    bindings: dict[str, Binding] = field(default_factory=dict[str, Binding])
    mutations: dict[str, Mutation] = field(default_factory=dict[str, Mutation])
    deletes: dict[str, Use] = field(default_factory=dict[str, Use])
    gone: dict[str, Use] = field(default_factory=dict[str, Use])
    calls: dict[Call, None] = field(default_factory=dict[Call, None])
    unknown: dict[Unknown, None] = field(default_factory=dict[Unknown, None])
    bodies: dict[str, list[Body]] = field(default_factory=dict[str, list[Body]])
    nameless: list[Body] = field(default_factory=list[Body])


class Lookup:
    """The names of a cell while it is read from top to bottom.

    Parameters
    ----------
    source
        The cell.
    to_python
        Brings code inside a magic into Python.
    """

    def __init__(self, source: CellSource, to_python: ToPython) -> None:
        self.source, self.to_python = source, to_python
        self.ways: Ways | None = {}
        self.found = Found()
        self.scopes = [Scope(ScopeKind.CELL)]
        self.body: Body | None = None  # of the outermost function or class around, if any
        self.kind = BindingKind.ASSIGN  # how the target that is being visited is bound
        self.caught: list[Ways] = []  # what handlers around may find, at worst
        self.watching: list[set[str]] = []
        # Name -> what it is another name of: a name from outside, and whether it is the object itself or a part.
        self.aliases: dict[str, dict[str, bool]] = {}
        self._ran: set[int] = set()  # ids of the bodies that the function which runs now has led to

    def place_of(self, name: str) -> Whose:
        """Find whose name this is where the walk stands now."""
        if len(self.scopes) == 1:
            return Whose.NOW
        place = Whose.NOW
        is_inner = True  # a class's names are seen by its own statements only
        for scope in reversed(self.scopes):
            if scope.kind is ScopeKind.CLASS:
                standing = (self.ways or {}).get(scope.prefix + name, OUTER)
                if is_inner and name not in scope.shared and not standing & OUTER:
                    return Whose.OWN
            elif name in scope.owned:
                return Whose.OWN
            elif scope.kind is ScopeKind.FUNCTION:
                place = Whose.LATE
                if name in scope.shared:
                    return place
            is_inner = is_inner and scope.kind is ScopeKind.TYPES
        return place

    def is_in_function(self) -> bool:
        """Whether the walk stands in the body of a function."""
        return any(scope.kind is ScopeKind.FUNCTION for scope in self.scopes)

    def at(self, node: ast.AST) -> tuple[int, int]:
        """The line in the cell and the column of a node."""
        return self.source.line(getattr(node, "lineno", 1)), getattr(node, "col_offset", 0)

    def load(self, name: str, node: ast.AST) -> None:
        """A name is read."""
        place = self.place_of(name)
        if place is Whose.NOW:
            self._load_now(Use(name, *self.at(node)))
        elif place is Whose.LATE and self.body is not None:
            self.body.reads.setdefault(name, Use(name, *self.at(node), inside=self.body.name))

    def store(self, name: str, node: ast.AST) -> None:
        """A name is bound."""
        scope = self._scope_of_stores()
        if scope.kind is ScopeKind.CELL:
            self._bind(name, node, HERE)
        elif name in scope.shared:
            self._store_shared(name, node)
        elif scope.kind is ScopeKind.CLASS and self.ways is not None:
            self.ways[scope.prefix + name] = HERE

    def delete(self, name: str, node: ast.AST) -> None:
        """A name is deleted: it must have been there."""
        self.load(name, node)
        scope = self._scope_of_stores()
        if scope.kind is ScopeKind.CELL:
            if self.standing(name) & OUTER:
                self.found.deletes.setdefault(name, Use(name, *self.at(node)))
            self.stand(name, GONE)
        elif name in scope.shared:
            self._store_shared(name, node)
        elif scope.kind is ScopeKind.CLASS and self.ways is not None:
            self.ways.pop(scope.prefix + name, None)

    def mutate(self, target: ast.expr, node: ast.AST, how: str, sureness: Sureness = Sureness.SURE) -> None:
        """The value of an expression is changed in place."""
        root = root_of(target)
        if root is None:
            return
        place = self.place_of(root.id)
        mutation = Mutation(root.id, *self.at(node), how, sureness)
        if place is Whose.NOW:
            self._mutate_now(mutation)
        elif self.body is not None and place is Whose.LATE:
            if sureness is not Sureness.SUSPECTED:
                self.body.mutates.setdefault(root.id, replace(mutation, inside=self.body.name))
        elif self.body is not None and root.id in self.body.parameters and sureness is not Sureness.SUSPECTED:
            self.body.changes.add(root.id)

    def hide(self, what: str, node: ast.AST, *, reaches: bool = True) -> None:
        """Something keeps from knowing what happens."""
        unknown = Unknown(what, *self.at(node), reaches)
        if self.body is not None and self.is_in_function():
            self.body.unknown.append(replace(unknown, inside=self.body.name))
        else:
            self.found.unknown.setdefault(unknown)

    def run(self, name: str) -> None:
        """Functions of this cell under a name run now: what they do late happens here."""
        if self.found.bodies and self.place_of(name) is Whose.NOW:
            for body in self.found.bodies.get(name, ()):
                self.run_body(body)

    def run_body(self, body: Body) -> None:
        """A function runs now, and what it uses.

        Each of them once: a second time, when more is bound, nothing new could show, and functions that call each other
        lead to one another on more ways than can be counted.
        """
        is_outermost = not self._ran
        if id(body) in self._ran:
            return
        self._ran.add(id(body))
        for use in body.reads.values():
            self._load_now(use)
            self.run(use.name)
        for mutation in body.mutates.values():
            self._mutate_now(mutation)
        for use in body.binds.values():
            self._note_binding(Binding(use.name, use.line, use.column, frozenset({BindingKind.CALL})))
            self.stand(use.name, self.standing(use.name) | HERE)
        self.found.unknown.update(dict.fromkeys(body.unknown))
        if is_outermost:
            self._ran.clear()

    @contextmanager
    def later(self, scope: Scope) -> Generator[None]:
        """What is visited inside is the body of a function: it does nothing now."""
        saved = self.ways, self.caught, self.kind
        self.ways, self.caught, self.kind = dict(self.ways or {}), [], BindingKind.ASSIGN
        self.scopes.append(scope)
        try:
            yield
        finally:
            self.scopes.pop()
            self.ways, self.caught, self.kind = saved

    @contextmanager
    def bound_as(self, kind: BindingKind) -> Generator[None]:
        """Targets that are visited inside are bound in this way."""
        before, self.kind = self.kind, kind
        yield
        self.kind = before

    def standing(self, name: str) -> int:
        """Where a name of the cell stands now."""
        return (self.ways or {}).get(name, OUTER)

    def stand(self, name: str, standing: int) -> None:
        """Say where a name of the cell stands from now on, on this way."""
        if self.ways is not None:
            self.ways[name] = standing
        for caught in self.caught:
            caught[name] = caught.get(name, OUTER) | standing

    def alias(self, name: str, value: ast.expr) -> None:
        """A name of the cell now means an expression's value, or a part of it."""
        root = root_of(value)
        if root is None or self.place_of(root.id) is not Whose.NOW:
            return
        is_same, is_suspect = value is root, isinstance(value, ast.Subscript)
        others = dict(self.aliases.get(root.id, {}))
        if self.standing(root.id) & OUTER:
            others[root.id] = True
        if others and root.id != name:
            self.aliases[name] = {other: same and is_same and not is_suspect for other, same in others.items()}

    def _bind(self, name: str, node: ast.AST, standing: int) -> None:
        self.aliases.pop(name, None)
        self._note_binding(Binding(name, *self.at(node), frozenset({self.kind})))
        self.stand(name, standing)

    def _note_binding(self, binding: Binding) -> None:
        before = self.found.bindings.get(binding.name)
        if before is None:
            self.found.bindings[binding.name] = binding
        elif not binding.kinds <= before.kinds:
            self.found.bindings[binding.name] = replace(before, kinds=before.kinds | binding.kinds)

    def _scope_of_stores(self) -> Scope:
        return next(scope for scope in reversed(self.scopes) if scope.kind not in _STATIC)

    def _store_shared(self, name: str, node: ast.AST) -> None:
        if self.is_in_function() and self.body is not None:
            self.body.binds.setdefault(name, Use(name, *self.at(node), inside=self.body.name))
        else:
            self._bind(name, node, HERE)

    def _load_now(self, use: Use) -> None:
        for seen in self.watching:
            seen.add(use.name)
        standing = self.standing(use.name)
        if standing & OUTER:
            maybe = standing != OUTER
            before = self.found.reads.get(use.name)
            if before is None:
                self.found.reads[use.name] = replace(use, maybe=True) if maybe else use
            elif before.maybe and not maybe:
                self.found.reads[use.name] = replace(before, maybe=False)
        elif standing == GONE:
            self.found.gone.setdefault(use.name, use)

    def _mutate_now(self, mutation: Mutation) -> None:
        if self.standing(mutation.name) & OUTER:
            self._note_mutation(mutation)
        for other, same in self.aliases.get(mutation.name, {}).items():
            sureness = mutation.sureness if mutation.sureness is Sureness.SUSPECTED else Sureness.KNOWN
            how = f"{mutation.how} through `{mutation.name}`"
            self._note_mutation(
                replace(mutation, name=other, how=how, sureness=sureness if same else Sureness.SUSPECTED)
            )

    def _note_mutation(self, mutation: Mutation) -> None:
        before = self.found.mutations.get(mutation.name)
        if before is None or _RANK[mutation.sureness] < _RANK[before.sureness]:
            self.found.mutations[mutation.name] = mutation


def names_among(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The plain names among expressions, also starred ones."""
    for node in nodes:
        plain = node.value if isinstance(node, ast.Starred) else node
        if isinstance(plain, ast.Name):
            yield plain.id
