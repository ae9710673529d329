"""Fold the records of one batch into rows: one row per run, whatever number of states it passed in the batch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields

from jupyter_flows.model.records import (
    ArtifactKept,
    DirectoryChosen,
    FailureRecorded,
    FlowRunCreated,
    InputAsked,
    LogWritten,
    Record,
    ResultKept,
    StateEntered,
    TaskRunCreated,
)
from jupyter_flows.model.states import FINAL, PENDING, RUNNING, SCHEDULED

Row = tuple[object, ...]
_BORN = ("pending", "Pending", None)  # until a run's first state is told
_NOBODY = (None,) * 5


@dataclass(slots=True)
class Rows:
    """Rows to write, each list for one statement of `store.statements`."""

    new_flow_runs: list[Row] = field(default_factory=list[Row])
    new_task_runs: list[Row] = field(default_factory=list[Row])
    flow_states: list[Row] = field(default_factory=list[Row])
    task_states: list[Row] = field(default_factory=list[Row])
    directories: list[Row] = field(default_factory=list[Row])
    kept_starts: list[Row] = field(default_factory=list[Row])
    flows_anew: list[Row] = field(default_factory=list[Row])
    tasks_anew: list[Row] = field(default_factory=list[Row])
    kept_ends: list[Row] = field(default_factory=list[Row])
    history: list[Row] = field(default_factory=list[Row])
    failures: list[Row] = field(default_factory=list[Row])
    results: list[Row] = field(default_factory=list[Row])
    logs: list[Row] = field(default_factory=list[Row])
    artifacts: list[Row] = field(default_factory=list[Row])
    inputs: list[Row] = field(default_factory=list[Row])

    def count(self) -> int:
        """How many rows there are."""
        return sum(len(getattr(self, table.name)) for table in fields(self))


def fold(batch: Mapping[str, Sequence[Record]], lease_until: float, history: bool = True) -> Rows:
    """Fold a batch.

    Parameters
    ----------
    batch
        Flow run id to its records, in order.
    lease_until
        Until when this process keeps the flow runs that are born here, in seconds since the epoch; of those that
        nobody owns, when they are due.
    history
        Whether every state of a task run is kept; those of flow runs always are.
    """
    rows = Rows()
    for run_id, records in batch.items():
        _fold_run(rows, run_id, records, lease_until)
    if not history:
        rows.history = [row for row in rows.history if row[1] == 0]
    return rows


def _fold_run(rows: Rows, run_id: str, records: Sequence[Record], lease_until: float) -> None:
    """The hottest loop of the project: exact types instead of `isinstance`, plain tuples, one pass."""
    born: dict[int, TaskRunCreated] = {}
    last: dict[int, StateEntered] = {}
    started: dict[int, StateEntered] = {}
    rest: list[Record] = []
    add_history = rows.history.append
    for record in records:
        if type(record) is StateEntered:
            _, number, version, kind, name, message, at, attempt, _ = record
            if version > 3 or not number or not _is_told_by_its_row(record, born.get(number)):
                add_history((run_id, number, version, kind._value_, name, message or None, at, attempt))
                if kind is SCHEDULED and version > 2 and number and name != "AwaitingRetry":
                    _keep_told(rows, record, last.get(number), started, number in born)
            if kind is RUNNING or kind is SCHEDULED:
                _note_start(rows, record, last.get(number), started, number in born)
            last[number] = record
        elif type(record) is TaskRunCreated:
            born[record[1]] = record
        else:
            rest.append(record)
    flow_state = last.pop(0, None)
    if born:
        _add_born(rows, born, last, started)
    if last:
        _add_changed(rows, run_id, last, started)
    if rest or flow_state is not None:
        _add_rest(rows, run_id, rest, flow_state, _time_of(started.get(0)), lease_until)


def _note_start(
    rows: Rows, state: StateEntered, before: StateEntered | None, started: dict[int, StateEntered], is_new: bool
) -> None:
    """Remember a run's first start, until it begins anew after its end: its row may know of that start only."""
    if state.kind is RUNNING:
        started.setdefault(state.number, state)
    elif before is not None and before.kind in FINAL:
        started.pop(state.number, None)
        if state.number == 0:
            rows.flows_anew.append((state.run_id,))
        elif not is_new:
            rows.tasks_anew.append((state.run_id, state.number))


def _is_told_by_its_row(state: StateEntered, born: TaskRunCreated | None) -> bool:
    """Whether a task run's own row says this state: Pending when created, Running when started, then its end.

    Nearly every task run takes just these steps, and a state that its row tells has no row of its own
    (`store.told` reads them back).
    """
    _, _, version, kind, name, message, at, attempt, _ = state
    if attempt != 1:
        return False
    if version == 1:
        return kind is PENDING and name == "Pending" and not message and born is not None and born.at == at
    if version == 2:
        return kind is RUNNING and name == "Running" and not message
    return version == 3 and kind in FINAL


