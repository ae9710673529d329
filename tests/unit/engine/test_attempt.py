"""One attempt, driven by hand."""

from __future__ import annotations

import pytest

from jupyter_flows.engine.attempt import (
    AskRetry,
    AttemptStopped,
    AwaitOrder,
    CallHooks,
    CallUser,
    CollectStates,
    DescribeFailure,
    Err,
    FailureText,
    Ok,
    Post,
    ReturnedStates,
    Terminated,
    attempt,
    lifecycle,
)
from jupyter_flows.model.commands import RunHooks, Settle, StartAttempt
from jupyter_flows.model.events import AttemptEnded, AttemptStarted, FlowCalled, HooksFinished, RunAbandoned
from jupyter_flows.model.signals import Cancelled, Completed, Crashed, Failed, Paused, Retry, Skipped
from jupyter_flows.model.states import completed, failed

TEXT = FailureText("ValueError", "Traceback", "{}")


def run(reply, number=1, asks_retry=False, answers=()):
    """Drive one attempt: the reply to the call of user code, then the answers to what else it asks."""
    steps = attempt(number, 1, asks_retry)
    asked = [next(steps)]
    assert asked == [CallUser(1)]
    answers = [reply, *answers]
    while True:
        try:
            asked.append(steps.send(answers.pop(0) if answers else Ok(TEXT, 0.0)))
        except StopIteration as stop:
            return stop.value, [type(effect) for effect in asked[1:]]


def test_a_value_completes_the_run():
    outcome, asked = run(Ok(5, 2.0))
    assert outcome.state == completed(2.0, 5)
    assert (outcome.explicit, asked) == (False, [])


@pytest.mark.parametrize(
    "error", [ValueError("no"), StopIteration(3), SystemExit(2), GeneratorExit(), Exception(), AssertionError()]
)
def test_what_user_code_raises_is_its_failure(error):
    outcome, asked = run(Err(error, 2.0))
    assert (outcome.state.name, outcome.state.data, outcome.state.at) == ("Failed", error, 2.0)
    assert asked == [DescribeFailure]
    assert (outcome.error_type, outcome.traceback, outcome.may_retry) == ("ValueError", "Traceback", True)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), AttemptStopped(None)])
def test_an_interruption_is_a_cancel_and_never_a_failure(error):
    outcome, asked = run(Err(error, 2.0))
    assert (outcome.state.name, asked) == ("Cancelled", [])


def test_a_termination_is_a_crash_that_is_not_tried_again():
    outcome, _ = run(Err(Terminated(), 2.0))
    assert (outcome.state.name, outcome.may_retry) == ("Interrupted", False)


@pytest.mark.parametrize(
    ("signal", "name"),
    [
        (Completed("m", data=3), "Completed"),
        (Failed("m"), "Failed"),
        (Cancelled("m"), "Cancelled"),
        (Crashed("m"), "Crashed"),
        (Skipped("m"), "Skipped"),
        (Paused("m"), "Paused"),
        (Completed("m", name="Partial"), "Partial"),
    ],
)
@pytest.mark.parametrize("how", [Ok, Err])
def test_each_signal_gives_its_state(signal, name, how):
    outcome, _ = run(how(signal, 2.0))
    assert (outcome.state.name, outcome.state.message, outcome.explicit) == (name, "m", True)


@pytest.mark.parametrize(
    ("signal", "when"), [(Retry("m"), None), (Retry("m", delay_seconds=5), 7.0), (Retry("m", delay_seconds=0), 2.0)]
)
def test_the_retry_signal_asks_for_another_attempt(signal, when):
    outcome, _ = run(Err(signal, 2.0))
    assert (outcome.again, outcome.retry_at, outcome.state.message) == (True, when, "m")


@pytest.mark.parametrize(
    ("answer", "may"), [(Ok(True, 0.0), True), (Ok(0, 0.0), False), (Err(ValueError(), 0.0), False)]
)
def test_the_condition_decides_on_a_failure_only(answer, may):
    outcome, asked = run(Err(ValueError("no"), 2.0), asks_retry=True, answers=[Ok(TEXT, 0.0), answer])
    assert (asked, outcome.may_retry) == ([DescribeFailure, AskRetry], may)
    assert run(Ok(1, 0.0), asks_retry=True)[1] == []


def test_a_flow_is_asked_for_the_states_that_it_returned():
    outcome, asked = run(Ok(["f"], 2.0), number=0, answers=[Ok(None, 2.0)])
    assert (outcome.state.data, asked) == (["f"], [CollectStates])
    states = ReturnedStates((completed(0.0, 1), completed(0.0, 2)), [1, 2])
    assert run(Ok(["f"], 2.0), number=0, answers=[Ok(states, 2.0)])[0].state.data == [1, 2]
    states = ReturnedStates((completed(0.0, 1), failed(0.0, ValueError("x"))), None)
    outcome, _ = run(Ok(["f"], 2.0), number=0, answers=[Ok(states, 2.0)])
    assert (outcome.state.name, outcome.explicit) == ("Failed", True)


class Caller:
    """The life of a direct call: the effects so far, and what to send next."""

    def __init__(self, started: bool) -> None:
        self.opening = Post(FlowCalled, ())
        self.steps = lifecycle(self, 1, self.opening, started, lambda count: attempt(1, count, False))
        self.effect = next(self.steps)

    def send(self, value: object = None) -> object:
        self.effect = self.steps.send(Ok(value, 1.0))
        return self.effect


def test_a_started_call_begins_without_an_order():
    caller = Caller(started=True)
    assert caller.effect is caller.opening
    assert caller.send() == CallUser(1)
    ended = caller.send(5)
    assert isinstance(ended, Post) and ended.kind is AttemptEnded
    assert isinstance(caller.send(), AwaitOrder)
    with pytest.raises(StopIteration) as stop:
        caller.send(Settle(1, None, completed(0.0, 5)))
    assert stop.value.value.data == 5


def test_a_held_call_follows_orders_and_calls_hooks():
    caller = Caller(started=False)
    assert isinstance(caller.send(), AwaitOrder)
    started = caller.send(StartAttempt(1, 1, None))
    assert isinstance(started, Post) and started.kind is AttemptStarted
    assert caller.send() == CallUser(1)
    caller.send(5)
    caller.send()
    state = completed(0.0, 5)
    assert caller.send(RunHooks(1, None, "completion", state)) == CallHooks("completion", state)
    told = caller.send()
    assert isinstance(told, Post) and told.kind is HooksFinished


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Terminated()])
def test_an_interrupted_caller_ends_its_run_before_it_goes_on(error):
    caller = Caller(started=False)
    caller.send()
    told = caller.steps.throw(error)
    assert isinstance(told, Post) and told.kind is RunAbandoned
    assert isinstance(caller.send(), AwaitOrder)
    with pytest.raises(type(error)):
        caller.send(Settle(1, None, completed(0.0)))


@pytest.mark.parametrize(("target", "goes_on"), [("me", False), ("around", True)])
def test_a_stop_goes_further_only_where_it_was_meant_for_the_code_around(target, goes_on):
    caller = Caller(started=True)
    caller.send()
    caller.effect = caller.steps.send(Err(AttemptStopped(caller if target == "me" else object()), 1.0))
    caller.send()
    with pytest.raises(AttemptStopped if goes_on else StopIteration):
        caller.send(Settle(1, None, failed(0.0)))
