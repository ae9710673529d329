from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, field_validator

from jupyter_flows import (
    PauseTimedOut,
    flow,
    pause_flow_run,
    resume_flow_run,
    suspend_flow_run,
    task,
)
from jupyter_flows.errors import CannotResume, PauseError, RunCancelled, RunInputError
from jupyter_flows.model.runs import FlowRun, RunFilter
from jupyter_flows.testing import FakeClock, Harness, flows_test_harness


class Approval(BaseModel):
    approve: bool
    note: str = ""

    @field_validator("note")
    @classmethod
    def _polite(cls, note: str) -> str:
        if "!" in note:
            raise ValueError("do not shout")
        return note


@pytest.fixture(params=["sqlite", "memory"])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with flows_test_harness(request.param, poll_seconds=0.01, mark_delay_seconds=0.001) as made:
        yield made


def until(question: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return answer


def newest(harness: Harness, state: str) -> Callable[[], FlowRun | None]:
    return lambda: next(iter(harness.reader.flow_runs(RunFilter(state=state))), None)


class Somebody:
    """Does something in another thread as soon as a run waits there."""

    def __init__(self, harness: Harness, *words: Callable[[FlowRun], Any]) -> None:
        self._harness, self._words = harness, words
        self.trouble: list[BaseException] = []
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Somebody:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(60)
        assert not self.trouble, self.trouble

    def _watch(self) -> None:
        done: set[str] = set()
        try:
            for word in self._words:
                run = until(newest(self._harness, "Paused"))
                done.add(until(lambda run=run: self._new_question(run, done)))
                word(run)
        except BaseException as error:
            self.trouble.append(error)
            for run in self._harness.reader.flow_runs(RunFilter()):  # so that nobody waits for ever
                self._harness.reader.request_cancel(run.id, time.time())

    def _new_question(self, run: FlowRun, done: set[str]) -> str | None:
        waiting = (one.key for one in self._harness.reader.inputs(run.id) if one.is_open)
        return next((key for key in waiting if key not in done), None)


def states_of(harness: Harness, run: FlowRun) -> list[str]:
    return [change.state.name for change in harness.reader.states(run.id, 0)]


def test_a_paused_run_goes_on_with_what_somebody_gives_it(harness: Harness):
    @flow
    def asks() -> Approval:
        return pause_flow_run(wait_for_input=Approval)

    with Somebody(harness, lambda run: resume_flow_run(run.id, {"approve": True, "note": "fine"})):
        assert asks() == Approval(approve=True, note="fine")
    (run,) = harness.reader.flow_runs(RunFilter())
    assert states_of(harness, run) == ["Pending", "Running", "Paused", "Running", "Completed"]
    paused = harness.reader.states(run.id, 0)[2].state
    assert paused.message == "waits for input: approve (boolean), note (string, optional)"


@pytest.mark.parametrize(
    ("wanted", "given", "value"),
    [
        (None, None, None),
        (bool, True, True),
        (Literal["a", "b"], "b", "b"),
        (Approval, Approval(approve=False), Approval(approve=False)),
        (list[int], [1, 2], [1, 2]),
    ],
)
def test_any_type_can_be_asked_for(wanted: Any, given: Any, value: Any):
    @flow
    def asks() -> list[Any]:
        return [pause_flow_run(wait_for_input=wanted)]

    with (
        flows_test_harness(poll_seconds=0.01) as harness,
        Somebody(harness, lambda run: resume_flow_run(run.id, given)),
    ):
        assert asks() == [value]


def test_an_answer_that_does_not_fit_is_refused_whole_and_the_run_waits_on(harness: Harness):
    def answer(run: FlowRun) -> None:
        with pytest.raises(RunInputError) as caught:
            resume_flow_run(run.id, {"approve": "x", "nonsense": 1})
        assert set(caught.value.problems) == {"approve", "nonsense"}
        with pytest.raises(RunInputError, match="nothing was given"):
            resume_flow_run(run.id)
        with pytest.raises(RunInputError, match="it does not wait for 'other'; it waits for gate"):
            resume_flow_run(run.id, {"approve": True}, key="other")
        assert harness.reader.inputs(run.id)[0].is_open
        resume_flow_run(run.id, {"approve": True}, key="gate")

    @flow
    def asks() -> bool:
        return pause_flow_run(wait_for_input=Approval, key="gate").approve

    with Somebody(harness, answer):
        assert asks() is True


def test_what_only_the_model_itself_can_refuse_is_asked_for_again(harness: Harness, caplog: pytest.LogCaptureFixture):
    def answer(run: FlowRun) -> None:
        resume_flow_run(run.id, {"approve": True, "note": "at once!"})
        until(lambda: "do not shout" in caplog.text)
        until(lambda: harness.reader.inputs(run.id)[0].is_open)
        resume_flow_run(run.id, {"approve": True, "note": "please"})

    @flow
    def asks() -> str:
        return pause_flow_run(wait_for_input=Approval).note

    caplog.set_level(logging.WARNING, "jupyter_flows")
    with Somebody(harness, answer):
        assert asks() == "please"


def test_a_flow_may_pause_several_times(harness: Harness):
    @flow
    def asks() -> list[int]:
        return [pause_flow_run(wait_for_input=int), pause_flow_run(wait_for_input=int)]

    give = [lambda run, number=number: resume_flow_run(run.id, number) for number in (1, 2)]
    with Somebody(harness, *give):
        assert asks() == [1, 2]
    (run,) = harness.reader.flow_runs(RunFilter())
    assert [one.key for one in harness.reader.inputs(run.id)] == ["pause-1", "pause-2"]


def test_an_async_flow_awaits_its_pause_and_other_tasks_go_on(harness: Harness):
    done: list[int] = []

    @task
    async def beside() -> None:
        done.append(1)

    @flow
    async def asks() -> int:
        other = asyncio.ensure_future(beside())
        given = await pause_flow_run(wait_for_input=int)
        await other
        return given

    def answer(run: FlowRun) -> None:
        until(lambda: done)
        resume_flow_run(run.id, 5)

    with Somebody(harness, answer):
        assert asyncio.run(asks()) == 5


def test_two_pauses_at_once_are_told_apart_by_their_keys(harness: Harness):
    @flow
    async def asks() -> list[int]:
        return await asyncio.gather(*(pause_flow_run(wait_for_input=int, key=key) for key in ("a", "b")))

    def answer() -> None:
        run = until(newest(harness, "Paused"))
        until(lambda: len(harness.reader.inputs(run.id)) == 2)
        with pytest.raises(RunInputError, match="several places; name one of a, b"):
            resume_flow_run(run.id, 5)
        resume_flow_run(run.id, 2, key="b")
        resume_flow_run(run.id, 1, key="a")

    thread = threading.Thread(target=answer)
    thread.start()
    assert asyncio.run(asks()) == [1, 2]
    thread.join(60)
    (run,) = harness.reader.flow_runs(RunFilter())
    assert states_of(harness, run) == ["Pending", "Running", "Paused", "Running", "Completed"]


def test_nobody_s_word_in_time_fails_the_run_unless_it_is_caught(harness: Harness):
    @flow
    def asks() -> None:
        pause_flow_run(timeout=0.05)

    @flow
    def goes_on() -> str:
        try:
            pause_flow_run(timeout=0.05)
        except TimeoutError as error:
            return type(error).__name__
        return "never"

    state = asks(return_state=True)
    assert (state.name, isinstance(state.data, PauseTimedOut)) == ("Failed", True)
    assert goes_on() == "PauseTimedOut"
    run = newest(harness, "Failed")()
    assert run is not None
    assert harness.reader.inputs(run.id) == []
    with pytest.raises(CannotResume, match="it is Failed, and waits for nobody's word"):
        resume_flow_run(run.id)


def test_the_time_limit_of_a_flow_stands_still_while_it_is_paused():
    clock = FakeClock()

    @flow(timeout_seconds=10_000)
    def asks() -> str:
        pause_flow_run(timeout=None)
        return "in time"

    with flows_test_harness(clock=clock, poll_seconds=0.01) as harness:

        def answer() -> None:
            def seen() -> FlowRun | None:
                clock.advance(0.2)  # marks are written when their time has come
                return newest(harness, "Paused")()

            run = until(seen)
            clock.advance(60_000)
            resume_flow_run(run.id)

        thread = threading.Thread(target=answer)
        thread.start()
        assert asks() == "in time"
        thread.join(60)


def test_a_paused_run_can_be_cancelled_wherever_it_waits(harness: Harness):
    @flow
    def asks() -> None:
        pause_flow_run()

    with Somebody(harness, lambda run: harness.reader.request_cancel(run.id, time.time())), pytest.raises(RunCancelled):
        asks()
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(asks(return_state=True)))
    with Somebody(harness, lambda run: harness.reader.request_cancel(run.id, time.time())):
        thread.start()
    thread.join(60)
    assert found[0].name == "Cancelled"


