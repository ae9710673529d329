"""The statements of a notebook that define a name, without those that only use it: what makes a flow, not its runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.names import CellNames
from jupyter_flows.cells.source import CellSource
from jupyter_flows.cells.syntax import parse

# Methods that put a declared graph together; others of a flow run it, draw it or deploy it.
_BUILDING = frozenset(
    {
        *{"add_edge", "add_task", "bind", "chain", "replace", "set_dependencies", "set_downstream", "set_upstream"},
        *{"set_reference_tasks", "update"},
    }
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a cell.

    Parameters
    ----------
    cell
        Position of its cell in what was given, from 0.
    node
        Its syntax, with the lines that its author sees.
    names
        What it does with names.
    """

    cell: int
    node: ast.stmt
    names: CellNames

    @property
    def binds(self) -> frozenset[str]:
        """The names that it gives or changes."""
        return frozenset(one.name for one in (*self.names.binds, *self.names.mutates))

    @property
    def needs(self) -> frozenset[str]:
        """The names that it reads, now or when what it defines is called."""
        return frozenset(one.name for one in (*self.names.reads, *self.names.late))


def statements_of(cells: Sequence[CellSource]) -> tuple[Statement, ...]:
    """Read the statements of cells, in order; a cell that is no Python has none."""
    return tuple(statement for position, cell in enumerate(cells) for statement in _read(position, cell))


def defining(statements: Sequence[Statement], name: str) -> tuple[Statement, ...]:
    """Return the statements that a name takes to be defined, in order; none where no statement binds it.

    Whatever binds a name that is needed belongs to it, wherever it stands: functions find each other when they are
    called. Of what only uses names, just what puts a graph together belongs to it.
    """
    if not any(name in one.binds for one in statements):
        return ()
    needed, chosen = {name}, set[int]()
    grows = True
    while grows:
        grows = False
        for position, statement in enumerate(statements):
            if position not in chosen and _belongs(statement, needed):
                chosen.add(position)
                needed |= statement.needs
                grows = True
    return tuple(statements[position] for position in sorted(chosen))


def candidates(statements: Sequence[Statement]) -> tuple[str, ...]:
    """Names that may be flows: of decorated functions, and of what a call or a block gives."""
    found: dict[str, None] = {}
    for one in statements:
        if isinstance(one.node, ast.FunctionDef | ast.AsyncFunctionDef) and one.node.decorator_list:
            found[one.node.name] = None
        elif isinstance(one.node, ast.Assign | ast.AnnAssign | ast.With):
            found.update(dict.fromkeys(binding.name for binding in one.names.binds))
    return tuple(found)


def _belongs(statement: Statement, needed: set[str]) -> bool:
    if not statement.binds.isdisjoint(needed):
        return True
    node = statement.node
    if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        return True
    if isinstance(node, _FUNCTIONS):  # a hook: @daily.on_failure
        return any(root in needed and method.startswith("on_") for root, method in _methods(node.decorator_list))
    if isinstance(node, ast.Expr):
        return any(root in needed and method in _BUILDING for root, method in _methods([node.value]))
    return False


def _methods(expressions: Sequence[ast.expr]) -> Iterator[tuple[str, str]]:
    """Give object and method of what is called, or named as a decorator."""
    for expression in expressions:
        called = expression.func if isinstance(expression, ast.Call) else expression
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            yield called.value.id, called.attr


def _read(position: int, cell: CellSource) -> Iterator[Statement]:
    tree = parse(cell)
    if not isinstance(tree, ast.Module):
        return
    for node in tree.body:
        yield Statement(position, node, analyse(CellSource(ast.unparse(node))))


__all__ = ["Statement", "candidates", "defining", "statements_of"]
