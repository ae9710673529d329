"""`--cache` of the task cells of a headless run: what an earlier run gave is found by its key and put back."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_flows.engine.ports import ResultIndex, ResultStore
from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.model.cache_answers import CacheKey, hit_line, miss_line
from jupyter_flows.model.records import ResultKept
from jupyter_flows.notebooks.cell_plan import CellPlan, PlannedCell
from jupyter_flows.notebooks.kernel_answer import content_of
from jupyter_flows.notebooks.task_cells import Restoration
from jupyter_flows.services.kept_names import restoring_expression
from jupyter_flows.services.manifest import Manifest

_MODULE = "jupyter_flows.magics.cell_keys"  # the kernel's side


@dataclass(frozen=True, slots=True)
class Expiring:
    """Under which key something is kept, and until when; None for ever."""

    key: str
    until: float | None


class CellCache:
    """Finds what task cells gave in earlier runs.

    Parameters
    ----------
    plan
        The notebook's cells.
    results, index
        Open where values are kept, and what finds them by their keys.
    note
        Writes a line to the log of a cell's task run: position, level, text.
    """

    def __init__(
        self,
        plan: CellPlan,
        results: Callable[[], ResultStore],
        index: Callable[[], ResultIndex],
        note: Callable[[int, int, str], object],
    ) -> None:
        self._plan, self._results, self._index, self._note = plan, results, index, note
        self._keys: dict[int, str] = {}

    def is_kept(self, index: int) -> bool:
        """Whether what a cell gives is kept for later runs."""
        return self._seconds(index) is not None

    def question(self, index: int) -> str | None:
        """The expression that makes a cell's key in the kernel; None where nothing is to be found."""
        if not self.is_kept(index):
            return None
        cell = self._plan.cells[index]
        asked = {"task": cell.name, "digest": cell.digest, "needs": self._plan.needs(index)}
        return f"__import__({_MODULE!r}, fromlist=['_']).key_answer({json.dumps(asked)!r})"

    def found(self, index: int, bundle: Mapping[str, Any] | None, problem: str) -> Restoration | str | None:
        """How to put back what an earlier run gave; why there can be no key; None where the cell must run."""
        content, cell = content_of(bundle), self._plan.cells[index]
        if content is None:
            self._note(index, logging.WARNING, f"its kernel cannot make a cache key, so that it runs: {problem}")
            return None
        if "problem" in content:
            return str(content["problem"])
        parts = {f"input {name}" if name != "source" else name: str(part) for name, part in content["parts"].items()}
        key = CacheKey(f"cell {cell.name}:{content['key']}", parts)
        self._keys[index] = key.text
        return self._looked_up(index, cell, key)

    def _looked_up(self, index: int, cell: PlannedCell, key: CacheKey) -> Restoration | None:
        at = time.time()
        known = self._index().find(key.text, at)
        why, manifest = "", None
        if known is not None:
            try:
                manifest = Manifest.of_json(self._results().read(known.result, known.run_id, known.number))
            except JupyterFlowsError as error:
                why = str(error)
        if known is None or manifest is None:
            self._note(index, logging.DEBUG, miss_line(key, why))
            return None
        origin = f"from {known.run_id}-{known.number}, {max(0.0, at - known.at):.0f} s old"
        self._note(index, logging.INFO, hit_line(origin, key.text))
        return self._restoration(cell, known, manifest, origin)

    def _restoration(self, cell: PlannedCell, known: ResultKept, manifest: Manifest, origin: str) -> Restoration:
        expression = restoring_expression(known.run_id, known.number, manifest.values, manifest.aliases)
        return Restoration(cell.ambient, expression, manifest.shown, None, origin, "Cached")

    def expiring(self, index: int, manifest: Manifest) -> Expiring | None:
        """Under which key to keep what a cell gave; None where later runs must not find it: something is lacking."""
        seconds, key = self._seconds(index), self._keys.pop(index, None)
        if seconds is None or key is None or manifest.lost:
            return None
        return Expiring(key, None if seconds == float("inf") else time.time() + seconds)

    def forget(self, index: int) -> None:
        """A cell was put back: what was found stays where it is, as old as it is."""
        self._keys.pop(index, None)

    def _seconds(self, index: int) -> float | None:
        cell = self._plan.cells.get(index)
        return None if cell is None or not cell.is_task or cell.line is None else cell.line.cache_seconds


__all__ = ["CellCache", "Expiring"]
