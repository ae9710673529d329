"""Rules on proposed transitions: pure functions over facts that the machine has gathered.

Each rule looks at one thing and returns a verdict, or None when it has nothing to say. The order of `START_RULES`
is the order of precedence; `after_attempt` and `flow_end` decide what follows the end of an attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from jupyter_flows.engine.triggers import Upstreams, refusal
from jupyter_flows.errors import RunTimedOut, UpstreamFailed
from jupyter_flows.model.events import Outcome
from jupyter_flows.model.specs import FlowSpec, RetryPolicy, Trigger
from jupyter_flows.model.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    PAUSED,
    State,
    cancelled,
    completed,
    failed,
    paused,
    scheduled,
)


@dataclass(frozen=True, slots=True)
class End:
    """Verdict: the run ends here, in this state."""

    state: State


@dataclass(frozen=True, slots=True)
class TakeSlots:
    """Verdict: the run must hold its slots first."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Verdict: another attempt, not before ``at``."""

    at: float


@dataclass(frozen=True, slots=True)
class AnotherRound:
    """Verdict: the next round of a LOOP, at once; ``state`` is the one in between."""

    state: State


Verdict = End | TryAgain | AnotherRound


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What is known when all upstreams of a task run have ended.

    Parameters
    ----------
    ending
        The state in which the flow run is being ended, where it is.
    failed_upstreams, skipped_upstreams
        Names of upstreams that did not complete (and whose failure is not allowed), or were skipped.
    trigger
        What decides over upstreams that failed; None for the rule of futures.
    upstreams
        How many upstreams there are; of a trigger that fires early, how many have ended.
    held_upstreams
        Names of upstreams that are paused, or were not run because of one.
    resumed
        Whether this run was paused and somebody gave the word.
    """

    at: float
    ending: State | None = None
    failed_upstreams: tuple[str, ...] = ()
    skipped_upstreams: tuple[str, ...] = ()
    skip_on_upstream_skip: bool = True
    needs_slots: bool = False
    trigger: Trigger | None = None
    upstreams: int = 0
    held_upstreams: tuple[str, ...] = ()
    resumed: bool = False


def end_with_the_flow(facts: StartFacts) -> End | None:
    """Start nothing in a flow run that is being ended."""
    return None if facts.ending is None else End(replace(not_run(facts.ending), at=facts.at))


def not_run(ending: State) -> State:
    """The end of a task run that never began because its flow run was ended."""
    return cancelled(ending.at, f"never began: {ending.message}" if ending.message else "never began", "NotRun")


def hold_behind_a_pause(facts: StartFacts) -> End | None:
    """Leave for the next attempt of the flow run what depends on a paused run: it has not ended yet."""
    if not facts.held_upstreams:
        return None
    return End(cancelled(facts.at, f"not yet: waits behind {facts.held_upstreams[0]}, which is paused", "NotRun"))


def skip_after_skipped_upstream(facts: StartFacts) -> End | None:
    """Skip what follows a skipped upstream, unless the task says otherwise; tested before failures, as in Prefect 1."""
    if facts.skipped_upstreams and facts.skip_on_upstream_skip:
        return End(completed(facts.at, None, f"{facts.skipped_upstreams[0]} was skipped", "Skipped"))
    return None


def fail_after_failed_upstream(facts: StartFacts) -> End | None:
    """Fail what needs a future that did not complete, so that no run is left without an end."""
    if not facts.failed_upstreams or facts.trigger is not None:
        return None
    message = f"needs {', '.join(facts.failed_upstreams[:3])}, which did not complete"
    return End(failed(facts.at, UpstreamFailed(message), message, "UpstreamFailed"))


def ask_the_trigger(facts: StartFacts) -> End | None:
    """Let the task's trigger judge how its upstreams ended."""
    if facts.trigger is None:
        return None
    found = Upstreams(facts.upstreams, len(facts.failed_upstreams), len(facts.skipped_upstreams))
    state = refusal(facts.trigger, found, facts.at, facts.resumed)
    return None if state is None else End(state)


def wait_for_slots(facts: StartFacts) -> TakeSlots | None:
    """Hold a run until its concurrency limits have room."""
    return TakeSlots() if facts.needs_slots else None


StartRule = Callable[[StartFacts], End | TakeSlots | None]
START_RULES: tuple[StartRule, ...] = (
    end_with_the_flow,
    hold_behind_a_pause,
    skip_after_skipped_upstream,
    fail_after_failed_upstream,
    ask_the_trigger,
    wait_for_slots,
)


def before_start(facts: StartFacts) -> End | TakeSlots | None:
    """Return the first verdict on starting a task run; None means: start it."""
    for rule in START_RULES:
        verdict = rule(facts)
        if verdict is not None:
            return verdict
    return None


