"""What to do: orders of a machine. Records (`model.records`) are orders to write; these are all the others.

The session writes every record of a batch in one transaction before it performs the orders of that batch.
"""

from __future__ import annotations

from typing import NamedTuple

from jupyter_flows.model.records import Record
from jupyter_flows.model.states import State


class StartAttempt(NamedTuple):
    """Run user code. ``after_commit`` is false where nothing that this attempt depends on is still unwritten."""

    number: int
    attempt: int
    call: object
    after_commit: bool = True


class StopAttempt(NamedTuple):
    """End user code that is still running; what it returns is not wanted any more."""

    number: int
    attempt: int
    call: object


class RunHooks(NamedTuple):
    """Call the user's hooks for a final state; ``which`` is ``completion failure cancellation crashed``."""

    number: int
    call: object
    which: str
    state: State


class RunHandlers(NamedTuple):
    """Ask the user's state handlers about each step of a path of states, the first of which the run is in.

    They may put another state in a step's place; that ends the path. Answered by `HandlersAnswered`.
    """

    number: int
    attempt: int
    call: object
    path: tuple[State, ...]


class Settle(NamedTuple):
    """Let everybody who waits for a run see its state."""

    number: int
    call: object
    state: State


class SetTimer(NamedTuple):
    """Tell `TimerFired` at that time (seconds since the epoch)."""

    at: float
    number: int
    attempt: int
    what: str


class AcquireSlots(NamedTuple):
    """Ask for slots of concurrency limits."""

    number: int
    needs: tuple[tuple[str, int], ...]


class ReleaseSlots(NamedTuple):
    """Give back every slot that a run holds or waits for."""

    number: int


Order = StartAttempt | StopAttempt | RunHooks | RunHandlers | Settle | SetTimer | AcquireSlots | ReleaseSlots
Command = Record | Order
