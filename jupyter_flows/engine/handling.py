"""An attempt whose states the user's state handlers see, and may change: a generator around another."""

from __future__ import annotations

from jupyter_flows.engine.attempt import AskHandlers, Err, Reply, Steps, failed_by
from jupyter_flows.model.events import Outcome
from jupyter_flows.model.exact_json import small_json
from jupyter_flows.model.states import COMPLETED, FINAL, PAUSED, RUNNING, State, pending, running, scheduled

ENDS = FINAL | {PAUSED}
"""The kinds of states in which an attempt may end."""


def handled(number: int, count: int, steps: Steps) -> Steps:
    """Run an attempt between two questions to the state handlers: before it begins, and when it has ended.

    How a flow ends is known only when all its task runs have; its machine asks then.

    Parameters
    ----------
    number
        0 for a flow.
    count
        Which attempt this is, from 1.
    steps
        The attempt itself.
    """
    begins = running(0.0, count)
    before = pending(0.0) if count == 1 else scheduled(0.0, name="AwaitingRetry")
    reply = yield AskHandlers((before, begins))
    if isinstance(reply, Err):
        return (yield from failed_by(reply.error, reply.at))
    first = _answer(reply)
    if first.kind is not RUNNING:
        return Outcome(first, explicit=True)
    outcome = yield from steps
    if number == 0 or outcome.loop or outcome.again:
        return outcome
    reply = yield AskHandlers((first, outcome.state))
    if isinstance(reply, Err):
        return (yield from failed_by(reply.error, reply.at))
    state = _answer(reply)
    if state is outcome.state:
        return outcome
    value = small_json(state.data) if state.kind is COMPLETED else None
    return Outcome(state, may_retry=outcome.may_retry, explicit=True, value=value)


def _answer(reply: Reply) -> State:
    assert not isinstance(reply, Err)
    assert isinstance(reply.value, State)
    return reply.value


__all__ = ["ENDS", "handled"]
