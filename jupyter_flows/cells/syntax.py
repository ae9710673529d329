"""Parsing a cell as IPython would compile it."""

from __future__ import annotations

import ast
import warnings

from jupyter_flows.cells.names import SyntaxProblem
from jupyter_flows.cells.source import CellSource


def parse(cell: CellSource) -> ast.Module | SyntaxProblem:
    """Parse a cell, or say what is wrong with it; ``await`` may stand at its top level.

    Compiling is part of it: that ``return`` stands outside a function, only the compiler says.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of the user's code are given when it runs
            tree = ast.parse(cell.python)
            compile(tree, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        line = error.lineno or 1
        lines = cell.python.splitlines()
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        return SyntaxProblem(error.msg, cell.line(line), max(error.offset or 1, 1), text.rstrip())
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxProblem(str(error) or "the code is nested too deeply", 1)
    return tree