def after_attempt(retry: RetryPolicy, attempt: int, outcome: Outcome, at: float, draw: float) -> Verdict:
    """Decide between the end and another attempt or round.

    Failures are tried again while retries remain and the user's condition agrees; a worker or kernel that died counts
    as a failed attempt; the Retry signal is honoured past the number of retries.
    """
    kind = outcome.state.kind
    if outcome.loop:
        return AnotherRound(outcome.state)
    if outcome.again:
        wanted = outcome.retry_at
        return TryAgain(at + retry.delay(attempt, draw) if wanted is None else max(at, wanted))
    if kind in {FAILED, CRASHED} and attempt <= retry.retries and outcome.may_retry:
        return TryAgain(at + retry.delay(attempt, draw))
    return End(outcome.state)


def path_ahead(outcome: Outcome, verdict: Verdict, at: float, before: State | None) -> tuple[State, ...]:
    """The states that a run is to go through, from the one it leaves on, for its state handlers.

    ``before`` is None where they have seen how the attempt ended.
    """
    seen = (outcome.state,) if before is None else (before, outcome.state)
    return (*seen, scheduled(at, outcome.state.message, "AwaitingRetry")) if isinstance(verdict, TryAgain) else seen


def passed_limit(limit: float, stoppable: bool, at: float) -> Outcome:
    """How an attempt ends that passed its time limit, in seconds."""
    message = f"passed its time limit of {limit:g} s"
    if not stoppable:
        message += "; its thread cannot be stopped and was left behind"
    return Outcome(failed(at, RunTimedOut(message), message, "TimedOut"), error_type="TimedOut")


def flow_end(
    flow: FlowSpec, outcome: Outcome, unseen: Iterable[str], waiting: Iterable[str] = (), at: float = 0.0
) -> State:
    """Decide how a flow run ends once every task run in it has ended.

    The returned value decides, and a failed task run that nobody awaited fails the flow too, with the count in the
    message (unless the user chose the state, or asked for the rule that only the returned value counts).
    ``waiting`` are the names of task runs that are paused: with one of them, the flow run has not completed either.
    ``at`` is when the last of its task runs ended, which may be long after its own code.
    """
    state = outcome.state if outcome.state.at >= at else replace(outcome.state, at=at)
    if outcome.loop:
        return failed(state.at, state.data, "only a task can LOOP, not a flow")
    if state.kind is PAUSED:
        return replace(state, name="Suspended") if state.name == "Paused" else state
    if state.kind is COMPLETED and not outcome.explicit and (names := list(waiting)):
        return suspended(state.at, names)
    lost = [] if outcome.explicit or flow.ignore_unseen_failures or state.kind is not COMPLETED else list(unseen)
    if not lost:
        return state
    noun = "task run" if len(lost) == 1 else "task runs"
    message = f"{len(lost)} {noun} failed and nobody awaited the result: {', '.join(lost[:3])}"
    return replace(failed(state.at, None, message + (", …" if len(lost) > 3 else "")))


def suspended(at: float, waiting: list[str]) -> State:
    """The state of a flow run in which task runs wait for somebody's word, given by name."""
    names = ", ".join(waiting[:3]) + (", …" if len(waiting) > 3 else "")
    verb = "waits" if len(waiting) == 1 else "wait"
    return paused(at, f"{names} {verb} for somebody's word: resume the run", "Suspended")


def graph_end(
    ends: Iterable[tuple[str, State]],
    at: float,
    value: object,
    waiting: list[str] | None = None,
    what: str = "reference task runs",
) -> State:
    """Decide how a graph ends: by the ends of its reference tasks, each given with its task run's name.

    ``waiting`` are the names of paused task runs: what depends on them is still to come, whatever else has ended how.
    ``what`` is what the message calls those that count.
    """
    if waiting:
        return suspended(at, waiting)
    listed = list(ends)
    state = outcome_of_states([end for _, end in listed], at, value)
    bad = [name for name, end in listed if end.kind is not COMPLETED]
    if not bad:
        return state
    names = ", ".join(bad[:3]) + (", …" if len(bad) > 3 else "")
    return replace(state, message=f"{len(bad)} of {len(listed)} {what} did not complete: {names}")


def outcome_of_states(states: Iterable[State], at: float, value: object) -> State:
    """Decide how a flow ends that returned states or futures: the worst one counts.

    All completed: Completed. Else any cancelled: Cancelled; any paused: Paused; otherwise Failed. Its message says what
    the first of those that did not complete says.
    """
    ends = list(states)
    bad = [state for state in ends if state.kind is not COMPLETED]
    if not bad:
        return completed(at, value)
    words = next((state.message for state in bad if state.message), "")
    counted = f"{len(bad)} of {len(ends)} returned states did not complete"
    message = words if words and len(ends) == 1 else f"{counted}: {words}" if words else counted
    kinds = {state.kind for state in bad}
    if CANCELLED in kinds:
        return cancelled(at, message)
    if PAUSED in kinds:
        return paused(at, message)
    error = next((state.data for state in bad if isinstance(state.data, BaseException)), None)
    return failed(at, error, message)
