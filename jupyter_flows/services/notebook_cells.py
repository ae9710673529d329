"""The cells of a headless notebook run as task runs: each waits for the one before, in whatever state that ended."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from jupyter_flows.cells.task_line import TaskLine
from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.logs import say
from jupyter_flows.drivers.tracebacks import short_repr
from jupyter_flows.engine.remembering import NOT_KEPT
from jupyter_flows.errors import CellFailed, CellSignalled, KernelDied, RunCancelled, RunTimedOut
from jupyter_flows.model.commands import RunHandlers, RunHooks, Settle, StartAttempt, StopAttempt
from jupyter_flows.model.events import (
    AttemptEnded,
    AttemptStarted,
    FlowContinued,
    FlowPaused,
    Outcome,
    RunAbandoned,
    TaskSubmitted,
    UpstreamSettled,
)
from jupyter_flows.model.records import InputAsked, LogWritten, ResultKept
from jupyter_flows.model.results import KeptResult
from jupyter_flows.model.specs import RetryPolicy, TaskSpec
from jupyter_flows.model.states import CRASHED, FAILED, PAUSED, State, cancelled, completed, crashed, failed
from jupyter_flows.notebooks.cell_plan import CellPlan
from jupyter_flows.notebooks.document import CodeCell, Document
from jupyter_flows.notebooks.told_attempt import ToldAttempt
from jupyter_flows.notebooks.told_pause import ToldPause
from jupyter_flows.services.artifacts import keep_artifact
from jupyter_flows.services.attempt_place import AttemptPlace
from jupyter_flows.services.cell_cache import Expiring
from jupyter_flows.services.earlier_cells import EarlierCells, cell_digest
from jupyter_flows.services.printed_lines import PrintedLines

_MOST_CHARACTERS = 100_000


class NotebookWatcher(Protocol):
    """Who looks on while a notebook runs; ``number`` counts the notebook's cells from 1, as people do."""

    def opened(self, run_id: str, name: str, cells: Sequence[CodeCell]) -> None:
        """The run is in the store, and its kernel is about to start."""
        ...

    def started(self, number: int) -> None:
        """A cell was sent to the kernel."""
        ...

    def printed(self, number: int, line: str) -> None:
        """A cell printed this whole line."""
        ...

    def showing(self, number: int, text: str) -> None:
        """What to show of a cell just now: the newest words of what it prints."""
        ...

    def ended(self, number: int, state: State) -> None:
        """A cell has ended."""
        ...


class CellPlace:
    """A cell runs in the kernel; orders about it have nothing to do here."""

    def start(self, order: StartAttempt) -> None:
        """The kernel takes its cells one after the other."""

    def hooks(self, order: RunHooks | RunHandlers) -> None:
        """A cell has no hooks."""

    def settle(self, order: Settle) -> None:
        """Publish the state."""
        order.call.settle(order.state)  # type: ignore[attr-defined]

    def stop(self, order: StopAttempt) -> None:
        """Who stops a cell stops the whole notebook."""


@dataclass(slots=True)
class _Cell:
    """A cell that has not ended.

    Parameters
    ----------
    attempt
        That is under way, or will be.
    end
        Its state if nothing more is heard of it; None before it has begun.
    is_between
        Whether it waits for its next attempt.
    chosen
        The good end that it chose itself; None where it just ended well.
    rounds, round_gave
        Rounds of a `Loop` that are over, and what the last of them gave.
    outcome
        How it completed, where more is known of that than that it did.
    """

    call: Call
    attempt: int
    end: State | None = None
    is_between: bool = False
    chosen: State | None = None
    rounds: int = 0
    round_gave: Any = None
    outcome: Outcome | None = None


