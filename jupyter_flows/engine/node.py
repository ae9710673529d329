"""What a machine remembers of one run until it is settled."""

from __future__ import annotations

from jupyter_flows.engine.rules import StartFacts, Verdict
from jupyter_flows.engine.triggers import Upstreams, all_successful, fires_early
from jupyter_flows.model.events import Earlier, Outcome, TaskSubmitted
from jupyter_flows.model.records import StateEntered
from jupyter_flows.model.specs import FlowSpec, TaskSpec, Trigger
from jupyter_flows.model.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    PAUSED,
    PENDING,
    RUNNING,
    TRANSITIONS,
    State,
    StateKind,
    check_transition,
    running,
)

_HOOKS = {COMPLETED: "completion", FAILED: "failure", CANCELLED: "cancellation", CRASHED: "crashed"}


class Node:
    """Bookkeeping of one run that is not settled yet; dropped when it is."""

    __slots__ = (
        "asked",
        "attempt",
        "call",
        "dependents",
        "earlier_attempts",
        "failed_upstreams",
        "held_upstreams",
        "holds",
        "inline",
        "kind",
        "name",
        "needs",
        "number",
        "ordered",
        "parent",
        "released",
        "resumed",
        "rounds",
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
        self.held_upstreams: tuple[str, ...] = ()  # paused, or not run because of one that is
        self.resumed = False  # it was paused, and somebody gave the word
        self.rounds = 0  # of a LOOP, after the first
        self.asked: tuple[Outcome, Verdict] | None = None  # what follows if the handlers agree
        self.state: State | None = None  # the final state, while hooks run
        self.value: str | None = None  # of the attempt that ended, as text

    @classmethod
    def of(cls, event: TaskSubmitted) -> Node:
        """Make the node of a task run that was submitted."""
        node = cls(event.number, event.spec, event.call, event.name)
        node.needs, node.inline, node.parent = event.needs, event.inline, event.parent
        node.stoppable = event.stoppable
        return node

    def enter(self, run_id: str, state: State) -> StateEntered:
        """Move to another state, and return what is to be written of it.

        Raises
        ------
        IllegalTransition
            Nothing has changed then.
        """
        if state.kind not in TRANSITIONS[self.kind]:
            check_transition(f"{run_id}-{self.number}", self.kind, state.kind)
        self.kind = kind = state.kind
        self.version += 1
        value = self.value if kind is COMPLETED else None
        place = (run_id, self.number, self.version)
        return StateEntered(*place, kind, state.name, state.message, state.at, self.attempt, value)

    def hooks_for(self, state: State) -> str | None:
        """Which hooks are to be called for a final state, where there are some."""
        which = _HOOKS.get(state.kind)
        return which if which in self.spec.hooked else None

    def needs_no_rule(self) -> bool:
        """Whether nothing can hold it: what nearly every run is, told without asking each rule."""
        troubled = self.needs or self.failed_upstreams or self.skipped_upstreams or self.held_upstreams
        return not troubled and (self.trigger is None or self.trigger is all_successful)

    def take_dependent(self, node: Node, allow_failure: bool) -> None:
        """Let another run wait for this one."""
        if self.dependents is None:
            self.dependents = []
        self.seen = True
        self.dependents.append((node.number, allow_failure))
        node.waiting += 1

    def note_upstream(self, kind: StateKind, name: str, title: str, allow_failure: bool) -> None:
        """Take in how an upstream ended, or that it is paused."""
        if kind is PAUSED or name == "NotRun":
            self.held_upstreams += (title,)
        elif name == "Skipped":
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
            () if self._fires_early() else self.held_upstreams,
            self.resumed,
        )

    def may_begin(self) -> bool:
        """Whether the rules are to be asked now: every upstream has ended, or those that have suffice."""
        if self.kind is not PENDING or self.ordered or self.holds or self.asked is not None:
            return False
        return not self.waiting or self._fires_early()

    def _fires_early(self) -> bool:
        if self.trigger is None or self.trigger is all_successful:
            return False
        ended = self.upstreams - self.waiting - len(self.held_upstreams)
        return fires_early(self.trigger, Upstreams(ended, len(self.failed_upstreams), len(self.skipped_upstreams)))

    def begin_round(self) -> None:
        """Go on with the next round of a LOOP: its attempts are counted anew, for retries."""
        self.rounds += 1
        self.earlier_attempts = self.attempt
        self.attempt += 1

    def running(self, at: float) -> State:
        """The state of its attempt that begins."""
        if self.rounds and self.attempt == self.earlier_attempts + 1:
            return State(RUNNING, "Looping", f"round {self.rounds + 1}", at)
        return running(at, self.attempt)

    def stands(self) -> Earlier:
        """How this run stands, for a further attempt of its flow run."""
        return Earlier(self.kind, self.version, self.attempt if self.ordered else self.attempt - 1)

    def continue_from(self, earlier: Earlier) -> None:
        """Stand where the run stood when its flow run was taken up again, before its next attempt."""
        self.kind, self.version = earlier.kind, earlier.version
        self.earlier_attempts = earlier.attempts
        self.attempt = earlier.attempts + 1
        self.resumed = earlier.kind is PAUSED
