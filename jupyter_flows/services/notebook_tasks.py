"""The task cells of a headless notebook run: their attempts, what is kept of them, and what is put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from jupyter_flows.cells.task_line import TaskLine
from jupyter_flows.drivers.tracebacks import short_repr
from jupyter_flows.engine.ports import ResultIndex, ResultStore
from jupyter_flows.errors import CellSignalled, JupyterFlowsError
from jupyter_flows.model.results import KeptResult
from jupyter_flows.model.states import State, completed
from jupyter_flows.notebooks.cell_plan import CellPlan
from jupyter_flows.notebooks.kernel_answer import content_of
from jupyter_flows.notebooks.task_cells import IsolatedNames, Restoration
from jupyter_flows.notebooks.told_attempt import ToldAttempt
from jupyter_flows.services.cell_cache import CellCache
from jupyter_flows.services.earlier_cells import EarlierCells
from jupyter_flows.services.kept_names import keeping_expression
from jupyter_flows.services.manifest import LostValue, Manifest
from jupyter_flows.services.notebook_cells import CellRuns


class NotebookTasks:
    """See `jupyter_flows.notebooks.task_cells.TaskCells`.

    Parameters
    ----------
    cells
        Tells the run's machine.
    run_id
        The flow run.
    plan
        Which cells are tasks, and what joins them.
    earlier
        What is known from earlier attempts.
    results, index
        Open where values are kept, and what finds them by a key.
    room
        Bytes that the values of this run may take.
    """

    def __init__(
        self,
        cells: CellRuns,
        run_id: str,
        plan: CellPlan,
        earlier: EarlierCells,
        results: Callable[[], ResultStore],
        index: Callable[[], ResultIndex],
        room: int,
    ) -> None:
        self._cells, self._run_id, self._plan, self._earlier = cells, run_id, plan, earlier
        self._results, self._room = results, room - earlier.size
        self._cache = CellCache(plan, results, index, cells.note)

    def source(self, index: int, text: str) -> str:
        """See the protocol."""
        planned = self._plan.cells.get(index)
        return text if planned is None else planned.sent

    def time_limit(self, index: int) -> float | None:
        """See the protocol."""
        planned = self._plan.cells.get(index)
        return None if planned is None or planned.line is None else planned.line.timeout_seconds or None

    def is_task(self, index: int) -> bool:
        """See the protocol."""
        return index in self._plan.cells and self._plan.cells[index].is_task

    def preparation(self) -> dict[str, Any]:
        """See the protocol."""
        cells = self._plan.cells.values()
        lines = {cell.id: asdict(replace(cell.line or TaskLine(), name=cell.name)) for cell in cells if cell.is_task}
        told = [{"id": cell.id, "text": cell.text, "line": lines.get(cell.id)} for cell in cells]
        return {"ambient": [code for cell in cells if (code := cell.ambient)], "cells": told}

    async def may_begin(self, index: int) -> State | None:
        """See the protocol."""
        return await self._cells.may_begin(index)

    def never_began(self, index: int, state: State) -> None:
        """See the protocol."""
        self._cells.cell_never_began(index, state)

    async def tries_again(self, index: int, error: Exception) -> str | None:
        """See the protocol."""
        attempt = await self._cells.tries_again(index, error)
        if attempt is None:
            return None
        return f"[jupyter flows: attempt {attempt - 1} {_ended(error)}; here begins attempt {attempt}]\n"

    # -- values ----------------------------------------------------------------------------------------------------

    def cache_question(self, index: int) -> str | None:
        """See the protocol."""
        return self._cache.question(index)

    def cached(self, index: int, bundle: Mapping[str, Any] | None, problem: str) -> Restoration | str | None:
        """See the protocol."""
        return self._cache.found(index, bundle, problem)

    def names(self, index: int) -> IsolatedNames | None:
        """See the protocol."""
        if not self.is_task(index) or self._plan.isolation(index) not in {"copy", "process"}:
            return None
        return IsolatedNames(self._plan.cells[index].name, self._plan.needs(index), self._plan.gives(index))

    def told(self, index: int) -> ToldAttempt | None:
        """See the protocol."""
        return self._cells.told(index) if self.is_task(index) else None

    def completes_as(self, index: int, state: State) -> None:
        """See the protocol."""
        if state.name == "Cached":
            self._cache.forget(index)
        self._cells.cell_completes_as(index, state)

    def keeping(self, index: int, *, skipped: bool) -> str | None:
        """See the protocol."""
        planned = self._plan.cells.get(index)
        if planned is None or not planned.is_task:
            return None
        names = self._names_to_keep(index)
        if skipped:
            return None
        if names or self._cache.is_kept(index):
            return keeping_expression(self._run_id, self._cells.number_of(index), names, self._room)
        self._keep(index, Manifest(planned.digest))
        return None

    def _names_to_keep(self, index: int) -> tuple[str, ...]:
        """What later cells take; for later runs, all that it gives."""
        names = self._plan.to_keep(index)
        return tuple(dict.fromkeys([*names, *self._plan.gives(index)])) if self._cache.is_kept(index) else names

    def kept(
        self, index: int, answer: Mapping[str, Any] | None, problem: str, shown: Sequence[Mapping[str, Any]]
    ) -> None:
        """See the protocol."""
        digest = self._plan.cells[index].digest
        content = content_of(answer)
        manifest = Manifest.of_json({**content, "source": digest}) if content is not None else None
        if manifest is None:
            why = f"the kernel could not keep it ({problem or 'no answer'})"
            names = self._names_to_keep(index)
            manifest = Manifest(digest, lost={name: LostValue("value", why) for name in names})
        self._room -= manifest.size
        if self._cache.is_kept(index):
            manifest = replace(manifest, shown=tuple(shown))
        self._keep(index, manifest)

    def _keep(self, index: int, manifest: Manifest) -> None:
        number = self._cells.number_of(index)
        kept: KeptResult | None = None
        message = manifest.message
        try:
            kept = self._results().write(manifest.as_json(), self._run_id, number, None, None)
        except JupyterFlowsError as error:  # a full disk: the run goes on, and says that it cannot be resumed here
            message = str(error)
        self._cells.cell_kept(index, kept, message, self._cache.expiring(index, manifest))

    def restoration(self, index: int) -> Restoration | None:
        """See the protocol."""
        return self._earlier.reused.get(index)

    def restored(self, index: int, problem: str) -> bool:
        """See the protocol."""
        if problem:
            self._cells.cell_unrestored(index, problem)
            return False
        known = self._earlier.reused[index]
        self._cells.cell_restored(index, completed(0.0, message=known.message, name=known.state))
        return True


def _ended(error: Exception) -> str:
    if isinstance(error, CellSignalled) and (error.outcome.again or error.outcome.loop):
        return error.outcome.state.message or "asked for another"
    return f"failed ({_one_line(error)})"


def _one_line(error: Exception) -> str:
    name, value = getattr(error, "error_name", ""), getattr(error, "error_value", "")
    text = f"{name}: {value}" if name else str(error)
    return short_repr(text)[1:-1] if "\n" in text else text[:300]


__all__ = ["NotebookTasks"]
