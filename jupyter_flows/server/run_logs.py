"""A run's log: in pages, followed, and searched."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from jupyter_flows.cli.as_json import log_json
from jupyter_flows.graph.wording import run_label
from jupyter_flows.model.runs import LogLine
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.shapes.queries import LogQuery
from jupyter_flows.server.shapes.tasks import LogEntry, LogPage
from jupyter_flows.services.log_lines import log_lines

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_AT_ONCE = 5_000
_LOOKED_AT = 200_000  # lines of one answer: a search goes on with the next one
_LETTERS = 20_000  # of one line


def read_log(asked: Asked[LogQuery, None]) -> LogPage:
    """Read a log, follow it, or search in it."""
    query, store = asked.query, asked.site.door.reader()
    run = store.flow_run(asked.run)
    found, last, more = (_tail if query.tail else _page)(store, run.id, query)
    labels = _labels(store, run.id, found)
    return LogPage(lines=[_entry(line, labels) for line in found], next=last, more=more)


def _page(store: RunReader, run_id: str, query: LogQuery) -> tuple[list[LogLine], int, bool]:
    """The first lines that fit, the last line looked at, and whether there are more."""
    fits, found, last, looked_at = _fits(query), list[LogLine](), query.after, 0
    plain = query.level is None and query.number is None and not query.search
    while looked_at < _LOOKED_AT:
        page = store.logs(run_id, last, query.limit + 1 if plain else _AT_ONCE)
        for line in page:
            if fits(line):
                if len(found) == query.limit:
                    return found, last, True
                found.append(line)
            last = line.id
            looked_at += 1
        if len(page) < (query.limit + 1 if plain else _AT_ONCE):
            return found, last, False
    return found, last, True


def _tail(store: RunReader, run_id: str, query: LogQuery) -> tuple[list[LogLine], int, bool]:
    fits, last = _fits(query), query.after
    found = deque[LogLine](maxlen=query.limit)
    for line in log_lines(store, run_id, last):
        last = line.id
        if fits(line):
            found.append(line)
    return list(found), last, False


def _fits(query: LogQuery) -> Callable[[LogLine], bool]:
    least = 0 if query.level is None else logging.getLevelNamesMapping()[query.level]
    wanted = (query.search or "").lower()

    def fits(line: LogLine) -> bool:
        if line.level < least or (query.number is not None and line.number != query.number):
            return False
        return not wanted or wanted in line.message.lower()

    return fits


def _labels(store: RunReader, run_id: str, lines: list[LogLine]) -> dict[int, str]:
    numbers = {line.number for line in lines} - {0}
    if not numbers:
        return {}
    return {run.number: run_label(run) for run in store.task_runs(run_id) if run.number in numbers}


def _entry(line: LogLine, labels: dict[int, str]) -> LogEntry:
    told = log_json(line, level_word(line.level))
    told["message"] = line.message[:_LETTERS]
    return LogEntry.model_validate({"id": line.id, "task": labels.get(line.number, ""), **told})


def level_word(level: int) -> str:
    """The name of a level, also of one in between."""
    return logging.getLevelName(level) if level % 10 == 0 else str(level)


__all__ = ["read_log"]
