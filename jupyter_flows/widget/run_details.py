"""What the page shows of one box: its task runs, and of one task run everything that is known."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_flows.drivers.witness import Witness
from jupyter_flows.engine.ports import RunReader
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.folding import folded
from jupyter_flows.graph.groups import Group, group_edges, grouped
from jupyter_flows.graph.palette import look
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.unfolding import SHOWN, find_group, inside
from jupyter_flows.graph.wording import Told, cause_words, run_label, words
from jupyter_flows.model.runs import Failure, StateChange, TaskRun, failed_task_runs
from jupyter_flows.model.states import BAD
from jupyter_flows.services.failing_place import failing_place
from jupyter_flows.services.log_lines import log_lines
from jupyter_flows.services.usual import Usual
from jupyter_flows.widget.failed_call import inputs_code
from jupyter_flows.widget.flowing_values import FlowingValues
from jupyter_flows.widget.snapshot import Json, look_json

PAGE = 50
_LINES, _LETTERS = 40, 2000  # of a log's tail, and of one line
_OURS = "jupyter_flows"


class RunDetails:
    """Answers questions of the page about one flow run.

    Parameters
    ----------
    reader
        Of the store.
    run_id
        The flow run.
    cells
        The names under which the kernel has compiled its cells, to their execution counts.
    usual
        What its tasks usually take.
    witness
        Who saw the values of its task runs, where they ran here.
    around
        Key of the box in which the run is drawn, where another run called it.
    shown
        How many boxes a frame shows.
    """

    def __init__(
        self,
        reader: RunReader,
        run_id: str,
        cells: Mapping[str, int] | None = None,
        usual: Usual | None = None,
        witness: Witness | None = None,
        *,
        around: str = "",
        shown: int = SHOWN,
    ) -> None:
        self._reader, self._run_id, self._cells = reader, run_id, cells or {}
        self._around, self._shown = around, shown
        self._runs = reader.task_runs(run_id)
        self._failures = {failure.number: failure for failure in reader.failures(run_id)}
        self._told = Told(self._failures, {}, time.time(), usual or {})
        self._values = FlowingValues(run_id, reader, witness)

    def box(self, key: str, page: int = 0) -> Json:
        """Tell about a box: its one task run, or a page of its many, failed ones first.

        Parameters
        ----------
        key
            Of the node.
        page
            Which fifty task runs, from 0.
        """
        group = self._group(key)
        if group is None:
            return {"key": key, "gone": True}
        if group.kind != "map" and key != self._around:
            return {"key": key, **self.task_run(group.runs[0].number)}
        ordered = sorted(group.runs, key=lambda run: (not _is_bad(run), run.number))
        shown = ordered[page * PAGE : (page + 1) * PAGE]
        return {
            "key": key,
            "title": plain(group.title, 200),
            "usual": self._usual(group.task, group.runs, group.mapped),
            "flows": self._flows(group),
            "total": len(group.runs),
            "page": page,
            "runs": [self._line(run) for run in shown],
            "tiles": [
                [run.number, look(run.state.name, run.state.kind).css, plain(run_label(run), 80)] for run in ordered
            ],
            "causes": causes(group.runs, self._failures, self._cells),
            "looks": _looks(group.runs),
        }

    def task_run(self, number: int) -> Json:
        """Tell everything about one task run: why it failed, inputs, tries, timings and the end of its log."""
        run = next((run for run in self._runs if run.number == number), None)
        if run is None:
            return {"number": number, "gone": True}
        failure = self._failures.get(number)
        changes = self._reader.states(self._run_id, number)
        own = (line.message for line in log_lines(self._reader, self._run_id) if line.number == number)
        return {
            **self._line(run),
            "title": plain(run_label(run), 200),
            "usual": "" if run.map_id else self._usual(run.task, [run], False),
            "flows": self._flows(Group(str(number), run.task, (run,), run.map_id != 0)),
            "tries": run.attempts,
            "states": [[plain(c.state.name, 40), _since(run, c)] for c in changes[-12:]],
            "error": "" if failure is None else plain(cause_words(run.state, failure), 500),
            "traceback": [] if failure is None else traceback_parts(failure.traceback),
            "place": failing_place(failure, self._cells),
            "inputs": _inputs(failure),
            "value": plain(run.value or "", 300),
            "log": [plain(message, _LETTERS) for message in deque(own, maxlen=_LINES)],
            "looks": _looks([run]),
        }

    def code(self, number: int, namespace: Mapping[str, Any]) -> str:
        """Write the cell that loads what a failed task run was given; empty where nothing is known of that."""
        run = next((run for run in self._runs if run.number == number), None)
        failure = self._failures.get(number)
        return "" if run is None or failure is None else inputs_code(run, failure, namespace)

    def all_causes(self) -> list[Json]:
        """Group every first-hand failure of the run by its cause, the most frequent first."""
        return causes(self._runs, self._failures, self._cells)

    def failed_like(self, number: int) -> list[int]:
        """Numbers of the task runs that failed by themselves of the same cause as this one."""
        for _, failed in _by_cause(self._runs, self._failures, self._cells).values():
            numbers = [run.number for run in failed]
            if number in numbers:
                return numbers
        return []

    def edge(self, source: str, target: str) -> Json:
        """Say what flows along an edge between two boxes."""
        ends = [group for key in (source, target) if (group := self._group(key)) is not None]
        return {"from": source, "to": target, "words": self._values.edge(*ends) if len(ends) == 2 else ""}

    def _flows(self, group: Group) -> list[list[str]]:
        return self._values.of(group, self._runs)

    def _usual(self, task: str, runs: Sequence[TaskRun], mapped: bool) -> str:
        pace = self._told.pace(task, mapped, runs)
        return "" if pace is None else str(pace)

    def _group(self, key: str) -> Group | None:
        if key and key == self._around:
            flow_run = self._reader.flow_run(self._run_id)
            return Group(key, flow_run.flow, tuple(self._runs)) if self._runs else None
        groups = grouped(self._runs)
        edges = group_edges(groups)
        kept, _ = inside(self._around, *folded(groups, edges, SHOWN)) if self._around else folded(groups, edges)
        return find_group(kept, key, self._shown)

    def _line(self, run: TaskRun) -> Json:
        return {
            "number": run.number,
            "label": plain(run_label(run), 80),
            "css": look(run.state.name, run.state.kind).css,
            "state": plain(run.state.name, 40),
            "words": plain(words(run, (), self._told), 200),
            "time": elapsed(run.started_at, run.ended_at, self._told.now),
        }


def _is_bad(run: TaskRun) -> bool:
    return run.state.kind in BAD


def _looks(runs: Sequence[TaskRun]) -> Json:
    looks = {look(run.state.name, run.state.kind) for run in runs}
    return {shown.css: look_json(shown) for shown in looks}


def _since(run: TaskRun, change: StateChange) -> str:
    return elapsed(run.created_at, change.state.at)


def _inputs(failure: Failure | None) -> list[list[str]]:
    given = {} if failure is None else failure.inputs
    return [[plain(name, 80), plain(value, 300)] for name, value in given.items()]


def causes(
    runs: Sequence[TaskRun], failures: Mapping[int, Failure], cells: Mapping[str, int] | None = None
) -> list[Json]:
    """Group failed task runs by their cause; those that only follow from another failure have none of their own.

    Returns
    -------
    list of dict
        ``cause`` (exception and first line), ``place`` (see `failing_place`), ``count``, ``numbers`` and ``labels`` of
        the first task runs; the most frequent cause first.
    """
    together = _by_cause(runs, failures, cells or {})
    by_frequency = sorted(together.items(), key=lambda item: -len(item[1][1]))
    return [
        {
            "cause": cause,
            "place": place,
            "count": len(failed),
            "numbers": [run.number for run in failed[:20]],
            "labels": [plain(run_label(run), 60) for run in failed[:20]],
        }
        for (cause, _), (place, failed) in by_frequency[:20]
    ]


def _by_cause(
    runs: Sequence[TaskRun], failures: Mapping[int, Failure], cells: Mapping[str, int]
) -> dict[tuple[str, str], tuple[Json | None, list[TaskRun]]]:
    together: dict[tuple[str, str], tuple[Json | None, list[TaskRun]]] = {}
    for run in failed_task_runs(runs):
        failure = failures.get(run.number)
        cause = cause_words(run.state, failure) or run.state.name
        place = failing_place(failure, cells)
        where = "" if place is None else str(place["words"])
        together.setdefault((plain(cause, 300), where), (place, []))[1].append(run)
    return together


def traceback_parts(text: str) -> list[tuple[bool, list[str]]]:
    """Split a traceback into frames, ours marked: the page folds those to one line.

    Returns
    -------
    list of (bool, list of str)
        Whether the frame is ours (or of the machinery below us), and its lines.
    """
    parts: list[tuple[bool, list[str]]] = []
    lines: list[str] = []
    ours = False
    for line in text.splitlines()[:400]:
        starts = line.startswith("  File ")
        if (starts or not line.startswith("    ")) and lines:
            parts.append((ours, lines))
            lines = []
        if not lines:
            ours = starts and f"/{_OURS}/" in line
        lines.append(_indented(line))
    if lines:
        parts.append((ours, lines))
    return parts


def _indented(line: str) -> str:
    bare = line.lstrip(" ")
    return " " * (len(line) - len(bare)) + plain(bare, 500)