def test_a_suspended_run_goes_on_behind_its_call_in_the_next_attempt(harness: Harness):
    ran: list[str] = []

    @task
    def work() -> int:
        ran.append("work")
        return 5

    @flow
    def asks() -> tuple[int, bool]:
        found = work()
        return found, suspend_flow_run(wait_for_input=Approval, message="look at it").approve

    state = asks(return_state=True)
    assert (state.name, state.message) == ("Suspended", "look at it; resume the run")
    (run,) = harness.reader.flow_runs(RunFilter())
    with pytest.raises(CannotResume, match="it waits for input: approve"):
        asks.resume()
    with pytest.raises(RunInputError, match="approve: is missing"):
        resume_flow_run(run.id, {})
    assert harness.reader.give_input(run.id, "pause-1", '{"approve": true}', time.time())
    assert asks.resume() == (5, True)
    assert ran == ["work"]


def test_who_resumes_a_run_that_waits_for_a_word_gives_it(harness: Harness):
    @flow
    def asks() -> str:
        suspend_flow_run(key="first")
        suspend_flow_run(key="second")
        return "done"

    assert asks(return_state=True).name == "Suspended"
    assert asks.resume(return_state=True).name == "Suspended"
    assert asks.resume() == "done"
    (run,) = harness.reader.flow_runs(RunFilter())
    assert run.attempts == 3


