"""Which cells are tasks or flows: told by their first line, or by a tag."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from jupyter_flows.cells.task_line import METADATA, TaskLine, parse_task_line, task_line_of_metadata
from jupyter_flows.errors import BadOption

TASK_TAG = "task"
METADATA_KEY = "jupyter_flows"

_HEADER = re.compile(r"%%(task|flow)(?:[ \t]+(.*))?")
_MISPLACED = re.compile(r"[ \t]*%%(task|flow)\b(?!\?)")


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a cell that starts with ``%%task`` or ``%%flow``.

    Parameters
    ----------
    magic
        ``task`` or ``flow``.
    line
        What stands behind it.
    body
        The cell below that line.
    lines_before
        Lines of the cell before the body: the line itself, and blank ones above it.
    """

    magic: str
    line: str
    body: str
    lines_before: int


@dataclass(frozen=True, slots=True)
class TaskCell:
    """A cell that is a task.

    Parameters
    ----------
    line
        What it asks for.
    body
        Its code, which may still hold IPython's syntax.
    lines_before
        Lines of the cell before the body: add them to a line of the body for the line that its author sees.
    """

    line: TaskLine
    body: str
    lines_before: int = 0


def header_of(source: str) -> Header | None:
    """Read the first line of a cell; None where it is no ``%%task`` or ``%%flow`` line.

    As IPython has it, blank lines may stand before it and nothing else; ``%%task?`` asks for help.
    """
    lines = source.splitlines(keepends=True)
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    found = _HEADER.fullmatch(lines[first].rstrip()) if first < len(lines) else None
    if found is None:
        return None
    return Header(found[1], (found[2] or "").strip(), "".join(lines[first + 1 :]), first + 1)


def misplaced_header(source: str) -> int | None:
    """The line of a ``%%task`` or ``%%flow`` that is not the first to say something: IPython takes it for a mistake."""
    if header_of(source) is not None or source.lstrip().startswith("%%"):
        return None
    found = (at for at, line in enumerate(source.splitlines(), 1) if _MISPLACED.match(line))
    return next(found, None)


def task_cell(source: str, metadata: Mapping[str, object] | None = None) -> TaskCell | None:
    """Read a cell that is a task, by its ``%%task`` line or by the tag ``task``; None where it is none.

    Parameters
    ----------
    source
        The cell as written.
    metadata
        Its metadata: ``tags`` and ``jupyter_flows`` are looked at. A ``%%task`` line wins over both.

    Raises
    ------
    UnknownOption, BadOption
        The options are wrong; the message says which, and what is wanted.
    """
    header = header_of(source)
    if header is not None:
        return (
            TaskCell(parse_task_line(header.line), header.body, header.lines_before) if header.magic == "task" else None
        )
    metadata = metadata or {}
    tags = metadata.get("tags")
    if not isinstance(tags, Sequence) or isinstance(tags, str) or TASK_TAG not in tags:
        return None
    options = metadata.get(METADATA_KEY, {})
    if not isinstance(options, Mapping):
        raise BadOption(METADATA, METADATA_KEY, options, 'give an object, such as {"retries": 3}')
    return TaskCell(task_line_of_metadata(cast("Mapping[str, object]", options)), source)
