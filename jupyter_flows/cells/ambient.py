"""The part of a cell that every task may use before the cell has run: its imports and plain definitions."""

from __future__ import annotations

import ast

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.names import SyntaxProblem
from jupyter_flows.cells.source import CellSource
from jupyter_flows.cells.syntax import parse

_AMBIENT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def ambient_code(cell: CellSource) -> str:
    """Return a cell's imports and plain definitions, each on the lines where the cell has it.

    A definition that reads one of the cell's own outputs while it is made is left out: it cannot be made before them.

    Returns
    -------
    str
        Python with as many lines as the cell's, or empty where there is nothing.
    """
    tree = parse(cell)
    if isinstance(tree, SyntaxProblem):
        return ""
    names = analyse(cell)
    given = {binding.name for binding in names.outputs}
    ambient = {binding.name for binding in names.ambient}
    needs = {definition.name: definition.now for definition in names.definitions}
    while late := {name for name in ambient if needs.get(name, frozenset[str]()) & given}:
        given |= late
        ambient -= late
    lines = cell.python.splitlines()
    kept = [""] * len(lines)
    for node in tree.body:
        if isinstance(node, _AMBIENT) and _bound(node) <= ambient and _is_alone(node, tree):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))]) - 1
            kept[first : node.end_lineno] = lines[first : node.end_lineno]
    return "\n".join(kept) + "\n" if any(kept) else ""


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return {getattr(node, "name", "")}


def _is_alone(node: ast.stmt, tree: ast.Module) -> bool:
    """Whether no other statement shares its lines, as in ``import os; x = 1``."""
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return not any(each is not node and (each.lineno in lines or each.end_lineno in lines) for each in tree.body)
