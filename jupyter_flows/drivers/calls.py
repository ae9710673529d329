"""The driver's handle of one run: what to call, where, who waits for it, and how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_flows.model.cache_answers import CacheKey
from jupyter_flows.model.commands import RunHandlers, RunHooks, Settle, StartAttempt, StopAttempt
from jupyter_flows.model.events import Earlier
from jupyter_flows.model.records import ResultKept
from jupyter_flows.model.states import State

if TYPE_CHECKING:
    from jupyter_flows.drivers.flow_runs import FlowRunHandle

Hook = Callable[[Any, Any, State], Any]
Handler = Callable[[Any, State, State], Any]


class Memory(Protocol):
    """What a task's values are kept by, and found again."""

    def key(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> CacheKey | None:
        """Make the cache key of a call; None where it has none.

        Raises
        ------
        UncacheableInput
            Or whatever the user's own function raises.
        """
        ...

    def find(self, call: Call, key: CacheKey, at: float) -> tuple[object, ResultKept] | None:
        """Return the value that was kept under a key and has not expired, with what is known of it.

        Where there is none, the run's log is told what the key is made of.
        """
        ...

    def keep(self, call: Call, value: object, key: str | None, at: float) -> ResultKept | None:
        """Keep a value.

        Raises
        ------
        UnserializableResult
        """
        ...


@dataclass(frozen=True, slots=True)
class UserCode:
    """What a flow or task brings along: its function and its user's deciders.

    Parameters
    ----------
    subject
        The flow or task object, given to hooks.
    kind
        ``sync``, ``async``, ``generator`` or ``async generator``.
    memory
        Keeps and finds the task's values, where it asks for that.
    keeps_small
        Whether small values are written down with the run's end.
    handlers
        State handlers ``(flow or task, old state, new state)``, asked in this order.
    hooks
        ``running completion failure cancellation crashed`` to the functions to call.
    """

    fn: Callable[..., Any]
    subject: Any
    kind: str = "sync"
    log_prints: bool | None = None
    retry_condition: Callable[[Any, Any, State], Any] | None = None
    hooks: Mapping[str, tuple[Hook, ...]] = field(default_factory=dict[str, tuple[Hook, ...]])
    trigger: Callable[[Any], Any] | None = None
    memory: Memory | None = None
    keeps_small: bool = True
    handlers: tuple[Handler, ...] = ()

    @property
    def is_async(self) -> bool:
        """Whether an event loop must run it."""
        return self.kind.startswith("async")


class Place(Protocol):
    """Where a run's code is run, and by whom its orders are carried out. Called by the session's thread only."""

    def start(self, order: StartAttempt) -> None:
        """Begin an attempt."""
        ...

    def hooks(self, order: RunHooks | RunHandlers) -> None:
        """Call the user's hooks, then tell `HooksFinished`; or ask the state handlers, and tell `HandlersAnswered`."""
        ...

    def settle(self, order: Settle) -> None:
        """Let those who wait see the state."""
        ...

    def stop(self, order: StopAttempt) -> None:
        """End an attempt that is still running, if that can be done here."""
        ...


class Call:
    """One run in the driver. ``number`` 0 is the flow run itself."""

    __slots__ = (
        "args",
        "attempt",
        "behind",
        "callbacks",
        "code",
        "context",
        "digest",
        "earlier",
        "gate",
        "has_futures",
        "kwargs",
        "loop_count",
        "loop_result",
        "map_index",
        "name",
        "number",
        "others",
        "place",
        "run",
        "seen",
        "spec",
        "state",
        "upstreams",
    )

    def __init__(
        self,
        run: FlowRunHandle,
        number: int,
        spec: Any,
        code: UserCode,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str,
        place: Place | None = None,
    ) -> None:
        self.run, self.number, self.spec, self.code = run, number, spec, code
        self.args, self.kwargs, self.name = args, kwargs, name
        self.place: Place | None = place
        self.has_futures = False
        self.others: tuple[tuple[Call, bool], ...] = ()  # upstreams of other flow runs, and whether they may fail
        self.upstreams: Sequence[tuple[Call, bool]] = ()  # all of them, and whether they may fail
        self.behind: tuple[Call, ...] = ()  # runs on event loops that must end before, see `held_loops`
        self.context: Context | None = None
        self.gate: Callable[[], None] | None = None  # called first in an attempt; raises a signal to end it there
        self.state: State | None = None
        self.attempt = 1
        self.digest = 0  # see `drivers.call_digest`
        self.earlier: Earlier | None = None  # how this run stood in an earlier attempt of its flow run
        self.loop_count = 1  # the round of a LOOP that is under way
        self.loop_result: Any = None  # of the round before
        self.map_index = -1
        self.seen = False
        self.callbacks: list[Callable[[], None]] = []

    @property
    def id(self) -> str:
        """The run's public id."""
        return f"{self.run.id}-{self.number}" if self.number else self.run.id

    def settle(self, state: State) -> None:
        """Publish the final state, wake the waiting, let go of the arguments. By the session's thread."""
        if self.number:
            if self.run.session.witness is not None:  # first: what a call gives on is still that of whom it had it from
                self.run.session.witness.ended(self, state)
            self.run.provenance.note(state.data, self.number)
        self.state = state
        self.args, self.kwargs, self.others, self.context, self.gate = (), {}, (), None, None
        self.loop_result, self.behind, self.upstreams = None, (), ()
        self._call_back()

    def add_callback(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once, when the run is settled or now; it must not block and not raise.

        No lock: `settle` sets the state before it empties the list, and this reads the state after it added to the
        list, so whoever pops the callback is the one who calls it.
        """
        self.callbacks.append(callback)
        if self.state is not None:
            self._call_back()

    def drop_callback(self, callback: Callable[[], None]) -> None:
        """Take back what `add_callback` was given, where it was not called: nobody waits any more."""
        with suppress(ValueError):
            self.callbacks.remove(callback)

    def _call_back(self) -> None:
        callbacks = self.callbacks
        while callbacks:
            try:
                callback = callbacks.pop(0)
            except IndexError:
                return
            try:
                callback()
            except Exception:  # others wait as well
                logging.getLogger("jupyter_flows").exception("what was to be called at the end of a run raised")
