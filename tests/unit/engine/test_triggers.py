"""The truth table of triggers, written out from the rules and independent of their implementation."""

from __future__ import annotations

from itertools import product

import pytest

from jupyter_flows import triggers
from jupyter_flows.engine.machine import RunMachine
from jupyter_flows.engine.triggers import Upstreams, refusal
from jupyter_flows.errors import BadOption
from jupyter_flows.model.commands import Settle, StartAttempt
from jupyter_flows.model.events import AttemptEnded, AttemptStarted, FlowCalled, Outcome, TaskSubmitted, TimerFired
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import FlowRunCreated
from jupyter_flows.model.specs import FlowSpec, RetryPolicy, TaskSpec
from jupyter_flows.model.states import completed, failed

# S: successful, F: failed, K: skipped, T: trigger failed. A skipped one is successful, T is failed.
ENDS = {
    "S": completed(1.0),
    "F": failed(1.0, ValueError()),
    "K": completed(1.0, None, "", "Skipped"),
    "T": failed(1.0, None, "", "TriggerFailed"),
}
UPSTREAMS = ["".join(letters) for length in range(4) for letters in product("SFKT", repeat=length)]

# For each trigger the multisets of upstreams (letters sorted as in SFKT, T written as F) under which a task runs.
RUNS = {
    "all_successful": ["", "S", "K", "SS", "SK", "KK", "SSS", "SSK", "SKK", "KKK"],
    "all_failed": ["", "F", "FF", "FFF"],
    "any_successful": [
        *["", "S", "K", "SS", "SF", "SK", "FK", "KK"],
        *["SSS", "SSF", "SSK", "SFF", "SFK", "SKK", "FFK", "FKK", "KKK"],
    ],
    "any_failed": ["", "F", "SF", "FF", "FK", "SSF", "SFF", "SFK", "FFF", "FFK", "FKK"],
    "all_finished": [
        *["", "S", "F", "K", "SS", "SF", "SK", "FF", "FK", "KK"],
        *["SSS", "SSF", "SSK", "SFF", "SFK", "SKK", "FFF", "FFK", "FKK", "KKK"],
    ],
    "not_all_skipped": ["S", "SS", "SK", "SSS", "SSK", "SKK"],
    "some_failed(at_least=2)": ["", "FF", "SFF", "FFF", "FFK"],
    "some_failed(at_most=1)": [
        *["", "S", "F", "K", "SS", "SF", "SK", "FK", "KK", "SSS", "SSF", "SSK", "SFK", "SKK", "FKK", "KKK"],
    ],
    "some_failed(at_least=0.5, at_most=0.7)": ["", "SF", "FK", "SFF", "FFK"],
    "some_successful(at_least=0.5)": [
        *["", "S", "K", "SS", "SF", "SK", "FK", "KK"],
        *["SSS", "SSF", "SSK", "SFK", "SKK", "FKK", "KKK"],
    ],
    "some_successful(at_least=1, at_most=1)": ["", "S", "K", "SF", "FK", "SFF", "FFK"],
    "none_failed": ["", "S", "K", "SS", "SK", "KK", "SSS", "SSK", "SKK", "KKK"],
    "none_failed_min_one_success": ["", "S", "SS", "SK", "SSS", "SSK", "SKK"],
    "none_skipped": ["", "S", "F", "SS", "SF", "FF", "SSS", "SSF", "SFF", "FFF"],
    "all_skipped": ["", "K", "KK", "KKK"],
    "all_done_min_one_success": ["", "S", "SS", "SF", "SK", "SSS", "SSF", "SSK", "SFF", "SFK", "SKK"],
}
COUNTED = {
    "some_failed(at_least=2)": triggers.some_failed(at_least=2),
    "some_failed(at_most=1)": triggers.some_failed(at_most=1),
    "some_failed(at_least=0.5, at_most=0.7)": triggers.some_failed(at_least=0.5, at_most=0.7),
    "some_successful(at_least=0.5)": triggers.some_successful(at_least=0.5),
    "some_successful(at_least=1, at_most=1)": triggers.some_successful(at_least=1, at_most=1),
}


def wanted(trigger: str, upstreams: str, propagates: bool) -> str:
    """What becomes of the task: skip propagation comes first, then the table."""
    if propagates and "K" in upstreams:
        return "Skipped"
    if trigger == "not_all_skipped" and set(upstreams) <= {"K"}:
        return "Skipped"
    shape = "".join(sorted(upstreams.replace("T", "F"), key="SFK".index))
    return "runs" if shape in RUNS[trigger] else "TriggerFailed"


