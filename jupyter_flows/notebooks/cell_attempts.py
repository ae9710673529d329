"""Cells that are tasks, as the executor meets them: by their place in the executed copy."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from jupyter_flows.model.states import COMPLETED, PAUSED, State, completed
from jupyter_flows.notebooks.cell_end import Ask, CellEnd, Completed, Died, PassedLimit, Raised, Stopped
from jupyter_flows.notebooks.cell_run import CellRun, leaves_well
from jupyter_flows.notebooks.kernel_answer import content_of
from jupyter_flows.notebooks.task_cells import IsolatedNames, Restoration, TaskCells
from jupyter_flows.notebooks.terminal_text import without_escapes

_COPIES = "jupyter_flows.magics.copied_names"  # the kernel's side


class CellAttempts:
    """See `jupyter_flows.notebooks.cell_ports.CellAttempts`. The cell with injected parameters is never a task.

    Parameters
    ----------
    account
        Knows the executed copy and what ends mean.
    tasks
        Who decides.
    """

    def __init__(self, account: CellRun, tasks: TaskCells) -> None:
        self._account, self._copy, self._tasks = account, account.copy, tasks

    def text(self, position: int) -> str:
        """See the protocol."""
        index, text = self._copy.source_index(position), self._copy.cells[position]["source"]
        return text if index is None else self._tasks.source(index, text)

    def limit(self, position: int) -> float | None:
        """See the protocol."""
        index = self._copy.source_index(position)
        return None if index is None else self._tasks.time_limit(index)

    def restoration(self, position: int) -> Restoration | None:
        """See the protocol."""
        index = self._copy.source_index(position)
        return None if index is None else self._tasks.restoration(index)

    def put_back(self, position: int, restoration: Restoration, problem: str) -> bool:
        """See the protocol; what it showed is shown again, and what it published counts."""
        index = self._copy.source_index(position)
        if index is None or not self._tasks.restored(index, problem):
            return False
        self._copy.put_back(position, restoration)
        for output in restoration.outputs:
            self._account.take_published(output)
        return True

    def is_task(self, position: int) -> bool:
        """See the protocol."""
        index = self._copy.source_index(position)
        return index is not None and self._tasks.is_task(index)

    async def may_begin(self, position: int) -> State | None:
        """See the protocol."""
        index = self._copy.source_index(position)
        return None if index is None else await self._tasks.may_begin(index)

    def never_began(self, position: int, state: State) -> None:
        """See the protocol."""
        index = self._copy.source_index(position)
        self._copy.leave(position, state.name, state.message)
        if index is not None:
            self._tasks.never_began(index, state)

    async def tries_again(self, position: int, end: CellEnd) -> bool:
        """See the protocol. A kernel that died or does not answer takes no further attempt, nor one that is left."""
        index = self._copy.source_index(position)
        gone = isinstance(end, Died | Stopped) or (isinstance(end, PassedLimit) and not end.answers)
        if index is None or gone or leaves_well(end):
            return False
        failure = self._account.failure(position, end)
        said = await self._tasks.tries_again(index, failure.error)
        if said is None:
            return False
        self._copy.outputs.turn_errors_into(position, said)
        return True

    def told(self, position: int) -> Mapping[str, Any]:
        """See the protocol."""
        index = self._copy.source_index(position)
        attempt = None if index is None else self._tasks.told(index)
        return {} if attempt is None else attempt.as_metadata()

    async def recall(self, position: int, ask: Ask) -> CellEnd | None:
        """See the protocol."""
        index = self._copy.source_index(position)
        question = None if index is None else self._tasks.cache_question(index)
        if index is None or question is None:
            return None
        found = self._tasks.cached(index, *await ask(question, ""))
        if isinstance(found, Restoration) and (await ask(found.expression, found.code))[1]:
            return None  # its files are gone
        if found is None:
            return None
        self._account.started(position)
        if isinstance(found, str):
            return self._refused(position, "UncacheableInput", found)
        self._copy.show_again(position, found)
        for output in found.outputs:
            self._account.take_published(output)
        state = completed(time.time(), message=found.message, name=found.state)
        self._tasks.completes_as(index, state)
        return Completed(name=state.name, message=state.message)

    async def enter(self, position: int, ask: Ask) -> CellEnd | None:
        """See the protocol."""
        names = self.names(position)
        if names is None:
            return None
        asked = {"task": names.task, "needs": names.needs}
        bundle, problem = await ask(_call("enter", asked), "")
        problem = (content_of(bundle) or {}).get("problem", problem)
        if problem:
            self._account.started(position)
            return self._refused(position, "BadOption", str(problem))
        return None

    async def leave(self, position: int, end: CellEnd, ask: Ask) -> None:
        """See the protocol."""
        names = self.names(position)
        answers = isinstance(end, Completed | Raised) or (isinstance(end, PassedLimit) and end.answers)
        if names is not None and answers:
            await ask(_call("leave", {"gives": names.gives, "good": isinstance(end, Completed)}), "")

    def names(self, position: int) -> IsolatedNames | None:
        """See the protocol."""
        index = self._copy.source_index(position)
        return None if index is None else self._tasks.names(index)

    def _refused(self, position: int, name: str, why: str) -> Raised:
        """An attempt that fails before its code runs."""
        self._copy.outputs.add_error(position, name, why)
        return Raised(name, why, f"{name}: {why}")

    def heard(self, position: int, end: Raised) -> CellEnd:
        """See the protocol. Where a signal means no failure, its error gives way to a line."""
        index, signal = self._copy.source_index(position), end.signal
        if index is None or signal is None:
            return end
        state = signal.state
        if state.kind in {COMPLETED, PAUSED}:
            said = f": {without_escapes(state.message)}" if state.message else ""
            self._copy.outputs.turn_errors_into(position, f"{state.name.lower()}{said}\n")
        if state.kind is not COMPLETED:
            return end
        self._tasks.completes_as(index, state)
        return Completed(name=state.name, message=state.message)

    def keeping(self, position: int, end: Completed) -> str | None:
        """See the protocol."""
        index = self._copy.source_index(position)
        return None if index is None else self._tasks.keeping(index, skipped=end.name == "Skipped")

    def kept(self, position: int, answer: Mapping[str, Any] | None, problem: str) -> None:
        """See the protocol."""
        index = self._copy.source_index(position)
        if index is not None:
            self._copy.outputs.settle(position)
            self._tasks.kept(index, answer, problem, self._copy.cells[position]["outputs"])


def _call(function: str, asked: Mapping[str, Any]) -> str:
    return f"__import__({_COPIES!r}, fromlist=['_']).{function}({json.dumps(asked)!r})"


__all__ = ["CellAttempts"]
