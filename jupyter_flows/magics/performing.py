"""One attempt of a task cell: its body on its stage, in the notebook's namespace or in a copy of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_flows.cells.ambient import ambient_code
from jupyter_flows.cells.staleness import LastRun
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.magics.cell_program import CellProgram, Namespace
from jupyter_flows.magics.copied_names import copies_of, take_over
from jupyter_flows.magics.freshness import Marks, digests_after, digests_of, gone_of, needed_by, outputs_of
from jupyter_flows.magics.kept import Kept, kept_of
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.stage import Stage, Theatre
from jupyter_flows.model.states import COMPLETED, State


class CellPerformer:
    """Runs cells' bodies, and brings back what earlier runs gave.

    Parameters
    ----------
    theatre
        Where their outputs go.
    namespace
        Gives the notebook's names.
    """

    def __init__(self, theatre: Theatre, namespace: Callable[[], Namespace]) -> None:
        self.theatre = theatre
        self._namespace = namespace
        self.marks: Marks = {}

    def attempt(self, cell: KnownCell) -> Any:
        """Run a cell; return what is to be kept of it, or a coroutine of that where the cell awaits."""
        assert cell.program is not None
        unchanged = self._begin(cell)
        if cell.program.is_async:
            return self._attempt_async(cell, cell.program, unchanged)
        if unchanged is not None:
            return unchanged
        names, before = self._names_for(cell)
        with self.theatre.on(self.stage(cell)) as stage:
            cell.program.run(names, self.theatre.show)
        return self._take(cell, names, before, stage)

    async def _attempt_async(self, cell: KnownCell, program: CellProgram, unchanged: State | None) -> Any:
        if unchanged is not None:
            return unchanged
        names, before = self._names_for(cell)
        with self.theatre.on(self.stage(cell)) as stage:
            await program.run_async(names, self.theatre.show)
        return self._take(cell, names, before, stage)

    def _begin(self, cell: KnownCell) -> State | None:
        """Note what a cell depends on; a state where its run before had just that, and it need not run."""
        self.note_run(cell)
        names, last = self._namespace(), cell.last
        cell.before = digests_of(cell, names, self.marks)
        is_same = last is not None and last.is_completed and last.digests == cell.before
        if is_same and not cell.is_forced and not gone_of(cell, names, self.marks):
            return State(COMPLETED, "Cached", "fresh after all: what it depends on came out as it was")
        if cell.started_at is None:
            cell.started_at = time.time()
            if cell.is_rerun and cell.request.keeps_late_messages:
                self.theatre.clear(cell.request.parent)
        return None

    def note_run(self, cell: KnownCell) -> None:
        """Note in which run a cell's task is."""
        frame = current_frame()
        if frame is not None:
            cell.run_id, cell.number = frame.run.id, frame.call.number

    def stage(self, cell: KnownCell) -> Stage:
        """Where a cell's outputs go."""
        shown = [] if cell.is_cached else None
        if not cell.is_away:
            return Stage(shown=shown)
        parent: Mapping[str, Any] = cell.request.parent if cell.request.keeps_late_messages else {}
        return Stage(parent, is_away=True, count=cell.count, shown=shown)

    # -- isolation -------------------------------------------------------------------------------------------------

    def _names_for(self, cell: KnownCell) -> tuple[Namespace, Namespace]:
        """The namespace to run in, and what it began with where it is a copy."""
        names = self._namespace()
        if cell.isolation != "copy":
            return names, names
        own = {**names, **copies_of(names, needed_by(cell), cell.name)}
        return own, dict(own)

    def _take(self, cell: KnownCell, names: Namespace, before: Namespace, stage: Stage) -> Kept | None:
        """Take over what a cell gave."""
        if names is not before:
            take_over(self._namespace(), names, before, outputs_of(cell))
        self.gave(cell)
        if stage.shown is None:
            return None
        kept = kept_of(cell, names, stage.gathered())
        if kept.problem:
            print(kept.problem, file=sys.stderr)
        return kept

    # -- ends ------------------------------------------------------------------------------------------------------

    def gave(self, cell: KnownCell) -> None:
        """Note what a cell gave, and what it then depended on."""
        names = self._namespace()
        for name in outputs_of(cell):
            if name in names:
                self.marks[name] = (id(names[name]), cell.run_id)
        before = cell.before or digests_of(cell, names, self.marks)
        cell.last = LastRun(digests_after(cell, before, names, self.marks))

    def restore(self, cell: KnownCell, kept: Kept) -> None:
        """Give the notebook what an earlier run of a cell gave, or one in another process: names, and outputs."""
        names = self._namespace()
        cell.before = cell.before or digests_of(cell, names, self.marks)
        if cell.is_rerun and cell.request.keeps_late_messages:
            self.theatre.clear(cell.request.parent)
        exec(compile(ambient_code(cell.source), "<imports and definitions>", "exec"), names)  # noqa: S102
        names.update(kept.values)
        stage = self.stage(cell)
        stage.shown = None
        with self.theatre.on(stage):
            self.theatre.replay(kept.shown)
        self.gave(cell)