def _keep_told(
    rows: Rows, state: StateEntered, before: StateEntered | None, started: dict[int, StateEntered], is_new: bool
) -> None:
    """A run leaves its end: give rows to the start and end that only its own row told, before that changes."""
    if before is None:
        rows.kept_ends.append((state.run_id, state.number))
    elif before.kind in FINAL:
        if not is_new:
            rows.kept_starts.append((state.run_id, state.number))
        for told in (started.pop(state.number, None), before):
            if told is not None and _is_told_by_its_row(told, None):
                run_id, number, version, kind, name, message, at, attempt, _ = told
                rows.history.append((run_id, number, version, kind._value_, name, message or None, at, attempt))


def _add_born(
    rows: Rows,
    born: dict[int, TaskRunCreated],
    last: dict[int, StateEntered],
    started: dict[int, StateEntered],
) -> None:
    add, take = rows.new_task_runs.append, last.pop
    for number, row in born.items():
        run_id, _, name, task, kind, tags, upstreams, map_id, index, parent, at, code, digest = row
        words = json.dumps(tags) if tags else "[]"
        head = (run_id, number, name, task, kind, words, upstreams, map_id, index, parent)
        state = take(number, None)
        if state is None:
            add((*head, *_BORN, at, 0, 0, at, None, None, code, digest, None))
            continue
        _, _, version, now, word, message, entered, attempt, value = state
        ended, began = entered if now in FINAL else None, _time_of(started.get(number))
        now_stands = (now._value_, word, message or None, entered, version, attempt, at, began, ended)
        add((*head, *now_stands, code, digest, value))


def _time_of(state: StateEntered | None) -> float | None:
    return None if state is None else state.at


def _add_changed(rows: Rows, run_id: str, last: dict[int, StateEntered], started: dict[int, StateEntered]) -> None:
    rows.task_states += [
        (*_state_columns(state, _time_of(started.get(number))), state.value, run_id, number)
        for number, state in last.items()
    ]


def _state_columns(state: StateEntered, started: float | None) -> Row:
    _, _, version, kind, name, message, at, attempt, _ = state
    return kind._value_, name, message or None, at, version, attempt, started, (at if kind in FINAL else None)


def _add_rest(
    rows: Rows,
    run_id: str,
    rest: Sequence[Record],
    state: StateEntered | None,
    started: float | None,
    lease_until: float,
) -> None:
    created: FlowRunCreated | None = None
    directory: str | None = None
    for record in rest:
        if isinstance(record, LogWritten):
            rows.logs.append(tuple(record))
        elif isinstance(record, FailureRecorded):
            rows.failures.append(tuple(record))
        elif isinstance(record, ResultKept):
            rows.results.append((*record[:-1], *record.result))
        elif isinstance(record, DirectoryChosen):
            directory = record.directory
        elif isinstance(record, FlowRunCreated):
            created = record
    rows.artifacts += map(tuple, _last_of_each(rest))
    rows.inputs += map(tuple, (record for record in rest if type(record) is InputAsked))
    if created is not None:
        rows.new_flow_runs.append(_new_flow_run(created, directory, state, started, lease_until))
        return
    if state is not None:
        rows.flow_states.append((*_state_columns(state, started), state.value, run_id))
    if directory is not None:
        rows.directories.append((directory, run_id))


def _last_of_each(records: Iterable[Record]) -> Iterable[ArtifactKept]:
    """Of a progress that moves quickly, only where it came to is written."""
    last: dict[str, ArtifactKept] = {}
    for record in records:
        if type(record) is ArtifactKept:
            last.pop(record.id, None)
            last[record.id] = record
    return last.values()


def _new_flow_run(
    born: FlowRunCreated, directory: str | None, state: StateEntered | None, started: float | None, lease_until: float
) -> Row:
    kind, name, message, at, version, attempt, _, ended = (
        _state_columns(state, None) if state else (*_BORN, born.at, 0, 0, None, None)
    )
    owner = born.owner
    return (
        born.run_id, born.name, born.flow, born.kind, born.version, born.parameters, json.dumps(born.tags),
        born.parent_run_id, born.parent_number, directory if directory is not None else born.directory,
        kind, name, message, at, version, attempt, born.at, started, ended,
        *(astuple(owner) if owner else _NOBODY), lease_until,
        born.entry or None, json.dumps(born.lost_parameters) if born.lost_parameters else None,
        state.value if state else None,
        born.flow,
    )  # fmt: skip
