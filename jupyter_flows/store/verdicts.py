"""What a reader makes of a run whose owner is dead, and which runs a filter lets through: the same in every store."""

from __future__ import annotations

from dataclasses import replace

from jupyter_flows.model.runs import FlowRun, RunFilter, TaskRun
from jupyter_flows.model.states import CANCELLED, CRASHED, FAILED, SCHEDULED, State
from jupyter_flows.store.liveness import owner_is_dead

LATE_AFTER = 15.0  # seconds after which a run that is due and that nobody has taken up is called Late
SHORTEST_PREFIX = 4  # characters of an id from which it may be shortened


def crash_of(run: FlowRun, now: float) -> State | None:
    """Return the state of a run that was lost with its owner; None for a final, ownerless or living one.

    A Suspended run has no process by intention: it waits for somebody's word.
    """
    owner = run.owner
    if owner is None or run.state.is_final() or run.state.name == "Suspended":
        return None
    if not owner_is_dead(owner, run.lease_until, now):
        return None
    message = f"its process {owner.pid} on {owner.host} ended without finishing it"
    # The lease's end is the last that was known of the owner; a reader's own clock would move with each look.
    return State(CRASHED, "Crashed", message, min(now, max(run.lease_until, run.created_at)))


def is_waiting(run: FlowRun) -> bool:
    """Whether a run waits for its first attempt: Scheduled, and nobody's yet."""
    return run.owner is None and run.state.kind is SCHEDULED


def as_seen(run: FlowRun, now: float) -> FlowRun:
    """Return a flow run as a reader should see it now: Crashed, Late, or as it was written."""
    if run.owner is None:
        return _late(run, now) if is_waiting(run) else run
    crash = crash_of(run, now)
    return run if crash is None else replace(run, state=crash, ended_at=crash.at)


def _late(run: FlowRun, now: float) -> FlowRun:
    """A reader says it, and no writer: it must be told most of all where no runner is there to write."""
    late_at = run.lease_until + LATE_AFTER
    if now < late_at:
        return run
    message = "it is due, and no runner has started it yet"
    return replace(run, state=State(SCHEDULED, "Late", message, late_at))


def cancelled_waiting(at: float) -> State:
    """The end of a run that somebody cancels before anybody has begun it."""
    return State(CANCELLED, "Cancelled", "cancelled before it began", at)


def cancelled_suspended(at: float) -> State:
    """How a suspended run ends that somebody cancels: it has no process that could."""
    return State(CANCELLED, "Cancelled", "cancelled while it was suspended", at)


def expired(run: FlowRun, at: float | None, now: float) -> State | None:
    """How a suspended run ends whose question nobody answered in time; None for any other.

    Parameters
    ----------
    at
        When nobody waited any more; None where somebody still does.
    """
    if at is None or run.state.name != "Suspended":
        return None
    return State(FAILED, "TimedOut", "nobody resumed it in time", now)


def task_as_seen(run: TaskRun, crash: State | None) -> TaskRun:
    """Return a task run as a reader should see it when its flow run has crashed so."""
    if crash is None or run.state.is_final():
        return run
    return replace(run, state=crash, ended_at=crash.at)


def matches_state(run: FlowRun, words: frozenset[str]) -> bool:
    """Whether a run's state, as seen, has one of these kinds or names; it has where there are none."""
    return not words or str(run.state.kind) in words or run.state.name.lower() in words


def matches(run: FlowRun, wanted: RunFilter) -> bool:
    """Whether a run, as seen, is one that a filter lets through (its limit and offset aside)."""
    return (
        matches_state(run, wanted.states)
        and (wanted.flow is None or run.flow == wanted.flow)
        and (wanted.since is None or run.created_at >= wanted.since)
        and (wanted.until is None or run.created_at < wanted.until)
        and set(wanted.tags) <= set(run.tags)
        and wanted.deployment is None  # in memory there is none
        and (wanted.parent is None or run.parent_run_id == wanted.parent)
        and (wanted.standalone or wanted.parent is not None or run.kind != "task")
        and all(word in _searched(run) for word in wanted.words)
    )


def _searched(run: FlowRun) -> str:
    return "\n".join((run.flow, run.name, run.state.name, *run.tags)).lower()
