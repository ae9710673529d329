"""Slots of concurrency limits: those of this process, and those that it shares with all others by the store."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_flows.drivers.clock import Clock
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.engine.limits import Limits, Needs
from jupyter_flows.errors import StoreUnavailable
from jupyter_flows.model.slots import SlotPlace

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import SharedSlots
    from jupyter_flows.model.owner import Owner
    from jupyter_flows.settings import Settings

_LOOK_SECONDS = 0.05  # how often it is seen that another process has written
_TURN_SECONDS = 0.25  # how long a process hands slots on among its own, while others wait too


class SlotHolder:
    """Somebody outside the machines who holds slots: a ``with concurrency(...)`` block.

    Parameters
    ----------
    granted
        Called, by the session's thread, when the slots are there.
    run_id
        The flow run around the block; empty for none.
    number
        0 where it holds them for the flow run as a whole; drawn when not given.
    name
        For messages.
    strand
        What must go on before it gives them back, see `waits.strand_here`.
    """

    __slots__ = ("granted", "name", "number", "run_id", "strand")
    _numbers = itertools.count(-1, -1)

    def __init__(
        self,
        granted: Callable[[], None],
        run_id: str = "",
        number: int | None = None,
        name: str = "",
        strand: Any = None,
    ) -> None:
        self.granted, self.run_id, self.name, self.strand = granted, run_id, name, strand
        self.number = next(self._numbers) if number is None else number


class LimitChanged(NamedTuple):
    """Somebody set the size of a limit of this process; None removes it."""

    name: str
    slots: int | None


Holder = SlotHolder | tuple[FlowRunHandle, int]
"""A block of code, or a flow run and the number of its task run."""


class Slots:
    """Who holds slots here, and who waits. A holder first has its slots of this process, then those that are shared.

    Only the session's thread takes and gives; `size` is for every thread. In this process a line is first come, first
    served. Processes take turns: one that hands slots on among its own for a while leaves them to others that wait.

    Parameters
    ----------
    settings
        Slots of limits by name, and times.
    open_shared
        Opens what is shared, with its first use; gives None where the store ends with the process.
    owner
        Says who this process is.
    """

    def __init__(
        self,
        settings: Settings,
        open_shared: Callable[[], SharedSlots | None],
        owner: Callable[[], Owner],
        clock: Clock,
    ) -> None:
        self._settings, self._owner, self._clock = settings, owner, clock
        self._limits = Limits(settings.limits)
        self._open_shared: Callable[[], SharedSlots | None] | None = open_shared
        self._opening = threading.RLock()
        self._shared: SharedSlots | None = None
        self._needs: dict[Holder, Needs] = {}
        self._line: dict[Holder, Needs] = {}  # who waits for shared slots, in order
        self._awaited = Counter[str]()  # how many of them wait for each
        self._placed: dict[Holder, SlotPlace] = {}  # who has a row in the store
        self._turns: dict[str, float] = {}
        self._rests: dict[str, float] = {}
        self._next_look = self._next_full_look = 0.0
        self._unsaid: list[SlotPlace] = []  # what the store could not be told yet

    # -- for every thread ------------------------------------------------------------------------------------------

    def size(self, name: str) -> int | None:
        """Return how many slots a limit has at most for this process, or None where there is no such limit."""
        sizes = (self._limits.size(name), self._sizes().get(name))
        return min((size for size in sizes if size is not None), default=None)

    def _sizes(self) -> Mapping[str, int]:
        if self._open_shared is not None:
            with self._opening:
                if self._open_shared is not None:
                    self._shared, self._open_shared = self._open_shared(), None
        try:
            return {} if self._shared is None else self._shared.sizes()
        except StoreUnavailable:
            return {}  # who writes next is told

    # -- for the session's thread ----------------------------------------------------------------------------------

    @property
    def seconds_to_look(self) -> float | None:
        """After how many seconds `look` has something to do; None for never."""
        if self._line:
            return max(0.0, self._next_look - self._clock.monotonic())
        return self._settings.heartbeat_seconds if self._placed or self._unsaid else None

    def holders(self) -> list[Holder]:
        """Return who holds slots here, or waits for some."""
        return list(self._needs)

    def awaited(self, holder: Holder) -> Needs:
        """The slots that a holder waits for."""
        return self._limits.awaited(holder) or self._line.get(holder, ())

    def held(self, holder: Holder) -> Needs:
        """The slots that a holder has."""
        lacking = {name for name, _ in self.awaited(holder)}
        return tuple(need for need in self._needs.get(holder, ()) if need[0] not in lacking)

    def resize(self, name: str, slots: int | None) -> list[Holder]:
        """Set the size of a limit of this process (None removes it); return whom this lets in."""
        return self._enter(self._limits.resize(name, slots))

    def acquire(self, holder: Holder, needs: Needs) -> bool:
        """Take slots and return True, or wait for them and return False."""
        self._needs[holder] = needs
        return self._limits.acquire(holder, needs) and bool(self._enter([holder]))

    def release(self, holder: Holder) -> list[Holder]:
        """Give back what a holder has or waits for; return whom this lets in."""
        self._needs.pop(holder, None)
        self._leave_line(holder)
        place = self._placed.pop(holder, None)
        if place is not None:
            self._give(place)
        granted = self._enter(self._limits.release(holder))
        return granted if place is None else granted + self._advance()

    def look(self) -> list[Holder]:
        """Try again for those that wait, where somebody may have given slots back; return whom this lets in."""
        now = self._clock.monotonic()
        if not self._line or now < self._next_look or self._shared is None:
            return []
        self._next_look = now + _LOOK_SECONDS
        full = now >= self._next_full_look  # nobody writes that a process has died
        if full:
            self._next_full_look = now + self._settings.poll_seconds
        try:
            return self._advance(lines_up=True) if self._shared.changed() or full or self._rests else []
        except StoreUnavailable:
            return []

    def renew(self, lease_until: float) -> None:
        """Say that this process lives, and what the store could not be told before."""
        if self._shared is None or not (self._placed or self._unsaid):
            return
        unsaid, self._unsaid = self._unsaid, []
        for place in unsaid:
            self._give(place)
        try:
            self._shared.renew(self._placed.values(), lease_until)
        except StoreUnavailable:
            return  # the next commit says so to those who wait for it

    def close(self) -> None:
        """Give everything back."""
        shared, self._shared, self._open_shared = self._shared, None, None
        if shared is not None:
            with contextlib.suppress(StoreUnavailable):
                for place in (*self._placed.values(), *self._unsaid):
                    shared.give(place)
            shared.close()

    def _enter(self, holders: list[Any]) -> list[Holder]:
        """Send on those who have their slots of this process; return those who need, or get, no more."""
        if self._shared is None:
            return holders
        sizes = self._sizes()
        granted: list[Holder] = []
        for holder in holders:
            wanted = tuple(need for need in self._needs.get(holder, ()) if need[0] in sizes)
            if not wanted:
                granted.append(holder)
                continue
            if not any(self._awaited[name] for name, _ in wanted) and self._takes(holder, wanted):
                granted.append(holder)
            else:
                self._line[holder] = wanted
                self._awaited.update(name for name, _ in wanted)
        return granted

    def _advance(self, *, lines_up: bool = False) -> list[Holder]:
        """Let in whom there is room for: the first in all lines where it waits.

        Parameters
        ----------
        lines_up
            Whether who still waits is written down, for other processes to see.
        """
        granted: list[Holder] = []
        blocked: set[str] = set()
        for holder, needs in self._line.items():
            names = {name for name, _ in needs}
            if blocked.isdisjoint(names) and self._takes(holder, needs, lines_up=lines_up):
                granted.append(holder)
            else:
                blocked |= names
                if len(blocked) == len(self._awaited):  # of thousands that wait, one is looked at
                    break
        for holder in granted:
            self._leave_line(holder)
        return granted

    def _leave_line(self, holder: Holder) -> None:
        for name, _ in self._line.pop(holder, ()):
            self._awaited[name] -= 1
            if not self._awaited[name]:
                del self._awaited[name]

    def _takes(self, holder: Holder, needs: Needs, *, lines_up: bool = False) -> bool:
        shared, now = self._shared, self._clock.monotonic()
        if shared is None:
            return True
        place = self._placed.get(holder) or self._place(holder)
        try:
            if self._leaves_it_to_others(shared, needs, now):
                return False
            at = self._clock.time()
            granted = shared.has_room(place, needs, at)
            if granted or (lines_up and holder not in self._placed):
                self._placed[holder] = place
                granted = shared.take(place, needs, self._owner(), at, at + self._settings.lease_seconds)
        except StoreUnavailable:
            return False
        for name, _ in needs:
            if granted:
                self._turns.setdefault(name, now)
            else:
                self._turns.pop(name, None)
        return granted

    def _leaves_it_to_others(self, shared: SharedSlots, needs: Needs, now: float) -> bool:
        for name, _ in needs:
            if now < self._rests.get(name, now):
                return True
            self._rests.pop(name, None)
        if all(now - self._turns.get(name, now) < _TURN_SECONDS for name, _ in needs):
            return False
        rests = shared.others_wait(needs, self._owner(), self._clock.time())
        for name, _ in needs:
            self._turns.pop(name, None)
            if rests:
                self._rests[name] = now + 2 * _LOOK_SECONDS
        return rests

    def _place(self, holder: Holder) -> SlotPlace:
        if isinstance(holder, SlotHolder):
            owner = self._owner()
            return SlotPlace(holder.run_id or f"process-{owner.pid}-{owner.token[:8]}", holder.number)
        run, number = holder
        return SlotPlace(run.id, number)

    def _give(self, place: SlotPlace) -> None:
        if self._shared is None:
            return
        try:
            self._shared.give(place)
        except StoreUnavailable:
            self._unsaid.append(place)


__all__ = ["LimitChanged", "SlotHolder", "Slots"]
