"""IPython's own syntax as Python: magics, shell commands, `name?`, prompts that were pasted along."""

from __future__ import annotations

import ast
import warnings
from functools import cache
from typing import TYPE_CHECKING

from jupyter_flows.cells.source import CellSource

if TYPE_CHECKING:
    from IPython.core.inputtransformer2 import TransformerManager

_MOST_CHANGES = 500  # IPython's own bound on how often it looks for one more thing to transform


def cell_python(text: str) -> CellSource:
    """Bring a cell into Python as IPython would, and remember where each line came from.

    IPython is imported only for a cell that is not Python already. Where it cannot make Python of the cell either, the
    result is as far as it got: parsing that gives the error.

    Parameters
    ----------
    text
        The cell as its author wrote it, without a ``%%task`` line.
    """
    if _is_python(text):
        return CellSource(text)
    try:
        return _transformed(text)
    except SyntaxError:  # a string or bracket that is never closed
        return CellSource(text)


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


@cache
def _manager() -> TransformerManager:
    from IPython.core.inputtransformer2 import TransformerManager  # heavy

    return TransformerManager()


def _transformed(text: str) -> CellSource:
    manager = _manager()
    lines = (text if text.endswith("\n") else text + "\n").splitlines(keepends=True)
    origins = list(range(1, len(lines) + 1))
    for transform in (*manager.cleanup_transforms, *manager.line_transforms):
        after: list[str] = transform(lines)
        lines, origins = after, _moved(lines, after, origins)
    for _ in range(_MOST_CHANGES):
        changed, after = manager.do_one_token_transform(lines)
        if not changed:
            break
        lines, origins = after, _moved(lines, after, origins)
    lines = "".join(lines).splitlines(keepends=True)
    return CellSource("".join(lines), tuple(origins))


def _moved(before: list[str], after: list[str], origins: list[int]) -> list[int]:
    """Carry the origins of lines over a change of one stretch of them."""
    if len(before) == len(after):
        return origins
    shortest = min(len(before), len(after))
    head = next((at for at in range(shortest) if before[at] != after[at]), shortest)
    rest = range(1, shortest - head + 1)
    tail = next((at - 1 for at in rest if before[-at] != after[-at]), shortest - head)
    stretch = origins[head : len(origins) - tail] or origins[-1:]
    between = [stretch[min(at, len(stretch) - 1)] for at in range(len(after) - head - tail)]
    return origins[:head] + between + origins[len(origins) - tail :]