def test_retries_of_a_flow_are_not_asked_again(harness: Harness):
    tries: list[int] = []

    @flow(retries=1)
    def asks() -> int:
        given = pause_flow_run(wait_for_input=int)
        tries.append(given)
        if len(tries) == 1:
            raise ConnectionError("away")
        return given

    with Somebody(harness, lambda run: resume_flow_run(run.id, 7)):
        assert asks() == 7
    assert tries == [7, 7]


def test_a_sub_flow_pauses_for_itself(harness: Harness):
    @flow
    def inner() -> int:
        return pause_flow_run(wait_for_input=int)

    @flow
    def outer() -> int:
        return inner()

    def answer(run: FlowRun) -> None:
        assert run.flow == "inner"
        resume_flow_run(run.id, 3)

    with Somebody(harness, answer):
        assert outer() == 3


def test_a_pause_where_nothing_can_pause_says_what_to_do(harness: Harness):
    @task
    def in_a_task() -> None:
        pause_flow_run()

    @flow
    def calls() -> None:
        in_a_task()

    with pytest.raises(PauseError, match="raise PAUSE in the task"):
        calls()
    with pytest.raises(PauseError, match="there is no run here"):
        pause_flow_run()


@pytest.mark.parametrize(
    "wrong", [{"timeout": 0}, {"timeout": -1.0}, {"key": ""}, {"key": "x" * 201}, {"wait_for_input": 5}]
)
def test_wrong_options_are_refused(harness: Harness, wrong: dict[str, Any]):
    @flow
    def asks() -> None:
        pause_flow_run(**wrong)

    with pytest.raises(PauseError, match=next(iter(wrong))):
        asks()
