"""Who waits for whom: noted by the code that waits, looked at by the session's thread.

A pool's thread that waits gives its place away by itself. A thread that a task has started cannot, though the task may
wait for it: where the pool stands still meanwhile, the session lends the pool one place for the length of the wait.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.workers import WorkerPool, current_pool

if TYPE_CHECKING:
    from jupyter_flows.drivers.session import Session
    from jupyter_flows.drivers.slots import SlotHolder

_lending = threading.RLock()


def strand_here() -> Any:
    """What goes on one step after the other here: the asyncio task under way, else the thread."""
    tasks = sys.modules.get("asyncio.tasks")
    try:
        task = None if tasks is None else tasks.current_task()
    except RuntimeError:  # no loop runs in this thread
        task = None
    return threading.get_ident() if task is None else task


class Wait:
    """Code that waits until one of ``wanted`` comes to its end, or has its slots.

    Parameters
    ----------
    refuse
        Ends the wait with an error instead; called by the session's thread.
    endless
        Whether no time limit ends it.
    """

    __slots__ = ("_ended", "_give_back", "by", "endless", "outside", "refuse", "strand", "wanted")

    def __init__(
        self,
        wanted: Iterable[Call | SlotHolder],
        refuse: Callable[[BaseException], object],
        *,
        endless: bool = True,
    ) -> None:
        frame = current_frame()
        self.wanted, self.refuse, self.endless = tuple(wanted), refuse, endless
        self.by: Call | None = None if frame is None else frame.call
        self.strand = strand_here()
        self.outside = current_pool() is None and self._may_be_of_a_pools_task()
        self._ended = False
        self._give_back: Callable[[], None] | None = None

    def _may_be_of_a_pools_task(self) -> bool:
        if self.by is None:
            return threading.current_thread() is not threading.main_thread()
        return isinstance(getattr(self.by.place, "pool", None), WorkerPool)

    def lend(self) -> None:
        """Lend a place to the pool of what is waited for, once, where that pool stands still."""
        for wanted in self.wanted:
            pool = getattr(wanted.run.task_runner, "pool", None) if isinstance(wanted, Call) else None
            if isinstance(pool, WorkerPool) and pool.stands_still():
                with _lending:
                    if not self._ended and self._give_back is None:
                        self._give_back = pool.leave_behind()
                pool.refill()
                return

    def end(self) -> None:
        """Give back what was lent."""
        if not self.outside:
            return
        with _lending:
            self._ended = True
            give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()


class noted:  # noqa: N801 - reads as a word where it is used
    """Context of a wait that takes longer than usual."""

    __slots__ = ("_session", "_wait")

    def __init__(self, session: Session, wait: Wait) -> None:
        self._session, self._wait = session, wait

    def __enter__(self) -> None:
        self._session.waits.note(self._wait)

    def __exit__(self, *exc: object) -> None:
        self._session.waits.drop(self._wait)
        self._wait.end()


def lend_places(waits: Iterable[Wait]) -> None:
    """Lend places for waits outside the pools, where a pool has something to do and no thread that goes on."""
    for wait in waits:
        if wait.outside:
            wait.lend()


__all__ = ["Wait", "lend_places", "noted", "strand_here"]