class CellRuns:
    """Tells a run's machine what happens to its cells: the `CellObserver` of the execution.

    Parameters
    ----------
    run
        The notebook's flow run.
    document
        The notebook.
    inputs
        Its parameters, which are what led to a failure.
    watcher
        Told the same, for people.
    plan
        Which cells are tasks, and what joins them.
    earlier
        What is known of the cells from earlier attempts of the run.
    parallel
        Whether cells begin as soon as what they depend on has ended; otherwise each when it is sent.
    """

    def __init__(
        self,
        run: FlowRunHandle,
        document: Document,
        inputs: Mapping[str, Any],
        watcher: NotebookWatcher,
        plan: CellPlan | None = None,
        earlier: EarlierCells | None = None,
        *,
        parallel: bool = False,
    ) -> None:
        self.terminated = False  # whether an interruption means that the process must end
        self._run, self._document, self._watcher = run, document, watcher
        self._plan, self._earlier = plan or CellPlan(), earlier or EarlierCells()
        self._inputs = json.dumps({name: short_repr(value) for name, value in inputs.items()})
        self._lines: dict[int, PrintedLines] = {}
        self._first_task = min((cell.index for cell in self._plan.tasks), default=0) if parallel else None
        self._cells: dict[int, _Cell] = {}  # those that have not ended, by index
        self._skipped = set(self._earlier.skipped)

    def number_of(self, index: int) -> int:
        """The number of a cell's task run."""
        return self._earlier.numbers.get(index, index + 1)

    def submit(self) -> None:
        """Tell of every cell that is to run, so that those to come are seen waiting."""
        before: int | None = None  # the plain cell before; without tasks, or in order, the cell before
        for cell in self._document.code_cells:
            if cell.index not in self._earlier.reused:
                self._submit(cell, self._upstreams(cell.index, before))
            if self._first_task is None or not self._is_task(cell.index):
                before = cell.index

    def _submit(self, cell: CodeCell, upstreams: Mapping[int, bool]) -> None:
        number, spec, stood = self.number_of(cell.index), self._spec(cell), self._earlier.stood.get(cell.index)
        place = AttemptPlace() if self._is_task(cell.index) or self._waits(cell.index) else CellPlace()
        code = UserCode(lambda: None, self._document)
        call = Call(self._run, number, spec, code, (), {}, spec.name, place)
        begins = TaskSubmitted(
            time.time(),
            number,
            spec,
            call,
            spec.name,
            tuple((self.number_of(upstream), allowed) for upstream, allowed in sorted(upstreams.items())),
            externals=0 if self._waits(cell.index) else self._gates,
            needs=self._needs(cell.index, spec),
            digest=cell_digest(self._document.node["cells"][cell.index]["id"]),
            earlier=stood,
        )
        self._post(begins)
        self._cells[cell.index] = _Cell(call, 1 if stood is None else stood.attempts + 1)

    @property
    def _gates(self) -> int:
        """With tasks, edges say less than the order in which cells are sent: who sends them opens the gate."""
        return 1 if self._plan.cells else 0

    def _is_task(self, index: int) -> bool:
        return index in self._plan.cells and self._plan.cells[index].is_task

    def _waits(self, index: int) -> bool:
        """Whether a cell begins when its upstreams have ended."""
        return self._first_task is not None and index >= self._first_task

    def _upstreams(self, index: int, before: int | None) -> dict[int, bool]:
        """Positions of what a cell comes after, and whether that may have failed.

        A task comes after what it takes its values from, a plain cell after the one before it.
        """
        if self._waits(index):
            found = self._plan.comes_after(index)
            if not self._is_task(index):  # it may look at anything above it, but needs only what it reads
                found = {**dict.fromkeys(self._plan.last_tasks(before, index), True), **found}
            if before is not None and (not self._is_task(index) or before < (self._first_task or 0)):
                found[before] = False
            return found
        if self._is_task(index):
            return dict.fromkeys([*self._plan.upstreams(index), *self._plan.takes(index)], True)
        return {} if before is None else {before: True}

    def _spec(self, cell: CodeCell) -> TaskSpec:
        planned, tags = self._plan.cells.get(cell.index), self._tags(cell)
        if planned is None:
            return TaskSpec(self._name(cell), kind="cell", tags=tags, skip_on_upstream_skip=False)
        name, line = planned.name or self._name(cell), planned.line or TaskLine()
        tags = tuple(dict.fromkeys([*line.tags, *tags]))
        retry = RetryPolicy(line.retries, line.retry_delay_seconds)
        version = planned.digest[:12]
        skips = planned.is_task
        return TaskSpec(name, kind="cell", tags=tags, retry=retry, skip_on_upstream_skip=skips, version=version)

    def _needs(self, index: int, spec: TaskSpec) -> tuple[tuple[str, int], ...]:
        """One slot of every limit that a task's tag names."""
        if not self._is_task(index):
            return ()
        return tuple((tag, 1) for tag in spec.tags if self._run.session.limits.size(tag) is not None)

    # -- attempts of tasks -----------------------------------------------------------------------------------------

    async def may_begin(self, index: int) -> State | None:
        """Wait until a cell has the slots that it needs, and its upstreams have ended; a state where it never will."""
        cell = self._cells[index]
        place = cell.call.place
        held = self._waits(index) or self._needs(index, cell.call.spec) or self._is_skipped(index)
        if not isinstance(place, AttemptPlace) or not held:
            return None
        if not self._waits(index):
            self._post(UpstreamSettled(time.time(), cell.call.number, completed(time.time()), allow_failure=True))
        word = await place.settled_or_started(cell.attempt)
        if isinstance(word, Settle) and word.state.name == "Skipped":
            self._skipped.add(index)
        return word.state if isinstance(word, Settle) else None

    def _is_skipped(self, index: int) -> bool:
        """Whether a task comes after one that was skipped."""
        return self._is_task(index) and not self._skipped.isdisjoint(self._plan.upstreams(index))

    def cell_never_began(self, index: int, state: State) -> None:
        """A cell has ended because of what it depends on, or is not reached any more."""
        cell = self._cells.pop(index)
        if cell.call.state is None:
            self._post(RunAbandoned(state.at, cell.call.number, state))
        self._watcher.ended(index + 1, state)

    async def tries_again(self, index: int, error: Exception) -> int | None:
        """Tell that an attempt has failed and wait for what follows: the number of the next attempt, or None."""
        cell = self._cells[index]
        place, number, outcome = cell.call.place, cell.call.number, self._outcome(error)
        asked = outcome.again or outcome.loop or cell.call.spec.retry.retries
        if not isinstance(place, AttemptPlace) or not asked:
            return None
        self._keep_lines(index, self._lines.pop(index, PrintedLines()).finish())
        self._post(AttemptEnded(outcome.state.at, number, cell.attempt, outcome))
        cell.is_between = True
        word = await place.settled_or_started(cell.attempt + 1)
        if isinstance(word, Settle):
            return None
        cell.is_between, cell.attempt = False, word.attempt
        if outcome.loop:
            cell.rounds, cell.round_gave = cell.rounds + 1, json.loads(outcome.value or "null")
        return cell.attempt

    def told(self, index: int) -> ToldAttempt:
        """What the kernel is to know of a task's attempt that is about to begin."""
        cell, stood = self._cells[index], self._earlier.stood.get(index)
        number, spec, resumed = cell.call.number, cell.call.spec, stood is not None and stood.kind is PAUSED
        return ToldAttempt(number, spec.name, cell.attempt, spec.tags, cell.rounds + 1, cell.round_gave, resumed)

    def cell_started(self, index: int) -> None:
        """See `CellObserver`."""
        cell = self._cells[index]
        cell.end = crashed(time.time(), "its end is not known")
        self._post(AttemptStarted(time.time(), cell.call.number, cell.attempt), wake=self._is_told_at_once(cell))
        self._watcher.started(index + 1)

    def cell_output(self, index: int, text: str) -> None:
        """See `CellObserver`."""
        self._watcher.showing(index + 1, text)

    def cell_printed(self, index: int, stream: str, text: str) -> None:
        """See `CellObserver`."""
        self._keep_lines(index, self._lines.setdefault(index, PrintedLines()).add(stream, text))

    def cell_attached(self, index: int, artifact: Mapping[str, Any]) -> None:
        """See `CellObserver`."""
        keep_artifact(self._run, self.number_of(index), artifact)

    def cell_pauses(self, index: int, told: ToldPause) -> None:
        """See `CellObserver`."""
        at = time.time()
        asked = InputAsked(self._run.id, told.key, told.schema, at, told.expires_at)
        if told.what == "asks":
            self._post(asked)
        else:
            self._post(FlowPaused(at, told.message, asked) if told.what == "pauses" else FlowContinued(at))

    def cell_completes_as(self, index: int, state: State) -> None:
        """A task chose its good end itself; what depends on a task that was skipped is skipped, too."""
        cell = self._cells[index]
        cell.chosen, cell.outcome = state, Outcome(replace(state, at=time.time()), explicit=True)
        if state.name == "Skipped":
            self._skipped.add(index)

    def note(self, index: int, level: int, text: str) -> None:
        """Keep a line of our own with a cell's task run."""
        say(self._run, self.number_of(index), level, text)

    def cell_kept(self, index: int, kept: KeptResult | None, message: str, expiring: Expiring | None = None) -> None:
        """What a task gave to later cells was kept, perhaps for later runs too; or why some of it was not."""
        cell = self._cells[index]
        number, message = cell.call.number, f"{NOT_KEPT}{message}" if message else ""
        at = time.time()
        key, until = (None, None) if expiring is None else (expiring.key, expiring.until)
        record = None if kept is None else ResultKept(self._run.id, number, cell.attempt, at, key, until, kept)
        end = completed(at, message=message)
        if cell.chosen is not None:
            end = replace(end, name=cell.chosen.name, message="; ".join(filter(None, (cell.chosen.message, message))))
        cell.outcome = Outcome(end, kept=record, explicit=cell.chosen is not None)

    def cell_ended(self, index: int, error: Exception | None) -> None:
        """See `CellObserver`."""
        self._keep_lines(index, self._lines.pop(index, PrintedLines()).finish())
        cell = self._cells.pop(index)
        call, state = cell.call, cell.call.state
        if state is None:
            outcome = cell.outcome if error is None and cell.outcome is not None else self._outcome(error)
            state = outcome.state
            if cell.end is None or cell.is_between:
                self._post(RunAbandoned(state.at, call.number, state))
            else:
                wake = error is not None or self._is_told_at_once(cell)
                outcome = outcome._replace(may_retry=False)  # nobody is left to try again, as where the kernel died
                self._post(AttemptEnded(state.at, call.number, cell.attempt, outcome), wake=wake)
        self._watcher.ended(index + 1, state)

    def cell_restored(self, index: int, state: State) -> None:
        """A finished cell was put back instead of running again."""
        self._watcher.ended(index + 1, state)

    def cell_unrestored(self, index: int, problem: str) -> None:
        """A finished cell could not be put back after all: it runs again."""
        cell = next(cell for cell in self._document.code_cells if cell.index == index)
        self._submit(cell, self._upstreams(index, None))
        self._keep_lines(index, [f"its values could not be put back, so it runs again: {problem}"])

    def ended_from_outside(self) -> State | None:
        """The state in which the machine has ended the cell that is under way; None where none is."""
        under_way = (cell.call for cell in list(self._cells.values()) if cell.end is not None)
        return next((call.state for call in under_way if call.state is not None), None)

    def close(self) -> None:
        """End every cell that has not ended: one that was under way is lost, the others were never reached."""
        for index, cell in self._cells.items():
            at = time.time()
            end = cell.end or cancelled(at, "the notebook ended before it", "NotRun")
            self._post(RunAbandoned(at, cell.call.number, end))
            self._watcher.ended(index + 1, end)
        self._cells.clear()

    def _keep_lines(self, index: int, lines: Iterable[str]) -> None:
        run, number = self._run, self.number_of(index)
        for line in lines:
            record = LogWritten(run.id, number, time.time(), logging.INFO, "cell", line[:_MOST_CHARACTERS])
            run.session.post_slowly(run, record, wake=False)
            self._watcher.printed(index + 1, line)

    def _outcome(self, error: Exception | None) -> Outcome:
        at = time.time()
        match error:
            case None:
                return Outcome(completed(at))
            case CellSignalled(outcome=outcome):
                state = replace(outcome.state, at=at, data=error)
                if state.kind not in {FAILED, CRASHED} or outcome.again:
                    return outcome._replace(state=state)
                told = {"error_type": error.error_name, "traceback": error.traceback, "inputs": self._inputs}
                return outcome._replace(state=state, **told)
            case CellFailed():
                state = failed(at, error, _one_line(f"{error.error_name}: {error.error_value}"))
                return Outcome(state, error_type=error.error_name, traceback=error.traceback, inputs=self._inputs)
            case RunTimedOut():
                state = failed(at, error, _one_line(str(error)), "TimedOut")
                return Outcome(state, error_type="TimedOut", inputs=self._inputs)
            case KernelDied():
                state = crashed(at, _one_line(str(error)), "KernelDied", error)
                return Outcome(state, error_type="KernelDied", inputs=self._inputs)
            case RunCancelled() if self.terminated:
                return Outcome(crashed(at, "the process was told to terminate", "Interrupted", error))
            case RunCancelled():
                return Outcome(cancelled(at, "interrupted", error=error))
            case _:
                return Outcome(crashed(at, _one_line(f"{type(error).__name__}: {error}"), error=error))

    def _name(self, cell: CodeCell) -> str:
        given = self._document.node["cells"][cell.index]["metadata"].get("name")
        return given if isinstance(given, str) and given.strip() else cell.label or f"cell {cell.index + 1}"

    def _tags(self, cell: CodeCell) -> tuple[str, ...]:
        tags = self._document.node["cells"][cell.index]["metadata"].get("tags", ())
        return tuple(tag for tag in tags if isinstance(tag, str))

    def _is_told_at_once(self, cell: _Cell) -> bool:
        """Whether somebody waits for the machine's word; plain cells in order are told when the session looks next."""
        return isinstance(cell.call.place, AttemptPlace)

    def _post(self, event: Any, *, wake: bool = True) -> None:
        self._run.session.post(self._run, event, wake)


def _one_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:500]
