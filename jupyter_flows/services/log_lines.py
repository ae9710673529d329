"""The whole log of a run, however long it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jupyter_flows.model.runs import LogLine

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_PAGE = 10_000


def log_lines(store: RunReader, run_id: str, after: int = 0) -> Iterator[LogLine]:
    """Give the log lines of a flow run with an id above ``after``, oldest first; they are read page by page.

    Raises
    ------
    RunNotFound, StoreUnavailable
    """
    while page := store.logs(run_id, after, _PAGE):
        yield from page
        after = page[-1].id


__all__ = ["log_lines"]
