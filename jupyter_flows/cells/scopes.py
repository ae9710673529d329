"""Python's scopes: which names a function, a comprehension or a class has for itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class ScopeKind(Enum):
    """What sort of scope it is, as far as looking up names differs."""

    CELL = auto()
    CLASS = auto()
    FUNCTION = auto()
    COMPREHENSION = auto()
    TYPES = auto()  # the type parameters of a function, class or alias


@dataclass(slots=True)
class Scope:
    """One scope.

    Parameters
    ----------
    owned
        Names that are its own throughout. A class has none: it owns a name from where it is bound.
    shared
        Names that are declared ``global`` in it.
    prefix
        Of a class: what its names have before them among the names of the cell.
    parameters
        Of a function: its parameters.
    """

    kind: ScopeKind
    owned: set[str] = field(default_factory=set[str])
    shared: set[str] = field(default_factory=set[str])
    prefix: str = ""
    parameters: frozenset[str] = frozenset()


def function_scope(arguments: ast.arguments, body: Iterable[ast.AST]) -> Scope:
    """Find what a function or lambda has for itself: every name that it binds anywhere, but for those it declares."""
    parameters = parameter_names(arguments)
    found = _Bound()
    for node in body:
        found.visit(node)
    owned = (found.names | set(parameters)) - found.shared  # what is `nonlocal` belongs to a function around it
    return Scope(ScopeKind.FUNCTION, owned, found.shared, parameters=frozenset(parameters))


def class_scope(body: Iterable[ast.AST], prefix: str) -> Scope:
    """Find which names a class binds for the whole cell instead of for itself."""
    found = _Bound()
    for node in body:
        found.visit(node)
    return Scope(ScopeKind.CLASS, shared=found.shared, prefix=prefix)


def comprehension_scope(generators: Iterable[ast.comprehension]) -> Scope:
    """Find the loop names of a comprehension."""
    nodes = (node for generator in generators for node in ast.walk(generator.target))
    loops = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return Scope(ScopeKind.COMPREHENSION, loops)


def parameter_names(arguments: ast.arguments) -> tuple[str, ...]:
    """The parameters in order: those by position first."""
    stars = [star for star in (arguments.vararg, arguments.kwarg) if star is not None]
    return tuple(each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars))


class _Bound:
    """The names that one scope binds; scopes nested in it keep theirs."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.shared: set[str] = set()

    def visit(self, node: Any) -> None:
        kind: type[ast.AST] = node.__class__
        if kind is ast.Name:
            if not isinstance(node.ctx, ast.Load):
                self.names.add(node.id)
        elif kind is ast.Global:
            self.shared.update(node.names)
        elif kind in _FUNCTIONS or kind is ast.ClassDef:
            self.names.add(node.name)
            self._visit_all([node.args] if kind in _FUNCTIONS else node.bases)
            self._visit_all(node.decorator_list)
        elif kind is ast.Lambda:
            self.visit(node.args)
        elif kind in _COMPREHENSIONS:
            self.names |= _walrus_names(node)
        else:
            self._visit_parts(node)

    def _visit_parts(self, node: ast.AST) -> None:
        if isinstance(node, ast.alias):
            self.names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            self.names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            self.names.add(node.rest)
        self._visit_all(ast.iter_child_nodes(node))

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)


def _walrus_names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.NamedExpr):
        return {node.target.id} | _walrus_names(node.value)
    if isinstance(node, ast.Lambda):
        return set()
    return {name for child in ast.iter_child_nodes(node) for name in _walrus_names(child)}