def what_becomes(trigger: str, upstreams: str, propagates: bool, late: bool) -> str:
    """Let a machine decide; ``late``: the task is submitted after its upstreams have ended."""
    machine = RunMachine("r", FlowSpec("f"))
    created = FlowRunCreated("r", "n", "f", "flow", "", "{}", (), None, 0, None, Owner("h", "b", 1, "t", "x"), 0.0)
    machine.handle(FlowCalled(0.0, created, 0))
    numbers = range(1, len(upstreams) + 1)
    for number in numbers:
        machine.handle(TaskSubmitted(0.0, number, TaskSpec("up"), number, "up"))
    value = COUNTED.get(trigger) or getattr(triggers, trigger)
    spec = TaskSpec("t", trigger=value, skip_on_upstream_skip=propagates)
    submitted = TaskSubmitted(0.0, 99, spec, 99, "t", tuple((number, False) for number in numbers))
    commands = [] if late else machine.handle(submitted)
    for number, letter in zip(numbers, upstreams, strict=True):
        machine.handle(AttemptStarted(0.0, number, 1))
        commands += machine.handle(AttemptEnded(1.0, number, 1, Outcome(ENDS[letter], explicit=True)))
    commands += machine.handle(submitted) if late else []
    ends = [command.state.name for command in commands if type(command) is Settle and command.number == 99]
    starts = [command for command in commands if type(command) is StartAttempt and command.number == 99]
    assert len(ends) + len(starts) == 1
    return ends[0] if ends else "runs"


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("propagates", [True, False])
@pytest.mark.parametrize("trigger", RUNS)
def test_the_truth_table(trigger, propagates, late):
    assert len(UPSTREAMS) == 85
    found = {upstreams: what_becomes(trigger, upstreams, propagates, late) for upstreams in UPSTREAMS}
    assert found == {upstreams: wanted(trigger, upstreams, propagates) for upstreams in UPSTREAMS}


EARLY = {
    "one_success": lambda ends: (
        "runs" if not ends or "S" in ends else "Skipped" if set(ends) == {"K"} else "TriggerFailed"
    ),
    "one_failed": lambda ends: "runs" if not ends or set(ends) & {"F", "T"} else "Skipped",
    "one_done": lambda ends: "runs" if not ends or set(ends) - {"K"} else "Skipped",
}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("trigger", EARLY)
def test_the_truth_table_of_triggers_that_do_not_wait(trigger, late):
    found = {upstreams: what_becomes(trigger, upstreams, False, late) for upstreams in UPSTREAMS}
    assert found == {upstreams: EARLY[trigger](upstreams) for upstreams in UPSTREAMS}


@pytest.mark.parametrize(("trigger", "enough"), [("one_success", "S"), ("one_failed", "F"), ("one_done", "S")])
@pytest.mark.parametrize("retries", [0, 1])
def test_an_early_trigger_starts_its_task_once_however_the_others_end(trigger, enough, retries):
    machine = RunMachine("r", FlowSpec("f"))
    created = FlowRunCreated("r", "n", "f", "flow", "", "{}", (), None, 0, None, Owner("h", "b", 1, "t", "x"), 0.0)
    machine.handle(FlowCalled(0.0, created, 0))
    for number in (1, 2, 3):
        machine.handle(TaskSubmitted(0.0, number, TaskSpec("up"), number, "up", started=True))
    spec = TaskSpec("t", trigger=getattr(triggers, trigger), retry=RetryPolicy(retries))
    machine.handle(TaskSubmitted(0.0, 9, spec, 9, "t", ((1, False), (2, False), (3, False))))
    commands = machine.handle(AttemptEnded(1.0, 2, 1, Outcome(ENDS[enough])))
    assert [c.number for c in commands if type(c) is StartAttempt] == [9]
    commands = machine.handle(AttemptStarted(2.0, 9, 1))
    if retries:
        commands += machine.handle(AttemptEnded(3.0, 9, 1, Outcome(ENDS["F"])))
        commands += machine.handle(TimerFired(4.0, 9, 2, "retry"))
    commands += machine.handle(AttemptEnded(5.0, 1, 1, Outcome(ENDS["F"])))
    commands += machine.handle(AttemptEnded(6.0, 3, 1, Outcome(ENDS["S"])))
    assert [c.attempt for c in commands if type(c) is StartAttempt] == [2] * retries
    assert 9 in machine.nodes


@pytest.mark.parametrize("upstreams", ["", "S", "F", "K", "SF"])
def test_manual_only_pauses_whatever_became_of_its_upstreams(upstreams):
    assert what_becomes("manual_only", upstreams, False, False) == "Paused"


def test_manual_only_lets_a_resumed_run_begin():
    found = Upstreams(1, failed=1)
    assert refusal(triggers.manual_only, found, 1.0, resumed=True) is None


def test_always_run_is_another_word_for_all_finished():
    assert triggers.always_run is triggers.all_finished


def test_the_table_has_every_trigger():
    named = {name.partition("(")[0] for name in RUNS} | {"always_run", "manual_only", *EARLY}
    assert named == set(triggers.__all__)


def test_a_refusal_says_which_trigger_and_what_it_saw():
    machine = RunMachine("r", FlowSpec("f"))
    created = FlowRunCreated("r", "n", "f", "flow", "", "{}", (), None, 0, None, Owner("h", "b", 1, "t", "x"), 0.0)
    machine.handle(FlowCalled(0.0, created, 0))
    machine.handle(TaskSubmitted(0.0, 1, TaskSpec("up"), 1, "up", started=True))
    spec = TaskSpec("t", trigger=triggers.some_successful(at_least=0.5))
    machine.handle(TaskSubmitted(0.0, 2, spec, 2, "t", ((1, False),)))
    commands = machine.handle(AttemptEnded(1.0, 1, 1, Outcome(ENDS["F"])))
    (end,) = [command.state for command in commands if type(command) is Settle and command.number == 2]
    assert end.message == "its trigger some_successful(at_least=0.5) refused: of 1 upstream 1 failed"


@pytest.mark.parametrize("bound", [-1, True, float("nan")])
def test_a_bound_that_cannot_be_meant_is_refused(bound):
    with pytest.raises(BadOption, match="at_most"):
        triggers.some_failed(at_most=bound)
