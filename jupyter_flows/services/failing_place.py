"""Where a failure happened: the user's own line, as a cell of the notebook where it is one."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from jupyter_flows.graph.plain_text import plain
from jupyter_flows.model.runs import Failure

_FRAME = re.compile(r'^  File "([^"]+)", line (\d+)')
_CELL_FRAME = re.compile(r"^(?:Input In |Cell In)\s?\[(\d+)\],? (?:in )?line:? ?(\d+)")
_ARROW = re.compile(r"^-+> ?\d+ (.*)")
_MACHINERY = ("/jupyter_flows/", "/site-packages/", "/dist-packages/", "<frozen ", "/lib/python")


def failing_place(failure: Failure | None, cells: Mapping[str, int]) -> dict[str, Any] | None:
    """Find the last line of the user's in a traceback.

    Parameters
    ----------
    failure
        Why an attempt failed.
    cells
        The names under which the kernel has compiled its cells, to their execution counts.

    Returns
    -------
    dict or None
        ``words`` to show, ``line`` in the cell or file, ``code`` of that line, and ``count`` of the cell where it is
        one of this notebook's (else 0). None where no line is the user's.
    """
    found: dict[str, Any] | None = None
    lines = ("" if failure is None else failure.traceback).splitlines()
    for number, text in enumerate(lines):
        code = plain(lines[number + 1], 200) if number + 1 < len(lines) else ""
        if frame := _FRAME.match(text):
            file, line = frame[1], int(frame[2])
            if file in cells:
                found = _place(f"cell [{cells[file]}], line {line}", line, code, cells[file])
            elif (found is None or not found["count"]) and not _is_machinery(file):
                found = _place(f"{plain(PurePath(file).name, 80)}, line {line}", line, code, 0)
        elif cell := _CELL_FRAME.match(text):  # as a kernel says it: of the notebook that was executed
            found = _place(f"cell [{cell[1]}], line {cell[2]}", int(cell[2]), _pointed_at(lines[number + 1 :]), 0)
    return found


def _pointed_at(lines: Sequence[str]) -> str:
    """The code that IPython's arrow points at, in the lines below a frame."""
    for line in lines:
        if arrow := _ARROW.match(line):
            return plain(arrow[1], 200)
        if _CELL_FRAME.match(line) or _FRAME.match(line):
            break
    return ""


def _place(words: str, line: int, code: str, count: int) -> dict[str, Any]:
    return {"words": words, "line": line, "code": code, "count": count}


def _is_machinery(file: str) -> bool:
    return file.startswith((sys.base_prefix + "/lib/python", "<frozen ")) or any(part in file for part in _MACHINERY)
