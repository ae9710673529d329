"""A cell's body as code that runs in the shell's namespace, with the lines that its author sees."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

from jupyter_flows.cells.source import CellSource
from jupyter_flows.notebooks.cell_source import cell_python

Namespace = dict[str, Any]
_PLACED = (ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.keyword, ast.alias, ast.pattern)  # nodes with lines


@dataclass(frozen=True, slots=True)
class Part:
    """Some statements of a cell, or an expression whose value is shown."""

    code: CodeType
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class CellProgram:
    """What a cell does, compiled.

    Parameters
    ----------
    parts
        In order.
    is_async
        Whether it awaits at its top level, so that a loop must run it.
    """

    parts: tuple[Part, ...]
    is_async: bool = False

    def run(self, namespace: Namespace, show: Callable[[Any], object]) -> None:
        """Run a cell that awaits nothing; ``show`` is given the value of its last expression."""
        for part in self.parts:
            value = eval(part.code, namespace)  # noqa: S307 - the user's own cell
            if part.is_shown:
                show(value)

    async def run_async(self, namespace: Namespace, show: Callable[[Any], object]) -> None:
        """Run a cell on the running loop."""
        for part in self.parts:
            value = eval(part.code, namespace)  # noqa: S307 - the user's own cell
            if part.code.co_flags & inspect.CO_COROUTINE:
                value = await value
            if part.is_shown:
                show(value)


def compile_cell(shell: Any, text: str, body: CellSource, number: int) -> CellProgram:
    """Compile a cell's body as IPython would compile a cell.

    Parameters
    ----------
    text
        The whole cell as its author wrote it: what tracebacks show.
    body
        The cell's code, with its lines in ``text``.
    number
        The execution count that tracebacks name.

    Raises
    ------
    SyntaxError
        With the line in the cell.
    """
    name = cached(shell, text, number)
    tree = parsed(body, name)
    for transformer in shell.ast_transformers:
        if not getattr(transformer, "for_plain_cells_only", False):
            tree = transformer.visit(tree)
    with shell.compile.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
        parts = tuple(_parts(shell, tree.body, name, body.python))
    return CellProgram(parts, any(part.code.co_flags & inspect.CO_COROUTINE for part in parts))


def cached(shell: Any, text: str, number: int) -> str:
    """Keep a cell's text for tracebacks; return the name of the file that it stands for.

    Its first line is kept as a comment: then whatever reads sources sees Python, on the same lines.
    """
    return shell.compile.cache(_as_comment(text), number, raw_code=text)


def parsed(body: CellSource, name: str = "<cell>") -> ast.Module:
    """Parse a cell's code; every node has its line in the cell.

    Raises
    ------
    SyntaxError
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of the user's code are given when it is compiled
            tree = ast.parse(body.python, name)
    except SyntaxError as error:
        error.lineno, error.end_lineno = _line(body, error.lineno), _line(body, error.end_lineno)
        raise
    for node in ast.walk(tree) if body.lines else ():
        if isinstance(node, _PLACED):
            first, last = node.lineno, node.end_lineno or node.lineno
            node.lineno, node.end_lineno = body.line(first), body.line(last)
    return tree


def body_of(text: str, lines_before: int) -> CellSource:
    """Bring a cell's body into Python; ``lines_before`` it are lines of the cell that are no code."""
    body = cell_python(text)
    return body.shifted(lines_before) if lines_before else body


def _line(body: CellSource, line: int | None) -> int | None:
    return None if line is None else body.line(line)


def as_written_by_author(sent: str) -> str | None:
    """Return a task cell with the line that whoever executes a notebook sends as a comment; None for another cell."""
    head = sent.lstrip("\n")
    return sent.replace("# %%task", "%%task", 1) if head.startswith("# %%task") else None


def _as_comment(text: str) -> str:
    return "".join(
        f"# {line}" if line.startswith(("%%task", "%%flow")) else line for line in text.splitlines(keepends=True)
    )


def _parts(shell: Any, nodes: list[ast.stmt], name: str, python: str) -> Iterator[Part]:
    shown = _shown(shell.ast_node_interactivity, nodes, python)
    plain: list[ast.stmt] = []
    for node in nodes:
        if node not in shown:
            plain.append(node)
            continue
        if plain:
            yield Part(shell.compile(ast.Module(plain, []), name, "exec"))
            plain = []
        yield Part(shell.compile(ast.Expression(shown[node]), name, "eval"), is_shown=True)
    if plain:
        yield Part(shell.compile(ast.Module(plain, []), name, "exec"))


def _shown(interactivity: str, nodes: list[ast.stmt], python: str) -> dict[ast.stmt, ast.expr]:
    """The statements whose values are shown, by the shell's own setting."""
    from IPython.core.displayhook import DisplayHook  # a shell has loaded it

    if interactivity == "none" or not nodes or (";" in python and DisplayHook.semicolon_at_end_of_expression(python)):
        return {}
    if interactivity == "last_expr_or_assign":
        match nodes[-1]:
            case ast.Assign(targets=[ast.Name(id=assigned), *_]) as last:
                value = ast.copy_location(ast.Name(assigned, ast.Load()), last)
                nodes.append(ast.copy_location(ast.Expr(value), last))
            case _:
                pass
    asked = nodes if interactivity == "all" else nodes[-1:]
    return {node: node.value for node in asked if isinstance(node, ast.Expr)}
