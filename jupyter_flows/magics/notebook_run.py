"""`%flow run`: one flow run of the notebook, with a task run for each of its task cells."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.authoring.runs import open_flow_run
from jupyter_flows.authoring.task import Task
from jupyter_flows.cells.staleness import Freshness
from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.drivers.interrupts import Terminable
from jupyter_flows.drivers.threads import run_in_caller
from jupyter_flows.engine.rules import graph_end
from jupyter_flows.errors import BadOption
from jupyter_flows.magics.cell_runner import CellRunner
from jupyter_flows.magics.cell_task import inputs_of
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.notebook import Notebook
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.model.states import COMPLETED, FOLLOWING, State

if TYPE_CHECKING:
    from jupyter_flows.magics.workbench import Workbench


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run of the notebook is to do.

    Parameters
    ----------
    cells
        The task cells that take part, each after its upstreams.
    why
        Why each of those that must run does so, by the ids of their cells.
    forced
        Those that run even where all that they depend on comes out as it was.
    """

    cells: tuple[KnownCell, ...]
    why: Mapping[str, str]
    forced: frozenset[str] = frozenset()


def plan_run(
    notebook: Notebook, judged: Mapping[str, Freshness], names: Sequence[str] = (), *, force: bool = False
) -> RunPlan:
    """Say which task cells run.

    Parameters
    ----------
    judged
        Which are stale.
    names
        Those that are wanted, with all that they depend on; every one where none is named.
    force
        Whether those that are wanted run although they are fresh.

    Raises
    ------
    BadOption
        A name that no task has.
    """
    tasks = {cell.name: cell for cell in notebook.tasks}
    for name in names:
        if name not in tasks:
            raise BadOption(
                "%flow run", "NAME", name, f"there is no such task; there are: {', '.join(tasks) or 'none'}"
            )
    wanted = {tasks[name].id for name in names} if names else {cell.id for cell in tasks.values()}
    part = set(wanted)
    for cell in reversed(notebook.tasks):
        if cell.id in part:
            part |= set(notebook.graph.upstreams(cell.id))
    cells = tuple(cell for cell in notebook.tasks if cell.id in part)
    why = {cell.id: str(judged[cell.id]) for cell in cells if judged[cell.id].is_stale}
    if force:
        why |= dict.fromkeys(wanted - why.keys(), "asked for by --force")
    return RunPlan(cells, why, frozenset(wanted) if force else frozenset())


class NotebookRun:
    """One run of the notebook's task cells.

    Parameters
    ----------
    bench
        The notebook at work.
    plan
        What to do.
    name
        Of the flow.
    parallel
        Whether cells that do not depend on each other run at once, in threads.
    isolation
        Where the code of cells runs that do not say so themselves.
    """

    def __init__(
        self, bench: Workbench, plan: RunPlan, name: str, *, parallel: bool = False, isolation: str = ""
    ) -> None:
        self._bench, self._plan, self._parallel, self._isolation = bench, plan, parallel, isolation
        self._runner = CellRunner(parallel=parallel)
        self._spec = FlowSpec(name, "notebook")
        self.futures: dict[str, TaskFuture[Any]] = {}
        self.run_id = ""

    def run(self) -> State:
        """Run it to its end in this thread, and return how it ended.

        Raises
        ------
        KeyboardInterrupt
            Every task run has ended by then.
        """
        runner = self._runner
        run, opening = open_flow_run(self._spec, UserCode(self._run_all, self), runner)
        self.run_id = run.id
        try:
            with Terminable():
                return run_in_caller(cast("Call", run.call), opening)
        finally:
            runner.close()
            for cell in self._plan.cells:
                self._note_end(cell)

    def _run_all(self) -> State:
        self._submit_all()
        ends = [(cell.name, self.futures[cell.id].wait().state) for cell in self._plan.cells]
        return graph_end(ends, time.time(), None, what="tasks")

    def _submit_all(self) -> None:
        for cell in self._plan.cells:
            upstreams = self._bench.notebook.graph.upstreams(cell.id)
            waits = [self.futures[each] for each in upstreams if each in self.futures]
            self.futures[cell.id] = self._submit(cell, waits)
            if not self._parallel:
                self.futures[cell.id].wait()
                self._note_end(cell)

    def _submit(self, cell: KnownCell, waits: list[TaskFuture[Any]]) -> TaskFuture[Any]:
        if cell.id not in self._plan.why:
            self._runner.inline = not self._parallel
            return kept_task(cell).submit(wait_for=waits)
        forced = cell.id in self._plan.forced
        self._bench.expect(cell, away=True, forced=forced, rerun=True, isolation=self._isolation)
        self._runner.inline = not self._parallel and cell.isolation != "process"
        with self._bench.theatre.on(self._bench.performer.stage(cell)):
            return self._bench.task_for(cell).submit(*inputs_of(cell, self._bench.namespace), wait_for=waits)

    def _note_end(self, cell: KnownCell) -> None:
        future = self.futures.get(cell.id)
        if cell.id in self._plan.why and future is not None and future.done() and cell.ended_at is None:
            self._bench.ended(cell, future.state)

    def first_error(self) -> BaseException | None:
        """The error of the first task cell that failed by itself."""
        for cell in self._plan.cells:
            state = self.futures[cell.id].state if cell.id in self.futures else None
            if state is not None and not state.is_completed() and state.name not in FOLLOWING:
                return cast("BaseException", state.result(raise_on_failure=False))
        return None

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, state and reason of each task cell that took part."""
        ends = ((cell, self.futures.get(cell.id)) for cell in self._plan.cells)
        return [(cell.name, *self._row(cell, future)) for cell, future in ends]

    def _row(self, cell: KnownCell, future: TaskFuture[Any] | None) -> tuple[str, str]:
        if future is None:
            return "NotRun", ""
        state = future.state
        return state.name, state.message or self._plan.why.get(cell.id, "")


def kept_task(cell: KnownCell) -> Task[..., Any]:
    """A task that stands for one that need not run: it says so, and that is all."""

    def keep() -> State:
        return State(COMPLETED, "Cached", "fresh: nothing that it depends on has changed")

    return Task(keep, {"name": cell.name, "tags": cell.task.tags if cell.task is not None else ()})
