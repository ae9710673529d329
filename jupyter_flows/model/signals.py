"""States that a user raises or returns: ordinary exceptions, which the attempt turns into frozen states.

``raise Failed("no rows")``, ``return Completed(message="nothing to do")`` and ``raise Skipped(...)`` all work, in tasks
and in flows. The classic names (``SKIP``, ``FAIL``, ``RETRY``, ``LOOP``, ...) are in `jupyter_flows.signals`.
"""

from __future__ import annotations

from datetime import datetime

from jupyter_flows.model.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    FINAL,
    PAUSED,
    PENDING,
    SCHEDULED,
    Standing,
    State,
    StateKind,
)


class Signal(Standing, Exception):
    """The root of the family. It is asked as the state that it means: ``.type``, ``.is_failed()``, ``.result()``, ….

    Parameters
    ----------
    message
        One line for people; it becomes the state's message.
    data, result
        The value that goes with the state; two names of one thing.
    name
        Another name for the state than its class's own.
    """

    kind: StateKind = COMPLETED
    state_name = "Completed"

    def __init__(
        self, message: object = None, *, data: object = None, result: object = None, name: str | None = None
    ) -> None:
        super().__init__("" if message is None else str(message))
        self.data = result if data is None else data
        self.name = name or self.state_name

    @property
    def message(self) -> str:
        """The state's message."""
        return str(self.args[0]) if self.args else ""

    def to_state(self, at: float) -> State:
        """Return the frozen state that this signal means."""
        data = self.data if self.kind is COMPLETED else self
        return State(self.kind, self.name, self.message, at, data)

    def result(self, raise_on_failure: bool = True) -> object:
        """Return the value that goes with it, or raise it; see `State.result`."""
        return self.to_state(0.0).result(raise_on_failure)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, {**self.__dict__})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r})"


def _rebuild(kind: type[Signal], args: tuple[object, ...], attributes: dict[str, object]) -> Signal:
    signal = kind.__new__(kind, *args)
    signal.args = args
    signal.__dict__.update(attributes)
    return signal


class Completed(Signal):
    """End well, now, with ``data`` as the value."""


class Failed(Signal):
    """Fail with this message; retries are honoured."""

    kind = FAILED
    state_name = "Failed"


class TriggerFailed(Signal):
    """Fail because of how the upstreams ended; never tried again. What a trigger that refuses raises."""

    kind = FAILED
    state_name = "TriggerFailed"


class ValidationFailed(Signal):
    """Fail because what was made is not what it should be; retries are honoured."""

    kind = FAILED
    state_name = "ValidationFailed"


class Cancelled(Signal):
    """End as cancelled."""

    kind = CANCELLED
    state_name = "Cancelled"


class Crashed(Signal):
    """End as crashed."""

    kind = CRASHED
    state_name = "Crashed"


class Skipped(Signal):
    """End well without having done anything; what depends on it is skipped too, unless it says otherwise."""

    state_name = "Skipped"


class Paused(Signal):
    """Stop here until somebody resumes the run.

    What depends on the task is not run. When everything else has ended, so has this attempt of the flow run, as
    Suspended. In its next attempt (`resume`) the task is run again, and ``runtime.task_run.resumed`` is true there.
    """

    kind = PAUSED
    state_name = "Paused"


class Suspended(Paused):
    """End this attempt of the flow run here, until somebody resumes it; the process may end."""

    state_name = "Suspended"


class Loop(Signal):
    """Run the task again at once, as its next round.

    Each round finds the ``result`` of the one before it in ``runtime.task_run.loop_result`` and its own number, from
    1, in ``runtime.task_run.loop_count``. A round has all the retries of the task for itself. Flows have no rounds.
    """

    kind = PENDING
    state_name = "Pending"

    def to_state(self, at: float) -> State:
        """Return the state between two rounds."""
        return State(PENDING, self.name, self.message or "asked for another round", at, self)


class EndRun(Signal):
    """End the run in just this state: nothing else is asked, and no retry is made.

    Parameters
    ----------
    state
        A final or paused `State`, or a signal that means one.
    """

    state_name = "Completed"

    def __init__(self, state: State | Signal, message: object = None) -> None:
        super().__init__(message or getattr(state, "message", None), name=getattr(state, "name", None))
        self.state: object = state
        self.kind = getattr(state, "kind", COMPLETED)

    def to_state(self, at: float) -> State:
        """Return the state that was given.

        Raises
        ------
        TypeError
            For something that is no state, or not one in which a run can end.
        """
        state = self.state.to_state(at) if isinstance(self.state, Signal) else self.state
        if not isinstance(state, State) or state.kind not in FINAL | {PAUSED}:
            raise TypeError(f"ENDRUN was given {state!r}: give a state in which a run can end, such as Failed('...')")
        return State(state.kind, state.name, state.message or self.message, at, state.data)


class Retry(Signal):
    """Try again, also past the number of retries.

    Parameters
    ----------
    delay_seconds
        Seconds from now until the next attempt; the task's own delay when not given.
    start_time
        An instant instead of a delay; a naive one is local time.
    """

    kind = SCHEDULED
    state_name = "AwaitingRetry"

    def __init__(
        self,
        message: object = None,
        *,
        delay_seconds: float | None = None,
        start_time: datetime | None = None,
        data: object = None,
        result: object = None,
    ) -> None:
        super().__init__(message, data=data, result=result)
        self.delay_seconds = delay_seconds
        self.start_time = start_time

    def not_before(self, at: float) -> float | None:
        """Seconds since the epoch of the next attempt, or None for the task's own delay."""
        if self.start_time is not None:
            return self.start_time.timestamp()
        return None if self.delay_seconds is None else at + self.delay_seconds
