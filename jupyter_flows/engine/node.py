"""What a machine remembers of one run until it is settled."""

from __future__ import annotations

from jupyter_flows.engine.rules import StartFacts
from jupyter_flows.model.events import Earlier
from jupyter_flows.model.specs import FlowSpec, TaskSpec, Trigger
from jupyter_flows.model.states import COMPLETED, PENDING, State, StateKind


class Node:
    """Bookkeeping of one run that is not settled yet; dropped when it is."""

    __slots__ = (
        "attempt",
        "call",
        "dependents",
        "earlier_attempts",
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
        "value",
        "version",
        "waiting",
    )

    def __init__(self, number: int, spec: TaskSpec | FlowSpec, call: object, name: str) -> None:
        self.number, self.spec, self.call, self.name = number, spec, call, name
        self.kind: StateKind = PENDING
        self.version = 0  # counts the states of this run
        self.attempt = 1
        self.earlier_attempts = 0  # before the flow run was taken up again; they use up no retries
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
        self.value: str | None = None  # of the attempt that ended, as text

    def note_upstream(self, kind: StateKind, name: str, title: str, allow_failure: bool) -> None:
        """Take in how an upstream ended."""
        if name == "Skipped":
            self.skipped_upstreams += (title,)
        elif kind is not COMPLETED and not allow_failure:
            self.failed_upstreams += (title,)

    def start_facts(self, at: float, ending: State | None) -> StartFacts:
        """What the rules must know before this run may start."""
        spec = self.spec
        return StartFacts(
            at,
            ending,
            self.failed_upstreams,
            self.skipped_upstreams,
            not isinstance(spec, TaskSpec) or spec.skip_on_upstream_skip,
            bool(self.needs) and not self.holds,
            self.trigger,
            self.upstreams,
        )

    def stands(self) -> Earlier:
        """How this run stands, for a further attempt of its flow run."""
        return Earlier(self.kind, self.version, self.attempt if self.ordered else self.attempt - 1)

    def continue_from(self, earlier: Earlier) -> None:
        """Stand where the run stood when its flow run was taken up again, before its next attempt."""
        self.kind, self.version = earlier.kind, earlier.version
        self.earlier_attempts = earlier.attempts
        self.attempt = earlier.attempts + 1
