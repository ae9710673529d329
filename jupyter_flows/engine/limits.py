"""Named concurrency limits: who holds slots, who waits, and who is next. Fair: first come, first served per limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping

Needs = tuple[tuple[str, int], ...]


class Limits:
    """The slots of one process.

    A holder takes all the slots it needs at once or waits in the queue of every limit it needs; it is granted when it
    is first in all of them and all have room. Queues are filled in one order, so that two holders never wait for
    each other. A name without a size limits nothing.
    """

    def __init__(self, sizes: Mapping[str, int] | None = None) -> None:
        self._sizes: dict[str, int] = dict(sizes or {})
        self._held: dict[Hashable, Needs] = {}
        self._used: dict[str, int] = {}
        self._waiting: dict[Hashable, Needs] = {}
        self._queues: dict[str, deque[Hashable]] = {}

    def size(self, name: str) -> int | None:
        """Return the number of slots of a limit, or None where there is no such limit."""
        return self._sizes.get(name)

    def used(self, name: str) -> int:
        """Return how many slots of a limit are taken."""
        return self._used.get(name, 0)

    def awaited(self, holder: Hashable) -> Needs:
        """Return the slots that a holder waits for."""
        return self._waiting.get(holder, ())

    def resize(self, name: str, slots: int | None) -> list[Hashable]:
        """Set the number of slots (None removes the limit) and return the holders that this lets in."""
        if slots is None:
            self._sizes.pop(name, None)
        else:
            self._sizes[name] = slots
        return self._grant([name])

    def acquire(self, holder: Hashable, needs: Needs) -> bool:
        """Take the slots and return True, or queue the holder and return False."""
        self._waiting[holder] = needs
        for name, _ in needs:
            self._queues.setdefault(name, deque()).append(holder)
        return holder in self._grant([name for name, _ in needs])

    def release(self, holder: Hashable) -> list[Hashable]:
        """Give back what a holder has or waits for, and return the holders that this lets in."""
        waiting = self._waiting.pop(holder, ())
        held = self._held.pop(holder, ())
        for name, slots in held:
            self._used[name] -= slots
        return self._grant([name for name, _ in (*held, *waiting)])

    def _grant(self, names: Iterable[str]) -> list[Hashable]:
        granted: list[Hashable] = []
        todo = list(names)
        while todo:
            holder = self._first_in_line(todo.pop())
            if holder is None or not self._may_enter(holder):
                continue
            needs = self._waiting.pop(holder)
            self._held[holder] = needs
            for name, slots in needs:
                self._used[name] = self._used.get(name, 0) + slots
                todo.append(name)  # the next in that line may fit as well
            granted.append(holder)
        return granted

    def _first_in_line(self, name: str) -> Hashable | None:
        queue = self._queues.get(name)
        while queue and queue[0] not in self._waiting:
            queue.popleft()  # granted, or gave up
        return queue[0] if queue else None

    def _may_enter(self, holder: Hashable) -> bool:
        return all(
            self._first_in_line(name) == holder and self._room(name) >= slots for name, slots in self._waiting[holder]
        )

    def _room(self, name: str) -> float:
        size = self._sizes.get(name)
        return float("inf") if size is None else size - self._used.get(name, 0)
