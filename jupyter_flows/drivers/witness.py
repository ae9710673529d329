"""What is remembered while somebody looks on: what values look like, and what failing calls were given.

Only in memory, only of this process, and little of it: a run that nobody looks at costs one look at an attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.inputs import FutureLike, Wrapped, resolve
from jupyter_flows.drivers.tracebacks import named_arguments
from jupyter_flows.graph.value_words import value_words
from jupyter_flows.model.states import State

_RUNS, _VALUES = 20, 500  # flow runs, and values of one of them: children of a larger map look like the first ones
_ITEMS = 16  # of a list of futures
_FAILED = 8  # failed calls whose arguments are held


class Witness:
    """Sees calls fail and end. One per session, made by who looks on."""

    def __init__(self) -> None:
        self._failed: dict[str, dict[str, Any]] = {}
        self._runs: dict[str, dict[int, str]] = {}
        self._names: dict[tuple[str, int, int], str] = {}

    def failed(self, call: Call) -> None:
        """Hold what a call was given, now that it failed. Any thread; its arguments are still there."""
        try:
            given = named_arguments(call.code.fn, call.args, call.kwargs)
            held = {name: resolve(value, True) for name, value in given.items()} if call.has_futures else given
        except Exception:  # noqa: BLE001 - a user's own class may do anything; the failure itself is told elsewhere
            return
        self._failed.pop(call.id, None)
        self._failed[call.id] = held
        while len(self._failed) > _FAILED:
            self._failed.pop(next(iter(self._failed)), None)

    def ended(self, call: Call, state: State) -> None:
        """Note what a call gave, and by which names it took what others gave. Returns at once, and never raises."""
        values = self._runs.get(call.run.id)
        if values is None:
            values = self._begin(call.run.id)
        if len(values) >= _VALUES:
            return
        with suppress(Exception):  # a user's own class may do anything when it is looked at
            values[call.number] = value_words(state.data) if state.is_completed() else ""
            self._note_names(call)

    def _begin(self, run_id: str) -> dict[int, str]:
        values = self._runs[run_id] = {}
        while len(self._runs) > _RUNS:
            oldest = next(iter(self._runs))
            self._runs.pop(oldest)
            self._names = {key: name for key, name in self._names.items() if key[0] != oldest}
        return values

    def _note_names(self, call: Call) -> None:
        code = getattr(call.code.fn, "__code__", None)
        named = zip(() if code is None else code.co_varnames, call.args, strict=False)
        for name, value in [*named, *call.kwargs.items()]:
            for number in _sources(call, value):
                self._names[call.run.id, number, call.number] = name

    # -- what is asked of it, by any thread ------------------------------------------------------------------------

    def inputs(self, task_run_id: str) -> Mapping[str, Any] | None:
        """Return what a failed task run was given, by the names of its parameters; None where it is not held."""
        return self._failed.get(task_run_id)

    def value(self, run_id: str, number: int) -> str:
        """Return in words what a task run gave; empty where that was not seen."""
        return self._runs.get(run_id, {}).get(number, "")

    def name(self, run_id: str, source: int, target: int) -> str:
        """Return by which parameter a task run took what another one gave; empty where that was not seen."""
        return self._names.get((run_id, source, target), "")

    def forget(self) -> None:
        """Let go of the arguments that are held."""
        self._failed.clear()


def _sources(call: Call, value: Any) -> list[int]:
    """The task runs whose values an argument is, or holds; of a long list of futures, the first ones."""
    if isinstance(value, FutureLike):
        return [value._call.number]
    if isinstance(value, Wrapped):
        return _sources(call, value.value)
    futures = [item for item in value[:_ITEMS] if isinstance(item, FutureLike)] if type(value) in {list, tuple} else []
    return [future._call.number for future in futures] or call.run.provenance.numbers_of((value,))


__all__ = ["Witness"]
