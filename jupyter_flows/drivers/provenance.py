"""Which task run a value came from, told by the object's identity: the edges of plain calls.

``load(transform(extract()))`` passes plain values, so that no future shows the way. The last results are remembered:
weakly where the type allows, else as they are, but only small ones and only the last few, so that nothing large is
kept alive. Edges found so are drawn; they never delay anything.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

from jupyter_flows.drivers.inputs import FutureLike, Wrapped

_MOST = 512
_LARGEST_BYTES = 16_384
_LOOKED_AT = 16  # items at either end of a list or dict of results
_SHARED = frozenset({type(None), bool, type, type(len), type(lambda: None)})


def _tells_nothing(value: Any) -> bool:
    """Whether the interpreter shares this object, so that its identity says nothing."""
    kind = type(value)
    if kind is int:
        return -6 < value < 257
    if kind is str or kind is bytes or kind is tuple:
        return len(value) < 2
    return kind in _SHARED


class Provenance:
    """The last results of one flow run."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Any, bool, int]] = {}

    def note(self, value: Any, number: int) -> None:
        """Remember that a task run returned this object."""
        if _tells_nothing(value):
            return
        try:
            kept, weak = weakref.ref(value), True
        except TypeError:
            if sys.getsizeof(value, _LARGEST_BYTES) >= _LARGEST_BYTES:
                return
            kept, weak = value, False
        entries = self._kept
        entries.pop(id(value), None)
        if len(entries) >= _MOST:
            entries.pop(next(iter(entries)))
        entries[id(value)] = (kept, weak, number)

    def numbers_of(self, values: Any) -> list[int]:
        """Return the task runs that returned these arguments, or items of them."""
        if not self._kept:
            return []
        numbers: list[int] = []
        for value in values:
            if isinstance(value, FutureLike):
                continue  # it shows the way itself
            found = self._number_of(value)
            if found is not None:
                numbers.append(found)
            elif isinstance(value, Wrapped):
                numbers += self.numbers_of((value.value,))
            elif type(value) in {list, tuple, dict} and value:
                items = list(value.values()) if isinstance(value, dict) else value
                looked_at = items if len(items) <= 2 * _LOOKED_AT else [*items[:_LOOKED_AT], *items[-_LOOKED_AT:]]
                numbers += [number for item in looked_at if (number := self._number_of(item)) is not None]
        return numbers

    def _number_of(self, value: Any) -> int | None:
        entry = self._kept.get(id(value))
        if entry is None or _tells_nothing(value):
            return None
        kept, weak, number = entry
        return number if (kept() if weak else kept) is value else None
