"""Concurrency limits in user code: ``with concurrency("db", occupy=1): ...``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, NoReturn

from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.slots import LimitChanged, SlotHolder
from jupyter_flows.drivers.threads import take_noted
from jupyter_flows.drivers.waits import Wait, noted, strand_here
from jupyter_flows.drivers.workers import giving_place, refuse_where_all_is_served
from jupyter_flows.errors import BadOption, LimitTimeout
from jupyter_flows.model.commands import AcquireSlots, ReleaseSlots
from jupyter_flows.wiring import current_session


class concurrency:  # noqa: N801 - reads as a word where it is used
    """Hold slots of named limits for the length of a ``with`` or ``async with`` block.

    Parameters
    ----------
    names
        One limit or several; a name that has no limit holds nothing back.
    occupy
        Slots to take of each.
    timeout_seconds
        Seconds to wait at most.

    Raises
    ------
    LimitTimeout
        On entering, where no slot came free in time.
    """

    def __init__(self, names: str | Sequence[str], occupy: int = 1, timeout_seconds: float | None = None) -> None:
        self._names = (names,) if isinstance(names, str) else tuple(names)
        if occupy < 1:
            raise BadOption("concurrency", "occupy", occupy, "give a whole number from 1 up")
        self._needs = tuple((name, occupy) for name in dict.fromkeys(self._names))
        self._seconds = timeout_seconds
        self._holders: list[SlotHolder] = []

    def __enter__(self) -> concurrency:
        granted: SimpleQueue[BaseException | None] = SimpleQueue()
        holder = self._ask(lambda: granted.put(None))
        try:
            refused = take_noted(granted, self._seconds, current_session(), (holder,))
            if refused is not None:
                raise refused
        except Empty:
            self._refuse(holder)
        except BaseException:
            self._give_back(holder)
            raise
        self._holders.append(holder)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._give_back(self._holders.pop())

    async def __aenter__(self) -> concurrency:
        import asyncio  # deferred: heavy, and loaded already where this is called

        loop = asyncio.get_running_loop()
        granted: asyncio.Future[BaseException | None] = loop.create_future()

        def tell(error: BaseException | None = None) -> None:
            try:
                loop.call_soon_threadsafe(lambda: granted.done() or granted.set_result(error))
            except RuntimeError:  # the loop is closed: nobody waits any more
                self._give_back(holder)

        holder = self._ask(tell)
        try:
            with giving_place(), noted(current_session(), Wait((holder,), tell, endless=self._seconds is None)):
                refused = await asyncio.wait_for(granted, self._seconds)
            if refused is not None:
                raise refused
        except TimeoutError:
            self._refuse(holder)
        except BaseException:
            self._give_back(holder)
            raise
        self._holders.append(holder)
        return self

    async def __aexit__(self, *exc: Any) -> None:
        self._give_back(self._holders.pop())

    def _ask(self, granted: Callable[[], None]) -> SlotHolder:
        refuse_where_all_is_served("a slot")
        session = current_session()
        for name, slots in self._needs:
            size = session.limits.size(name)
            if size is not None and slots > size:
                raise BadOption("concurrency", "occupy", slots, f"limit {name!r} has only {size} slots")
        session.open()
        frame = current_frame()
        run_id, name = ("", "this code") if frame is None else (frame.run.id, frame.call.name)
        holder = SlotHolder(granted, run_id, name=f"a block of {name}", strand=strand_here())
        session.post(holder, AcquireSlots(0, self._needs))
        return holder

    def _refuse(self, holder: SlotHolder) -> NoReturn:
        self._give_back(holder)
        raise LimitTimeout(self._names, self._seconds or 0.0)

    def _give_back(self, holder: SlotHolder) -> None:
        current_session().post(holder, ReleaseSlots(0))


def set_concurrency_limit(name: str, slots: int | None) -> None:
    """Set how many slots a limit has in this process; None removes the limit.

    Tasks take one slot of every limit that one of their tags names. Limits that hold for all processes of a store are
    set by ``jupyter flows limits set``, or by the setting ``limits``; where a name has both, both hold.
    """
    if slots is not None and (isinstance(slots, bool) or not isinstance(slots, int) or slots < 0):
        raise BadOption("set_concurrency_limit", "slots", slots, "give a whole number from 0 up, or None")
    refuse_where_all_is_served("a change of a limit")
    session = current_session()
    session.open()
    applied = threading.Event()
    session.post(SlotHolder(applied.set), LimitChanged(name, slots))
    applied.wait()
