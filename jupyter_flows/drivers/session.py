"""The session: one daemon thread per process that owns every machine, the write connection, timers and leases.

Everybody else puts events in its inbox and waits. It takes what is queued, lets the machines handle it, writes all
records of that batch in **one transaction, and acts only then**. So a signal in the main thread cannot leave a
transaction open, an event loop never waits for the disk, and commits are grouped by themselves.

The contract with the machines:

1. Events of a flow run are handled one at a time, each to its end.
2. Records of a batch are committed before any order that shows their effect (settling, starting a dependent).
   Marks of what is pending or running may lag by `Settings.mark_delay_seconds`.
3. Every `StartAttempt` ends in one `AttemptEnded`, every `SetTimer` in one `TimerFired`, or is forgotten at the end.
4. A machine is told of the ends of other flow runs' task runs after the submission that waits for them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.clock import Clock
from jupyter_flows.drivers.farewell import await_ends_at_termination
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.inbox import Inbox
from jupyter_flows.drivers.loops_at_work import CLOSED, take_stranded
from jupyter_flows.drivers.other_runs import follow_others
from jupyter_flows.drivers.slots import LimitChanged, SlotHolder, Slots
from jupyter_flows.drivers.standstill import OpenWaits
from jupyter_flows.drivers.timers import Timers
from jupyter_flows.drivers.workers import note_serving_thread, start_aside
from jupyter_flows.engine.last_words import last_words
from jupyter_flows.engine.machine import RunMachine
from jupyter_flows.errors import LeaseLost, StoreUnavailable
from jupyter_flows.model.commands import (
    AcquireSlots,
    ReleaseSlots,
    RunHandlers,
    RunHooks,
    SetTimer,
    Settle,
    StartAttempt,
    StopAttempt,
)
from jupyter_flows.model.events import (
    CancelRequested,
    FlowCalled,
    FlowResumed,
    HooksFinished,
    RunAbandoned,
    SlotsAwaited,
    SlotsGranted,
    TaskSubmitted,
    TimerFired,
)
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import ArtifactKept, DirectoryChosen, InputAsked, LogWritten, Record
from jupyter_flows.model.states import FINAL, State, cancelled, crashed

if TYPE_CHECKING:
    from jupyter_flows.drivers.witness import Witness
    from jupyter_flows.engine.ports import RunWriter, SharedSlots
    from jupyter_flows.settings import Settings

_RECORDS = frozenset(get_args(Record))
_PLAIN_RECORDS = frozenset({LogWritten, DirectoryChosen, ArtifactKept, InputAsked})  # that no machine need know of
_OPENING = frozenset({FlowCalled, FlowResumed})
_BATCH = 4096
_log = logging.getLogger("jupyter_flows.session")


class Session:
    """Owner of every flow run of this process.

    Parameters
    ----------
    settings
        Times and sizes.
    open_writer
        Opens the store; called by the session's thread when the first run needs it.
    owner
        Says who this process is; called once, with the first run.
    open_slots
        Opens the slots that processes share, when a limit is asked for; gives None where the store is not shared.
    """

    def __init__(
        self,
        settings: Settings,
        open_writer: Callable[[], RunWriter],
        owner: Callable[[], Owner],
        clock: Clock,
        open_slots: Callable[[], SharedSlots | None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.limits = Slots(settings, open_slots, lambda: self.owner, clock)
        self._open_writer = open_writer
        self._make_owner = owner
        self._owner: Owner | None = None
        self._writer: RunWriter | None = None
        self._inbox = Inbox()
        self._thread: threading.Thread | None = None
        self._starting = threading.RLock()  # what a signal interrupts may be called again by its handler
        self._closing = False
        self._ended = threading.Event()
        self._runs: dict[str, FlowRunHandle] = {}
        self._timers = Timers()
        self._records: dict[str, list[Record]] = {}
        self._oldest_record: float | None = None
        self._orders: list[tuple[FlowRunHandle, Any]] = []
        self._must_commit = False
        self._last_words: dict[str, list[Record]] = {}  # ends that a failed store must still be told
        self._stored: set[str] = set()  # live runs whose row the store has
        self._watchers: tuple[Callable[[Mapping[str, Sequence[Record]]], None], ...] = ()
        self._next_poll = 0.0
        self._next_renewal = 0.0
        self.waits = OpenWaits(self.limits, settings.mark_delay_seconds, lambda: self._runs or self.wake())
        self.witness: Witness | None = None  # set by who looks on

    # -- for every thread ------------------------------------------------------------------------------------------

    @property
    def owner(self) -> Owner:
        """The owner of every run here: this process."""
        if self._owner is None:
            self._owner = self._make_owner()
        return self._owner

    def post(self, run: FlowRunHandle | SlotHolder, event: Any, wake: bool = True) -> None:
        """Tell a flow run's machine an event. Never blocks."""
        self._inbox.put((run, event), wake)

    def post_slowly(self, run: FlowRunHandle, event: Any, wake: bool = True) -> None:
        """Tell an event that makes work; waits while the session is far behind."""
        self._inbox.put((run, event), wake)
        self._inbox.brake()

    def open(self) -> None:
        """Start the thread, once."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._live, name="jupyter-flows-session", daemon=True)
                    start_aside(self._thread)
                    await_ends_at_termination(self)

    def wake(self) -> None:
        """Let the thread look at its clock and its inbox now: a clock that tests set tells nobody that it has moved."""
        self._inbox.wake()

    def next_timer(self) -> float | None:
        """The monotonic time of the next timer, if one is set."""
        return self._timers.next

    def watch(self, told: Callable[[Mapping[str, Sequence[Record]]], None]) -> Callable[[], None]:
        """Have somebody told which flow runs changed, and by which records, after each commit; return what ends that.

        Called by the session's thread: it must return at once and not raise.
        """
        self._watchers = (*self._watchers, told)

        def end() -> None:
            self._watchers = tuple(watcher for watcher in self._watchers if watcher is not told)

        return end

    def live_runs(self) -> list[FlowRunHandle]:
        """Return the flow runs that have not ended, as far as the thread knows of them."""
        return list(self._runs.values())

    @property
    def is_behind(self) -> bool:
        """Whether the thread has not taken in yet what was told, such as the beginning of a run."""
        return self._inbox.is_behind and not self._ended.is_set()

    def close(self, seconds: float = 2.0) -> None:
        """Write what is left, let go of the store and end the thread; waits for at most ``seconds``."""
        if self._thread is None:
            return
        self._closing = True
        self._inbox.wake()
        if self._ended.wait(seconds):  # a thread that has not begun yet cannot be joined
            self._thread.join(seconds)

    # -- the thread ------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        note_serving_thread()
        while True:
            self._inbox.wait(self._sleep_seconds())
            try:
                self._turn()
            except BaseException:  # noqa: BLE001 - the thread must survive: every waiter depends on it
                _log.exception("the session met an error of its own; please report it")
            if self._closing and not len(self._inbox):
                self._commit()
                self._let_go()
                self._ended.set()
                return

    def _sleep_seconds(self) -> float | None:
        slots = self.limits.seconds_to_look
        if not (self._runs or self._records or self.waits):
            return self.settings.heartbeat_seconds if self._last_words else slots
        waits = [self.settings.mark_delay_seconds if slots is None else min(slots, self.settings.mark_delay_seconds)]
        due = self._timers.next
        if due is not None:
            waits.append(max(0.0, due - self.clock.monotonic()))
        return min(waits)

    def _turn(self) -> None:
        for target, event in self._inbox.take(_BATCH):
            try:
                self._take_in(target, event)
            except Exception as error:  # noqa: BLE001 - the other events must not be lost with this one
                self._own_error(target, error)
        if self._runs or self.waits or self.limits.seconds_to_look is not None:
            self._keep_time()
        elif self._last_words:
            self._say_last_words()
        if self._must_commit or self._marks_are_due():
            self._commit()
        self._perform()

    def _take_in(self, run: Any, event: Any) -> None:
        kind = type(event)
        if type(run) is SlotHolder:
            self._serve_holder(run, event)
        elif kind in _PLAIN_RECORDS:
            self._keep(run.id, event)
        elif run.machine is not None:
            self._handle(run, event)
            if kind is TaskSubmitted and event.externals:
                follow_others(self.post, run, event.call)
        elif kind in _OPENING and run.ended is None:
            self._begin(run, event)
        else:
            self._answer_for_ended(run, event)

    def _begin(self, run: FlowRunHandle, event: FlowCalled | FlowResumed) -> None:
        if run.id in self._runs:  # another thread has taken the same run up
            error = LeaseLost(run.id)
            run.ended = crashed(event.at, str(error), error=error)
            event.call.place.settle(Settle(0, event.call, run.ended))  # type: ignore[attr-defined]
            return
        if run.id in self._records:  # a late line of an earlier attempt: a store looks at the first record of a run
            self._commit()
        self._adopt(run)
        self._handle(run, event)

    def _adopt(self, run: FlowRunHandle) -> None:
        if not self._runs:
            now = self.clock.monotonic()
            self._next_poll = now + self.settings.poll_seconds
            self._next_renewal = now + self.settings.heartbeat_seconds
        run.machine = RunMachine(run.id, run.spec)
        self._runs[run.id] = run
        if run.parent is not None:
            run.parent.children = [*(run.parent.children or ()), run]

    def _handle(self, run: FlowRunHandle, event: Any) -> None:
        try:
            commands = run.machine.handle(event)  # type: ignore[union-attr]
        except Exception as error:  # noqa: BLE001 - our bug must end this run, and only this run
            self._own_error(run, error)
            return
        for command in commands:
            kind = type(command)
            if kind in _RECORDS:
                self._keep(run.id, command)  # type: ignore[arg-type]
            else:
                self._orders.append((run, command))
                if kind is Settle or (kind is StartAttempt and command.after_commit):  # type: ignore[union-attr]
                    self._must_commit = True

    def _own_error(self, target: FlowRunHandle | SlotHolder, error: Exception) -> None:
        """Log an error of ours, and end the run that it concerns, so that nobody waits for it."""
        if isinstance(target, SlotHolder):
            _log.exception("a holder of slots met an error of ours; please report it")
            return
        _log.exception("run %s met an error of ours; please report it", target.id)
        self._drop(target, crashed(self.clock.time(), f"an error of jupyter_flows itself: {error}", error=error))

    def _keep(self, run_id: str, record: Record) -> None:
        kept = self._records.get(run_id)
        if kept is None:
            kept = self._records[run_id] = []
            if self._oldest_record is None:
                self._oldest_record = self.clock.monotonic()
        kept.append(record)

    def _answer_for_ended(self, run: FlowRunHandle, event: Any) -> None:
        """Nothing is taken in for a run that has ended, but nobody may wait for ever."""
        if isinstance(event, TaskSubmitted | FlowCalled):
            call = event.call
        elif isinstance(event, RunAbandoned) and run.call is not None and run.call.number == event.number:
            call = run.call
        else:
            return
        if isinstance(call, Call) and call.place is not None and call.state is None:
            state = run.ended or cancelled(event.at, "the flow run never began")
            call.place.settle(Settle(call.number, call, State(state.kind, state.name, "its flow run has ended")))

    # -- time ------------------------------------------------------------------------------------------------------

    def _keep_time(self) -> None:
        now = self.clock.monotonic()
        for run, timer in self._timers.take_due(now):
            if run.machine is not None:
                self._handle(run, TimerFired(self.clock.time(), timer.number, timer.attempt, timer.what))
        for holder in self.limits.look():
            self._grant(holder)
        if now >= self._next_renewal:
            self._next_renewal = now + self.settings.heartbeat_seconds
            self.limits.renew(self._lease_until())
            self._renew()
        if self.waits:
            self.waits.look(now)
        if now >= self._next_poll:
            self._next_poll = now + self.settings.poll_seconds
            self._look_for_cancel_requests()
            for call in take_stranded():
                self._give_up(call.run, call.number, CLOSED)

    def _give_up(self, run: FlowRunHandle, number: int, why: str) -> None:
        """End a run, soon, that nobody can go on with."""
        state = crashed(self.clock.time(), why)
        self.post(run, RunAbandoned(state.at, number, state))
        self.post(run, HooksFinished(state.at, number))  # nobody can call them there

    def _renew(self) -> None:
        there = self._runs.keys() & self._stored  # one that begins in this very turn has no row yet, and lost nothing
        if self._writer is None or not there:
            return
        try:
            lost = self._writer.renew(there, self.owner, self._lease_until())
        except StoreUnavailable:
            return  # the next commit will say it to those who wait
        for run_id in lost:
            self._fail(run_id, LeaseLost(run_id))

    def _look_for_cancel_requests(self) -> None:
        if self._writer is None:
            return
        try:
            asked = self._writer.cancel_requests(list(self._runs))
        except StoreUnavailable:
            return
        for run_id, why in asked.items():
            self.cancel_now(self._runs.get(run_id), why)

    def cancel_now(self, run: FlowRunHandle | None, message: str, ending: State | None = None) -> None:
        """Cancel a run and the flow runs that it called, or end them in another state. By the session's thread."""
        if run is None or run.machine is None:
            return
        for child in run.children or ():
            self.cancel_now(child, message, ending)
        self._handle(run, CancelRequested(self.clock.time(), message, ending))

    # -- writing ---------------------------------------------------------------------------------------------------

    def _marks_are_due(self) -> bool:
        oldest = self._oldest_record
        return oldest is not None and self.clock.monotonic() - oldest >= self.settings.mark_delay_seconds

    def _lease_until(self) -> float:
        return self.clock.time() + self.settings.lease_seconds

    def _commit(self) -> None:
        self._must_commit = False
        records, self._records, self._oldest_record = self._records, {}, None
        if not records:
            return
        durable = any(type(order) is Settle and order.number == 0 and run.parent is None for run, order in self._orders)
        try:
            if self._writer is None:
                self._writer = self._open_writer()
            lost = self._writer.commit(records, self.owner, self._lease_until(), durable)
        except Exception as error:  # noqa: BLE001 - whatever a store raises, nobody may wait for ever
            for run_id in records:
                self._fail(run_id, error)
            return
        for run_id in lost:
            self._fail(run_id, LeaseLost(run_id))
        self._stored.update(self._runs.keys() & records.keys())
        for told in self._watchers:
            told(records)
        if self._last_words:
            self._say_last_words()

    def _fail(self, run_id: str, error: Exception) -> None:
        """End a run in memory, whose records could not be written: nobody has seen them."""
        run = self._runs.get(run_id)
        if run is not None:
            self._drop(run, crashed(self.clock.time(), str(error), error=error))

    def _say_last_words(self) -> None:
        """Tell the store the ends of runs that it failed: it works again."""
        words, self._last_words = self._last_words, {}
        try:
            if self._writer is not None:
                self._writer.commit(words, self.owner, self._lease_until(), durable=True)
        except Exception:  # noqa: BLE001 - a later commit tries again, and this process's end shows them as crashed
            self._last_words = words

    def _drop(self, run: FlowRunHandle, state: State) -> None:
        machine, run.machine, run.ended = run.machine, None, state
        self._runs.pop(run.id, None)
        if machine is not None and run.id in self._stored and not isinstance(state.data, LeaseLost):
            self._last_words[run.id] = last_words(machine, state)
        self._stored.discard(run.id)
        self._orders = [(other, order) for other, order in self._orders if other is not run or _frees(order)]
        for position, (other, order) in enumerate(self._orders):
            if other is run and type(order) is Settle:  # its end was not written: nobody may see it
                self._orders[position] = (run, order._replace(state=state))
        for node in list(machine.nodes.values()) if machine else ():
            for holder in self.limits.release((run, node.number)):
                self._grant(holder)
            self._orders.append((run, StopAttempt(node.number, node.attempt, node.call)))
            self._orders.append((run, Settle(node.number, node.call, state)))

    # -- acting ----------------------------------------------------------------------------------------------------

    def _perform(self) -> None:
        while self._orders:
            orders, self._orders = self._orders, []
            for run, order in orders:
                try:
                    self._perform_one(run, order)
                except Exception:  # noqa: BLE001 - such as a closed event loop: end that run, not all
                    _log.debug("an order could not be carried out", exc_info=True)
                    if not isinstance(order, Settle | StopAttempt):
                        on_loop = hasattr(order.call.place, "loop") if hasattr(order, "call") else False
                        self._give_up(run, order.number, CLOSED if on_loop else "an order to it was lost")
            if self._must_commit:
                self._commit()

    def _perform_one(self, run: FlowRunHandle, order: Any) -> None:
        kind = type(order)
        if kind is Settle:
            self._settle(run, order)
        elif kind is StartAttempt:
            order.call.place.start(order)
        elif kind is SetTimer:
            self._timers.set(self.clock.monotonic() + max(0.0, order.at - self.clock.time()), run, order)
        elif kind is StopAttempt:
            order.call.place.stop(order)
        elif kind is RunHooks or kind is RunHandlers:
            order.call.place.hooks(order)
        elif kind is AcquireSlots:
            self._acquire(run, order)
        elif kind is ReleaseSlots:
            for holder in self.limits.release((run, order.number)):
                self._grant(holder)

    def _settle(self, run: FlowRunHandle, order: Settle) -> None:
        if order.number == 0:
            run.ended, run.machine = order.state, None
            self._runs.pop(run.id, None)
            self._stored.discard(run.id)
            if run.parent is not None and run.parent.children:
                run.parent.children = [child for child in run.parent.children if child is not run]
            self._timers.forget_ended()
            if order.state.kind in FINAL:
                ending = order.state if order.state.name == "Interrupted" else None
                for child in run.children or ():
                    self.cancel_now(child, "the flow run that called it has ended", ending)
        order.call.place.settle(order)  # type: ignore[attr-defined]

    # -- slots -----------------------------------------------------------------------------------------------------

    def _acquire(self, run: FlowRunHandle, order: AcquireSlots) -> None:
        if self.limits.acquire((run, order.number), order.needs):
            self._handle(run, SlotsGranted(self.clock.time(), order.number))
        else:
            names = ", ".join(name for name, _ in order.needs)
            self._handle(run, SlotsAwaited(self.clock.time(), order.number, f"waits for a slot of {names}"))

    def _grant(self, holder: Any) -> None:
        if isinstance(holder, SlotHolder):
            holder.granted()
            return
        run, number = holder
        if run.machine is not None:
            self._handle(run, SlotsGranted(self.clock.time(), number))

    def _serve_holder(self, holder: SlotHolder, event: Any) -> None:
        if isinstance(event, AcquireSlots):
            granted = [holder] if self.limits.acquire(holder, event.needs) else []
        elif isinstance(event, LimitChanged):
            granted = [holder, *self.limits.resize(event.name, event.slots)]
        else:
            granted = self.limits.release(holder)
        for next_holder in granted:
            self._grant(next_holder)

    def _let_go(self) -> None:
        self.limits.close()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


def _frees(order: Any) -> bool:
    """Whether somebody waits for this order even where its run is dropped: its machine knows that node no more."""
    return type(order) is Settle or type(order) is ReleaseSlots
