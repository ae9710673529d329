"""The next attempt of a notebook run: which cells are put back, which run again and why, before it starts."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from logging import INFO, WARNING
from pathlib import Path
from typing import Any

from jupyter_flows.drivers.earlier_runs import EarlierRuns
from jupyter_flows.engine.ports import ResultStore, RunReader
from jupyter_flows.errors import CannotResume, KernelNotFound, NotebookError, ParameterError, ResultError
from jupyter_flows.model.events import Earlier
from jupyter_flows.model.runs import FlowRun, TaskRun
from jupyter_flows.model.states import CANCELLED, COMPLETED, CRASHED, PAUSED
from jupyter_flows.notebooks.cell_plan import PlannedCell, digest_of_cell, plan_cells
from jupyter_flows.notebooks.document import Document, load_notebook, read_notebook
from jupyter_flows.notebooks.journal import rebuild
from jupyter_flows.notebooks.nbformat4 import Node
from jupyter_flows.notebooks.parameters import check_parameters, declared_parameters
from jupyter_flows.notebooks.task_cells import Restoration
from jupyter_flows.services.answering import check_answered
from jupyter_flows.services.cells_again import cells_again
from jupyter_flows.services.earlier_cells import EarlierCells, cell_digest
from jupyter_flows.services.kept_names import restoring_expression
from jupyter_flows.services.manifest import Manifest
from jupyter_flows.services.notebook_choices import kept_kernel
from jupyter_flows.services.notebook_run import NextAttempt, NotebookCall
from jupyter_flows.services.recovery import Line, ResumePlan, RunAgain, check_again, check_ended

_NOT_SAID = "it was never recorded where its notebook is; run the notebook again"


@dataclass(frozen=True, slots=True)
class NotebookResume:
    """The next attempt of a notebook run, before it starts.

    Parameters
    ----------
    plan
        Its task cells: which are re-used, which run again.
    plain
        How many plain cells run.
    call, attempt
        What to run it with.
    """

    plan: ResumePlan
    plain: int
    call: NotebookCall
    attempt: NextAttempt


def plan_notebook_resume(
    reader: RunReader,
    results: Callable[[], ResultStore],
    run_id: str,
    at: float,
    again: Collection[str] = (),
    document: Document | None = None,
) -> NotebookResume:
    """Plan the next attempt of a notebook run; a run whose owner is dead is recorded as Crashed first.

    What a killed process left of the executed copy is mended from its journal.

    Parameters
    ----------
    run_id
        Id, unique start of an id, or name.
    results
        Opens where values are kept; asked only where there are any.
    at
        Now, in seconds since the epoch.
    again
        Names of tasks that are to run again although their values were kept.
    document
        The notebook, where somebody knows better where it is than the run does.

    Raises
    ------
    CannotResume
        It completed, is still running, its notebook is gone, or it has no such task.
    RunNotFound, AmbiguousRun, NotebookError
    """
    reader.record_dead(at)
    run = reader.flow_run(run_id)
    if run.state.kind is COMPLETED:
        raise CannotResume(run.name, "it completed; run the notebook again for a new result")
    check_ended(run)
    check_answered(reader, run)
    call = _call_of(run, document)
    shown = {cell["id"]: cell for cell in _earlier_cells(run, call)}
    cells = _Cells(call, reader.task_runs(run.id), shown)
    check_again(run, again, [cell.name for cell in call.plan.tasks])
    kept = _Kept(run, reader, results, cells)
    finished = {cell.index: found for cell in call.plan.tasks if (found := kept.manifest(cell, again)) is not None}
    unfinished = {cell.index: kept.reason(cell, again) for cell in call.plan.tasks if cell.index not in finished}
    repeated = cells_again(call.plan, finished, unfinished, [index for index in cells.changed if index not in finished])
    reused = {index: manifest for index, manifest in finished.items() if index not in repeated}
    known = cells.known
    skipped = {index: known[index].number for index in reused if known[index].state.is_skipped()}
    plan = ResumePlan(
        run,
        tuple(known[index] for index in reused),
        tuple(RunAgain(known[index], reason) for index, reason in repeated.items() if index in known),
        tuple(cells.told_changes(run)),
        EarlierRuns(reader.task_runs(run.id), lambda one: _nothing if one.number in skipped.values() else None),
    )
    earlier = EarlierCells(
        cells.numbers,
        {index: _stood(one) for index, one in known.items()},
        _restorations(run, call, reused, cells, shown),
        sum(manifest.size for manifest in reused.values()),
        frozenset(skipped),
    )
    plain = len(call.document.code_cells) - len(call.plan.tasks)
    return NotebookResume(plan, plain, call, NextAttempt(run, plan.stood, plan.earlier, earlier))


def _call_of(run: FlowRun, document: Document | None) -> NotebookCall:
    """The notebook as it is now, with the parameters of then."""
    document = document or _found(run)
    try:
        return NotebookCall(document, _given(run, document), plan_cells(document))
    except ParameterError as error:
        raise CannotResume(run.name, f"its notebook does not take the run's parameters any more: {error}") from None


def _found(run: FlowRun) -> Document:
    if not run.entry:
        raise CannotResume(run.name, _NOT_SAID)
    if not Path(run.entry).exists():
        raise CannotResume(run.name, f"its notebook {run.entry} is gone; put it back")
    kernel = kept_kernel(run.directory)
    try:
        return load_notebook(run.entry, kernel)
    except KernelNotFound as error:
        why = f"its kernel {kernel!r} is not installed any more; install it, or run the notebook anew with --kernel"
        raise (CannotResume(run.name, why) if kernel == error.name else error) from None


def _given(run: FlowRun, document: Document) -> Mapping[str, Any]:
    """The parameters that differ from what the notebook itself says."""
    values: dict[str, Any] = json.loads(run.parameters)
    own = {one.name: one.default if one.literal else one.default_source for one in declared_parameters(document)}
    return check_parameters(document, {name: value for name, value in values.items() if own.get(name, ...) != value})


class _Cells:
    """The cells of the notebook, and the task runs of then.

    A cell is known by its id; one that has another id (a front end gave it a new one), by its code.
    """

    def __init__(self, call: NotebookCall, task_runs: Sequence[TaskRun], shown: Mapping[str, Node]) -> None:
        self._shown = shown  # the cells of the executed copy, by id
        self._call, self._runs = call, [one for one in task_runs if one.kind == "cell" and one.digest]
        self.known: dict[int, TaskRun] = {}
        document = call.document
        ids = {cell.index: document.node["cells"][cell.index]["id"] for cell in document.code_cells}
        left = {one.number: one for one in self._runs}
        for index, cell_id in ids.items():
            self._match(index, left, lambda one: one.digest, cell_digest(cell_id))
        for index in sorted(call.plan.cells.keys() - self.known.keys()):
            self._match(index, left, lambda one: one.version, call.plan.cells[index].digest[:12])
        self.gone = list(left.values())
        fresh = max((one.number for one in task_runs), default=0)
        self.numbers = {index: one.number for index, one in self.known.items()}
        for index in ids:
            if index not in self.numbers:
                fresh += 1
                self.numbers[index] = fresh

    def _match(self, index: int, left: dict[int, TaskRun], sign: Callable[[TaskRun], object], wanted: object) -> None:
        found = next((one for one in left.values() if sign(one) == wanted), None)
        if found is not None:
            self.known[index] = left.pop(found.number)

    def names_of(self, index: int) -> tuple[str, ...]:
        """Names that later cells take from a task."""
        return self._call.plan.to_keep(index)

    @property
    def changed(self) -> list[int]:
        """Positions of cells with other code than in the attempt before."""
        cells = self._call.plan.cells
        return [index for index, cell in cells.items() if index not in self.known or self._differs(cell)]

    def _differs(self, cell: PlannedCell) -> bool:
        before = self._shown.get(cell.id)
        if before is not None:
            return before["source"] != cell.text and digest_of_cell(before) != cell.digest
        version = self.known[cell.index].version
        return bool(version) and version != cell.digest[:12]

    def told_changes(self, run: FlowRun) -> Iterable[str]:
        """What is not what it was, in words."""
        if run.version == self._call.document.fingerprint[:12]:
            return
        said = False
        for index in self.changed:
            cell, said = self._call.plan.cells[index], True
            what = "is new" if index not in self.known else "has other code"
            yield f"cell {cell.number}{f' ({cell.name})' if cell.name else ''} {what}"
        for one in self.gone:
            said = True
            yield f"the cell of {one.name} is gone"
        if not said and run.version:
            yield "the notebook was saved anew; what its cells do is the same"


class _Kept:
    """What is still to be had of the cells that finished."""

    def __init__(self, run: FlowRun, reader: RunReader, results: Callable[[], ResultStore], cells: _Cells) -> None:
        self._run_id, self._results, self._cells = run.id, results, cells
        self._kept = {(one.number, one.attempt): one for one in reader.results(run.id)}
        self._lost: dict[int, str] = {}

    def manifest(self, cell: PlannedCell, again: Collection[str]) -> Manifest | None:
        """What was kept of a task cell that need not run again for its own sake."""
        one = self._cells.known.get(cell.index)
        if one is None or one.state.kind is not COMPLETED or cell.name in again:
            return None
        if one.state.is_skipped() and one.version == cell.digest[:12]:  # it gave nothing
            return Manifest(cell.digest, absent=self._cells.names_of(cell.index))
        kept = self._kept.get((one.number, one.attempts))
        if kept is None:
            return None
        try:
            store = self._results()
            found = Manifest.of_json(store.read(kept.result, self._run_id, one.number))
            for value in found.values.values() if found is not None else ():
                store.check(value, self._run_id, one.number)
        except ResultError as error:
            self._lost[cell.index] = str(error)
            return None
        return found if found is not None and found.source == cell.digest else None

    def reason(self, cell: PlannedCell, again: Collection[str]) -> str:
        """Why a task cell runs again."""
        one = self._cells.known.get(cell.index)
        if one is None:
            return "it is new"
        if cell.name in again:
            return "asked for"
        if one.state.kind is COMPLETED:
            return self._lost.get(cell.index) or "it completed, but with other code than it has now"
        if one.state.name == "NotRun" or one.started_at is None:
            return "it never began"
        words = {CRASHED: "it was lost", CANCELLED: "it was cancelled", PAUSED: "it was paused"}
        word = words.get(one.state.kind, "it failed")
        return f"{word}: {one.state.message}" if one.state.message else word


def _nothing() -> None:
    """The value of a task that was skipped."""


def _stood(one: TaskRun) -> Earlier:
    return Earlier(one.state.kind, one.state_version, one.attempts if one.started_at is not None else 0)


def _restorations(
    run: FlowRun,
    call: NotebookCall,
    reused: Mapping[int, Manifest],
    cells: _Cells,
    shown: Mapping[str, Node],
) -> dict[int, Restoration]:
    made: dict[int, Restoration] = {}
    for index, manifest in reused.items():
        cell = call.plan.cells[index]
        before = shown.get(cell.id, {})
        made[index] = Restoration(
            cell.ambient,
            restoring_expression(run.id, cells.numbers[index], manifest.values, manifest.aliases),
            tuple(before.get("outputs") or ()),
            before.get("execution_count"),
            f"as attempt {run.attempts} left it",
            cells.known[index].state.name,
        )
    return made


def _earlier_cells(run: FlowRun, call: NotebookCall) -> list[Node]:
    """The cells of the executed copy; none where that is gone."""
    if run.directory is None:
        return []
    folder = Path(run.directory)
    try:
        copy = rebuild(folder) or folder / call.document.path.name
        return read_notebook(copy)["cells"]
    except (OSError, NotebookError):
        return []


def told_notebook(resume: NotebookResume) -> list[Line]:
    """Say in lines what the next attempt will do; what may surprise is a warning."""
    plan, run = resume.plan, resume.plan.run
    counted = f"{_count(len(plan.reused), 'finished task')} put back, {_count(len(plan.again), 'task')} to run"
    plain = f", {_count(resume.plain, 'plain cell')} to run" if resume.plain else ""
    lines = [Line(INFO, f"resuming {run.name} ({run.state.name}), attempt {run.attempts + 1}: {counted}{plain}")]
    lines += [Line(WARNING, f"changed since: {change}") for change in plan.changed]
    for one in plan.again:
        never = one.run.state.kind is not COMPLETED
        word = "runs" if one.run.started_at is None else "runs again"
        lines.append(Line(INFO if never else WARNING, f"{word}: {one.run.name}: {one.reason}"))
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


__all__ = ["NotebookResume", "plan_notebook_resume", "told_notebook"]
