"""The store that ends with its process: for tests, and where no file can be kept."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from jupyter_flows.errors import AmbiguousRun, RunNotFound
from jupyter_flows.model.events import ASKED_TO_CANCEL
from jupyter_flows.model.numbers import decode_numbers
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import (
    ArtifactKept,
    DirectoryChosen,
    FailureRecorded,
    FlowRunCreated,
    FlowRunTakenUp,
    InputAsked,
    LogWritten,
    Record,
    ResultKept,
    StateEntered,
    TaskRunCreated,
)
from jupyter_flows.model.run_titles import flow_and_serial
from jupyter_flows.model.runs import Failure, FlowRun, LogLine, RunFilter, RunInput, StateChange, TaskRun
from jupyter_flows.model.states import PENDING, RUNNING, State
from jupyter_flows.store.verdicts import (
    SHORTEST_PREFIX,
    as_seen,
    cancelled_suspended,
    cancelled_waiting,
    crash_of,
    expired,
    is_waiting,
    matches,
    task_as_seen,
)

_OPENING = (FlowRunCreated, FlowRunTakenUp)


@dataclass(slots=True)
class _Kept:
    """All that belongs to one flow run."""

    run: FlowRun
    tasks: dict[int, TaskRun] = field(default_factory=dict[int, TaskRun])
    states: list[StateChange] = field(default_factory=list[StateChange])
    failures: dict[tuple[int, int], Failure] = field(default_factory=dict[tuple[int, int], Failure])
    results: dict[tuple[int, int], ResultKept] = field(default_factory=dict[tuple[int, int], ResultKept])
    logs: list[LogLine] = field(default_factory=list[LogLine])
    artifacts: dict[str, ArtifactKept] = field(default_factory=dict[str, ArtifactKept])
    inputs: dict[str, RunInput] = field(default_factory=dict[str, RunInput])


class MemoryStore:
    """A `RunWriter` and a `RunReader` in one, for all threads of this process."""

    location = "memory:"

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._kept: dict[str, _Kept] = {}
        self._serials: dict[str, int] = {}
        self._log_ids = itertools.count(1)

    def commit(
        self,
        batch: Mapping[str, Sequence[Record]],
        owner: Owner,
        lease_until: float,
        durable: bool,
    ) -> frozenset[str]:
        """See `RunWriter.commit`."""
        with self._lock:
            firsts = {run_id: type(records[0]) if records else None for run_id, records in batch.items()}
            lost = self.renew([run for run, first in firsts.items() if first not in _OPENING], owner, lease_until)
            lost |= {run for run, first in firsts.items() if first is FlowRunTakenUp and not self._may_take(batch[run])}
            for run_id, records in batch.items():
                if run_id not in lost:
                    for record in records:
                        self._apply(run_id, record, lease_until)
            return lost

    def renew(self, run_ids: Collection[str], owner: Owner, lease_until: float) -> frozenset[str]:
        """See `RunWriter.renew`."""
        lost: list[str] = []
        with self._lock:
            for run_id in run_ids:
                kept = self._kept.get(run_id)
                if kept is None or kept.run.owner is None or kept.run.owner.token != owner.token:
                    lost.append(run_id)
                else:
                    kept.run = replace(kept.run, lease_until=lease_until)
        return frozenset(lost)

    def cancel_requests(self, run_ids: Collection[str]) -> Mapping[str, str]:
        """See `RunWriter.cancel_requests`."""
        with self._lock:
            runs = [self._kept[run_id].run for run_id in run_ids if run_id in self._kept]
        asked = (run for run in runs if run.cancel_requested_at is not None and run.ended_at is None)
        return {run.id: ASKED_TO_CANCEL for run in asked}

    def flow_runs(self, wanted: RunFilter) -> list[FlowRun]:
        """See `RunReader.flow_runs`."""
        with self._lock:
            runs = [kept.run for kept in self._kept.values()]
        now = time.time()
        runs.reverse()  # of two born at once, the later is the newer
        newest = sorted(runs, key=lambda run: run.created_at, reverse=True)
        seen = (as_seen(run, now) for run in newest)
        fitting = (run for run in seen if matches(run, wanted))
        return list(itertools.islice(fitting, wanted.offset, wanted.offset + wanted.limit))

    def flow_run(self, run_id: str) -> FlowRun:
        """See `RunReader.flow_run`."""
        with self._lock:
            return as_seen(self._find(run_id).run, time.time())

    def task_runs(self, run_id: str) -> list[TaskRun]:
        """See `RunReader.task_runs`."""
        with self._lock:
            kept = self._get(run_id)
            crash = crash_of(kept.run, time.time())
            return [task_as_seen(kept.tasks[number], crash) for number in sorted(kept.tasks)]

    def states(self, run_id: str, number: int | None = None) -> list[StateChange]:
        """See `RunReader.states`."""
        with self._lock:
            changes = [change for change in self._get(run_id).states if number is None or change.number == number]
        return sorted(changes, key=lambda change: (change.state.at, change.number, change.version))

    def failures(self, run_id: str) -> list[Failure]:
        """See `RunReader.failures`."""
        with self._lock:
            return list(self._get(run_id).failures.values())

    def results(self, run_id: str) -> list[ResultKept]:
        """See `RunReader.results`."""
        with self._lock:
            return [kept for _, kept in sorted(self._get(run_id).results.items())]

    def cached(self, limit: int = 1000) -> list[ResultKept]:
        """See `RunReader.cached`."""
        with self._lock:
            found = list(self._all_cached())
        return sorted(found, key=lambda kept: kept.at, reverse=True)[:limit]

    def clear_cache(self, cache_key: str | None = None) -> int:
        """See `RunReader.clear_cache`."""
        with self._lock:
            wanted = [kept for kept in self._all_cached() if cache_key is None or kept.cache_key == cache_key]
            for kept in wanted:
                self._kept[kept.run_id].results[kept.number, kept.attempt] = kept._replace(cache_key=None)
        return len(wanted)

    def find(self, cache_key: str, at: float) -> ResultKept | None:
        """See `ResultIndex.find`."""
        with self._lock:
            keyed = (kept for kept in self._all_cached() if kept.cache_key == cache_key)
            fitting = (kept for kept in keyed if kept.expires_at is None or kept.expires_at > at)
            return max(fitting, key=lambda kept: kept.at, default=None)

    def logs(self, run_id: str, after: int = 0, limit: int = 10_000) -> list[LogLine]:
        """See `RunReader.logs`."""
        with self._lock:
            lines = (line for line in self._get(run_id).logs if line.id > after)
            return list(itertools.islice(lines, limit))

    def artifacts(self, run_id: str) -> list[ArtifactKept]:
        """See `RunReader.artifacts`."""
        with self._lock:
            found = list(self._get(run_id).artifacts.values())
        found.reverse()
        return sorted(found, key=lambda artifact: artifact.at, reverse=True)

    def inputs(self, run_id: str) -> list[RunInput]:
        """See `RunReader.inputs`."""
        with self._lock:
            return sorted(self._get(run_id).inputs.values(), key=lambda asked: (asked.asked_at, asked.key))

    def give_input(self, run_id: str, key: str, value: str, at: float) -> bool:
        """See `RunReader.give_input`."""
        with self._lock:
            asked = self._asked(run_id, key)
            if asked is None or not asked.is_open or (asked.expires_at is not None and asked.expires_at <= at):
                return False
            self._kept[run_id].inputs[key] = replace(asked, value=value, given_at=at)
            return True

    def withdraw_input(self, run_id: str, key: str, *, given: bool) -> bool:
        """See `RunReader.withdraw_input`."""
        with self._lock:
            asked = self._asked(run_id, key)
            if asked is None or asked.is_open is given:
                return False
            if given:
                self._kept[run_id].inputs[key] = replace(asked, value=None, given_at=None)
            else:
                del self._kept[run_id].inputs[key]
            return True

    def _all_cached(self) -> Iterator[ResultKept]:
        every = (kept for run in self._kept.values() for kept in run.results.values())
        return (kept for kept in every if kept.cache_key is not None)

    def _asked(self, run_id: str, key: str) -> RunInput | None:
        kept = self._kept.get(run_id)
        return None if kept is None else kept.inputs.get(key)

    def request_cancel(self, run_id: str, at: float) -> FlowRun:
        """See `RunReader.request_cancel`."""
        with self._lock:
            kept = self._find(run_id)
            if kept.run.state.name == "Suspended":
                self._crash(kept, cancelled_suspended(at))
            elif crash := crash_of(kept.run, at):
                self._crash(kept, crash)
            elif is_waiting(kept.run):
                end, version = cancelled_waiting(at), kept.run.state_version + 1
                _enter(kept, StateEntered(kept.run.id, 0, version, end.kind, end.name, end.message, at, 0))
            elif not kept.run.state.is_final() and kept.run.cancel_requested_at is None:
                kept.run = replace(kept.run, cancel_requested_at=at)
            return kept.run

    def record_dead(self, at: float) -> list[str]:
        """See `RunReader.record_dead`."""
        with self._lock:
            every = self._kept.values()
            dead = [(kept, end) for kept in every if (end := _expired(kept, at) or crash_of(kept.run, at))]
            for kept, crash in dead:
                self._crash(kept, crash)
            return [kept.run.id for kept, _ in dead]

    def delete(self, run_ids: Iterable[str]) -> list[str]:
        """See `RunReader.delete`."""
        folders: list[str] = []
        with self._lock:
            for run_id in run_ids:
                kept = self._kept.get(run_id)
                if kept is not None and kept.run.state.is_final():
                    del self._kept[run_id]
                    folders += [kept.run.directory] if kept.run.directory else []
        return folders

    def counts(self) -> dict[str, int]:
        """See `RunReader.counts`."""
        with self._lock:
            every = list(self._kept.values())
            return {
                "flow_runs": len(every),
                "task_runs": sum(len(kept.tasks) for kept in every),
                "states": sum(len(kept.states) for kept in every),
                "failures": sum(len(kept.failures) for kept in every),
                "results": sum(len(kept.results) for kept in every),
                "logs": sum(len(kept.logs) for kept in every),
                "artifacts": sum(len(kept.artifacts) for kept in every),
            }

    def close(self) -> None:
        """Do nothing: what is kept stays until the process ends."""

    def _get(self, run_id: str) -> _Kept:
        if run_id not in self._kept:
            raise RunNotFound(run_id)
        return self._kept[run_id]

    def _find(self, run_id: str) -> _Kept:
        if run_id in self._kept:
            return self._kept[run_id]
        fitting = sorted(self._starting_with(run_id))
        if len(fitting) > 1:
            raise AmbiguousRun(run_id, fitting)
        if fitting:
            return self._kept[fitting[0]]
        every = list(self._kept.values())
        title = flow_and_serial(run_id)
        named = [kept for kept in every if kept.run.name == run_id]
        named = named or [kept for kept in every if (kept.run.flow, kept.run.serial) == title]
        if not named:
            raise RunNotFound(run_id)
        return max(reversed(named), key=lambda kept: kept.run.created_at)

    def _starting_with(self, prefix: str) -> Iterator[str]:
        if len(prefix) >= SHORTEST_PREFIX:
            yield from (known for known in self._kept if known.startswith(prefix))

    def _may_take(self, records: Sequence[Record]) -> bool:
        taken = records[0]
        assert isinstance(taken, FlowRunTakenUp)
        kept = self._kept.get(taken.run_id)
        if kept is None or kept.run.state_version != taken.version:
            return False
        return kept.run.state.is_final() or kept.run.state.name == "Suspended" or is_waiting(kept.run)

    def _crash(self, kept: _Kept, crash: State) -> None:
        """Write a crash down and take the run from its owner, who may only be thought dead."""
        owner = kept.run.owner
        unfinished = [run for run in kept.tasks.values() if not run.state.is_final()]
        version = kept.run.state_version + 1
        kept.states.append(StateChange(0, version, crash, kept.run.attempts))
        for run in unfinished:
            kept.states.append(StateChange(run.number, run.state_version + 1, crash, run.attempts))
            kept.tasks[run.number] = replace(task_as_seen(run, crash), state_version=run.state_version + 1)
        fenced = owner and replace(owner, token="")
        kept.run = replace(kept.run, state=crash, ended_at=crash.at, owner=fenced, state_version=version)

    def _apply(self, run_id: str, record: Record, lease_until: float) -> None:
        if isinstance(record, FlowRunCreated):
            self._kept[run_id] = _Kept(self._new_flow_run(record, lease_until))
            return
        kept = self._kept[run_id]
        match record:
            case StateEntered():
                _enter(kept, record)
            case TaskRunCreated():
                kept.tasks[record.number] = _new_task_run(record)
            case FailureRecorded():
                _, number, attempt, error_type, message, traceback, inputs = record
                kept.failures[number, attempt] = Failure(
                    number, attempt, error_type, message, traceback, json.loads(inputs or "{}")
                )
            case ResultKept():
                kept.results[record.number, record.attempt] = record
            case LogWritten():
                kept.logs.append(LogLine(next(self._log_ids), *record[1:]))
            case ArtifactKept() | InputAsked():
                _attach(kept, record)
            case FlowRunTakenUp():
                kept.run = replace(kept.run, owner=record.owner, lease_until=lease_until)
            case DirectoryChosen():
                kept.run = replace(kept.run, directory=record.directory)
            case _:
                assert_never(record)

    def _new_flow_run(self, born: FlowRunCreated, lease_until: float) -> FlowRun:
        serial = self._serials[born.flow] = self._serials.get(born.flow, 0) + 1
        return FlowRun(
            id=born.run_id,
            name=born.name,
            flow=born.flow,
            kind=born.kind,
            serial=serial,
            version=born.version,
            parameters=born.parameters,
            tags=tuple(born.tags),
            parent_run_id=born.parent_run_id,
            parent_number=born.parent_number,
            directory=born.directory,
            state=State(PENDING, "Pending", "", born.at),
            attempts=0,
            created_at=born.at,
            started_at=None,
            ended_at=None,
            owner=born.owner,
            lease_until=lease_until,
            cancel_requested_at=None,
            entry=born.entry,
            lost_parameters=tuple(born.lost_parameters),
        )


def _new_task_run(born: TaskRunCreated) -> TaskRun:
    run_id, number, name, task, kind, tags, upstreams, map_id, map_index, parent, at, version, digest = born
    state = State(PENDING, "Pending", "", at)
    numbers = decode_numbers(upstreams)
    return TaskRun(
        run_id, number, name, task, kind, tuple(tags), numbers, map_id, map_index, parent, state, 0, at, None, None,
        version, digest,
    )  # fmt: skip


def _attach(kept: _Kept, record: ArtifactKept | InputAsked) -> None:
    if isinstance(record, ArtifactKept):
        kept.artifacts.pop(record.id, None)
        kept.artifacts[record.id] = record
    elif (known := kept.inputs.get(record.key)) is None or known.is_open:
        kept.inputs[record.key] = RunInput(*record)


def _expired(kept: _Kept, at: float) -> State | None:
    late = (one.expires_at for one in kept.inputs.values() if one.is_open)
    return expired(kept.run, next((when for when in late if when is not None and when <= at), None), at)


def _enter(kept: _Kept, record: StateEntered) -> None:
    _, number, version, kind, name, message, at, attempt, value = record
    state = State(kind, name, message, at)
    kept.states.append(StateChange(number, version, state, attempt))
    run = kept.run if number == 0 else kept.tasks[number]
    started = run.started_at if run.ended_at is None else None  # a run that is taken up again begins anew
    changes = {
        "state": state,
        "attempts": max(run.attempts, attempt),
        "started_at": at if started is None and kind is RUNNING else started,
        "ended_at": at if state.is_final() else None,
        "value": value,
        "state_version": version,
    }
    if isinstance(run, TaskRun):
        kept.tasks[number] = replace(run, **changes)
    else:
        request = run.cancel_requested_at if run.ended_at is None else None
        kept.run = replace(run, **changes, cancel_requested_at=request)
