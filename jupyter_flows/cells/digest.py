"""What a cell's code is, without what does not change what it does: comments, layout, docstrings."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from typing import Any, cast

from jupyter_flows.cells.names import SyntaxProblem
from jupyter_flows.cells.source import CellSource
from jupyter_flows.cells.syntax import parse

_WITH_DOCSTRING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# What says nothing about what the code does: where it stands, whether a text was written with a `u`.
_SILENT = frozenset({"kind", "type_comment", "type_ignores", "ctx"})
_LENGTH = 32  # hexadecimal digits: 128 bits


def source_digest(source: str | CellSource) -> str:
    """Return a digest of what a piece of code does, as far as its text tells.

    It is the same in every process and for every layout, and does not depend on fields that newer versions of Python
    add to syntax trees without need. What is not Python counts by its text, line by line without blanks at their ends.
    """
    cell = CellSource(source) if isinstance(source, str) else source
    tree = parse(cell)
    hashed = hashlib.sha256()
    if isinstance(tree, SyntaxProblem):
        hashed.update("\n".join(line.rstrip() for line in cell.python.strip().splitlines()).encode(errors="replace"))
    else:
        try:
            for word in _words(tree):
                hashed.update(word.encode(errors="surrogatepass"))
        except RecursionError:
            hashed.update(cell.python.encode(errors="surrogatepass"))
    return hashed.hexdigest()[:_LENGTH]


def _words(node: ast.AST) -> Iterator[str]:
    """Write a syntax tree as words, without its places."""
    yield f"({type(node).__name__}"
    for name, value in ast.iter_fields(node):
        if name in _SILENT or value is None or value == []:
            continue
        yield f" {name}="
        if name == "body" and isinstance(node, _WITH_DOCSTRING):
            value = _without_docstring(cast("list[ast.stmt]", value))  # noqa: PLW2901 - the same field, less its docstring
        yield from _value_words(value)
    yield ")"


def _value_words(value: Any) -> Iterator[str]:
    if isinstance(value, ast.AST):
        yield from _words(value)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _value_words(each)
            yield ","
    else:
        yield f"{type(value).__name__}:{value!r}"


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
        case _:
            return body
