"""What a machine remembers of one run until it is settled."""

from __future__ import annotations

from jupyter_flows.model.specs import FlowSpec, TaskSpec, Trigger
from jupyter_flows.model.states import PENDING, State, StateKind


class Node:
    """Bookkeeping of one run that is not settled yet; dropped when it is."""

    __slots__ = (
        "attempt",
        "call",
        "dependents",
        "failed_upstreams",
        "holds",
        "inline",
        "kind",
        "name",
        "needs",
        "number",
        "ordered",
        "parent",
        "released",
        "seen",
        "skipped_upstreams",
        "spec",
        "state",
        "stoppable",
        "trigger",
        "upstreams",
        "version",
        "waiting",
    )

    def __init__(self, number: int, spec: TaskSpec | FlowSpec, call: object, name: str) -> None:
        self.number, self.spec, self.call, self.name = number, spec, call, name
        self.kind: StateKind = PENDING
        self.version = 0  # counts the states of this run
        self.attempt = 1
        self.waiting = 0  # upstreams that have not ended
        self.upstreams = 0  # all of them
        self.trigger: Trigger | None = spec.trigger if isinstance(spec, TaskSpec) else None
        self.parent = 0
        self.needs: tuple[tuple[str, int], ...] = ()
        self.holds = False  # slots, or a place in their queue
        self.released = False  # an upstream ended in this very batch
        self.inline = False
        self.ordered = False  # an attempt was ordered or has begun
        self.seen = False  # somebody has looked at its end, or depends on it
        self.stoppable = True
        self.dependents: list[tuple[int, bool]] | None = None
        self.failed_upstreams: tuple[str, ...] = ()
        self.skipped_upstreams: tuple[str, ...] = ()
        self.state: State | None = None  # the final state, while hooks run
