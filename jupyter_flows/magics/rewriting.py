"""Task cells that a plain call of a magic cannot run: rewritten before IPython reads them."""

from __future__ import annotations

import ast
import warnings
from typing import Any

from jupyter_flows.cells.header import header_of
from jupyter_flows.magics.request import current_request
from jupyter_flows.notebooks.cell_source import cell_python


class CellRewriter:
    """An input transformer of IPython's for cells with ``%%task``, or with the tag ``task``.

    - A cell that awaits becomes an awaited call, so that the kernel's own loop runs it.
    - A cell that is not Python is left without its first line: IPython says what is wrong and where, and nothing runs.
    - A cell with the tag becomes what it would be with a ``%%task`` line.

    It only looks: IPython also asks for cells that are still being typed.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the lines to go on with."""
        text = "".join(lines)
        header = header_of(text) if "%%" in text else None
        if header is not None and header.magic == "flow":
            return lines if _is_python(cell_python(header.body).python) else _commented(lines, header.lines_before)
        if header is not None:
            return self._task(lines, header.line, header.body, header.lines_before)
        if header is None and not text.lstrip().startswith("%%") and self._is_tagged():
            return self._task(lines, "", text, 0)
        return lines

    def _is_tagged(self) -> bool:
        return current_request(self._shell).is_tagged

    def _task(self, lines: list[str], line: str, body: str, before: int) -> list[str]:
        if not body.strip():
            return lines
        awaits = _awaits(cell_python(body).python)
        if awaits is None:
            return _commented(lines, before)
        if before and not awaits:
            return lines
        call = f"get_ipython().run_cell_magic('task', {line!r}, {body!r})\n"
        return [f"await {call}" if awaits else call]


def _commented(lines: list[str], before: int) -> list[str]:
    """Turn the first lines into comments: IPython would drop blank ones, and count the others from there."""
    return [f"# {line}" for line in lines[:before]] + lines[before:]


def _is_python(python: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(python)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _awaits(python: str) -> bool | None:
    """Whether code awaits at its top level; None where it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(python)
            if "await" not in python and "async" not in python:
                compile(tree, "<cell>", "exec", dont_inherit=True)
                return False
            code = compile(tree, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return bool(code.co_flags & 0x80)  # inspect.CO_COROUTINE
