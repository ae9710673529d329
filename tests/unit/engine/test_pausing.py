from __future__ import annotations

from typing import Any

import pytest

from jupyter_flows.engine.machine import RunMachine
from jupyter_flows.model.commands import SetTimer, Settle, StopAttempt
from jupyter_flows.model.events import (
    AttemptEnded,
    CancelRequested,
    Earlier,
    FlowCalled,
    FlowContinued,
    FlowPaused,
    FlowResumed,
    Outcome,
    RunAbandoned,
    TimerFired,
)
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import FlowRunCreated, FlowRunTakenUp, InputAsked, StateEntered
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.model.states import SCHEDULED, cancelled, completed, crashed

OWNER = Owner("host", "boot", 1, "0", "token")
ASKED = InputAsked("run", "key", "", 1.0, None)


class Told:
    """A machine and all that it has answered."""

    def __init__(self, limit: float = 0.0) -> None:
        self.machine = RunMachine("run", FlowSpec("daily", timeout_seconds=limit))
        self.commands: list[Any] = []
        self.tell(FlowCalled(0.0, FlowRunCreated("run", "n", "f", "flow", "", "{}", (), None, 0, None, OWNER, 0.0), 0))

    def tell(self, event: Any) -> list[Any]:
        answer = self.machine.handle(event)
        self.commands += answer
        return answer

    @property
    def states(self) -> list[str]:
        return [one.name for one in self.commands if isinstance(one, StateEntered)]

    def of(self, kind: type) -> list[Any]:
        return [one for one in self.commands if isinstance(one, kind)]


def test_a_pause_writes_the_question_and_the_state_together():
    told = Told()
    question, entered = told.tell(FlowPaused(1.0, "waits", ASKED))
    assert (question, entered.name, entered.message) == (ASKED, "Paused", "waits")
    told.tell(FlowContinued(2.0))
    told.tell(AttemptEnded(3.0, 0, 1, Outcome(completed(3.0))))
    assert told.states == ["Pending", "Running", "Paused", "Running", "Completed"]


def test_with_several_pauses_the_last_one_goes_on():
    told = Told()
    told.tell(FlowPaused(1.0, "", ASKED))
    assert told.tell(FlowPaused(1.0, "", ASKED._replace(key="b"))) == [ASKED._replace(key="b")]
    assert told.tell(FlowContinued(2.0)) == []
    told.tell(FlowContinued(2.0))
    assert told.states == ["Pending", "Running", "Paused", "Running"]


def test_a_time_limit_stands_still_and_its_old_timer_means_nothing():
    told = Told(limit=10.0)
    (first,) = told.of(SetTimer)
    told.tell(FlowPaused(4.0, "", ASKED))
    assert told.tell(TimerFired(10.0, 0, 1, first.what)) == []
    told.tell(FlowContinued(100.0))
    second = told.of(SetTimer)[-1]
    assert second.at == 106.0
    assert told.tell(TimerFired(101.0, 0, 1, first.what)) == []
    assert told.tell(TimerFired(106.0, 0, 1, second.what))
    assert told.of(StopAttempt)


@pytest.mark.parametrize(
    "end",
    [
        AttemptEnded(2.0, 0, 1, Outcome(crashed(2.0, "terminated", "Interrupted"))),
        RunAbandoned(2.0, 0, crashed(2.0, "terminated", "Interrupted")),
    ],
)
def test_a_paused_run_whose_process_is_told_to_end_is_suspended(end: Any):
    told = Told()
    told.tell(FlowPaused(1.0, "", ASKED))
    told.tell(end)
    assert told.states[-2:] == ["Paused", "Suspended"]
    assert [settle.state.name for settle in told.of(Settle)] == ["Suspended"]


def test_a_run_that_is_interrupted_and_not_paused_is_interrupted():
    told = Told()
    told.tell(AttemptEnded(2.0, 0, 1, Outcome(crashed(2.0, "terminated", "Interrupted"))))
    assert told.states[-1] == "Interrupted"


def test_a_paused_run_is_cancelled_by_stopping_its_code():
    told = Told()
    told.tell(FlowPaused(1.0, "", ASKED))
    assert any(isinstance(one, StopAttempt) for one in told.tell(CancelRequested(2.0, "enough")))
    told.tell(AttemptEnded(3.0, 0, 1, Outcome(cancelled(3.0))))
    assert told.states[-3:] == ["Paused", "Cancelling", "Cancelled"]


def test_nothing_pauses_a_run_that_is_being_ended():
    told = Told()
    told.tell(CancelRequested(1.0, ""))
    assert told.tell(FlowPaused(2.0, "", ASKED)) == []
    assert told.tell(FlowContinued(2.0)) == []


def test_a_run_that_was_made_ahead_begins_its_first_attempt_as_any_run():
    machine = RunMachine("run", FlowSpec("daily"))
    taken = FlowRunTakenUp("run", 1, OWNER, 0.0)
    states = [
        (one.version, one.name, one.attempt)
        for one in machine.handle(FlowResumed(0.0, taken, Earlier(SCHEDULED, 1, 0), {}, 0))
        if isinstance(one, StateEntered)
    ]
    assert states == [(2, "Pending", 1), (3, "Running", 1)]
