"""Time limits, on a clock that the test sets: what is stopped, and what is left behind."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportFunctionMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from jupyter_flows import ThreadPoolTaskRunner, flow, task
from jupyter_flows.errors import RunTimedOut
from jupyter_flows.testing import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


class Advancer(threading.Thread):
    """Lets the next timer come, from another thread: the main one runs the code that is to be stopped."""

    def __init__(self, clock, started, times=1):
        super().__init__(daemon=True)
        self.clock, self.started, self.times = clock, started, times
        self.start()

    def run(self):
        assert self.started.wait(60)
        for _ in range(self.times):
            self.clock.advance_to_timer()


@pytest.mark.parametrize("sleep", [lambda: time.sleep(30), lambda: threading.Event().wait(30)], ids=["sleep", "wait"])
def test_a_direct_call_in_the_main_thread_is_stopped(sleep, clock, history):
    started = threading.Event()

    @task(timeout_seconds=5)
    def slow():
        started.set()
        sleep()

    @flow
    def runs():
        Advancer(clock, started)
        with pytest.raises(RunTimedOut, match="passed its time limit of 5 s") as caught:
            slow()
        assert isinstance(caught.value, TimeoutError)
        return "went on"

    assert runs() == "went on"
    assert history.ends() == ["TimedOut"]
    assert history.tasks()[0].state.message == "passed its time limit of 5 s"


def test_code_that_catches_every_exception_is_stopped_all_the_same(clock):
    started = threading.Event()

    @task(timeout_seconds=5)
    def stubborn():
        while True:
            try:
                started.set()
                time.sleep(30)
            except Exception:
                continue

    Advancer(clock, started)
    assert stubborn(return_state=True).name == "TimedOut"


def test_a_time_limit_counts_as_a_failure_for_retries(clock, history):
    started = threading.Event()
    calls = []

    @task(timeout_seconds=5, retries=1)
    def slow():
        calls.append(1)
        if len(calls) == 1:
            started.set()
            time.sleep(30)
        return "done"

    Advancer(clock, started)
    assert slow() == "done"
    assert history.states(1) == ["Pending", "Running", "AwaitingRetry", "Pending", "Retrying", "Completed"]


def test_a_thread_that_cannot_be_stopped_is_left_behind_and_replaced(clock, history):
    gate, started, ended = threading.Event(), threading.Event(), threading.Event()

    @task(timeout_seconds=5)
    def stuck():
        started.set()
        gate.wait(60)
        ended.set()

    @task
    def other():
        return "ran"

    @flow(task_runner=ThreadPoolTaskRunner(1))
    def runs():
        future = stuck.submit()
        assert started.wait(60)
        clock.advance_to_timer()
        state = future.wait().state
        return state.name, state.message, other.submit().result(timeout=60)

    assert runs() == (
        "TimedOut",
        "passed its time limit of 5 s; its thread cannot be stopped and was left behind",
        "ran",
    )
    gate.set()
    assert ended.wait(60)
    assert history.ends() == ["TimedOut", "Completed"]


def test_an_attempt_that_was_left_behind_may_end_during_the_next_one(clock, history):
    begun, let_go = threading.Event(), threading.Event()
    threads = []

    @task(timeout_seconds=5, retries=1)
    def slow():
        threads.append(threading.current_thread())
        if len(threads) == 1:
            begun.set()
            let_go.wait(60)
            return "late"
        let_go.set()
        threads[0].join(60)  # the pool has one thread too many now
        return "in time", threads[0].is_alive()

    @task
    def after():
        return "free"

    @flow(task_runner=ThreadPoolTaskRunner(1))
    def runs():
        future = slow.submit()
        assert begun.wait(60)
        clock.advance_to_timer()  # the next timer would be the limit of the next attempt
        return future.result(), after.submit().result()

    assert runs() == (("in time", False), "free")
    assert history.states(1) == ["Pending", "Running", "AwaitingRetry", "Pending", "Retrying", "Completed"]


def test_a_direct_call_outside_the_main_thread_frees_its_caller(clock, in_thread):
    gate, started = threading.Event(), threading.Event()

    @task(timeout_seconds=5)
    def stuck():
        started.set()
        gate.wait(60)

    running = in_thread(stuck)
    assert started.wait(60)
    clock.advance_to_timer()
    with pytest.raises(RunTimedOut, match="left behind"):
        running.result()
    gate.set()


def test_an_async_task_is_cancelled(clock, history):
    started, cancelled = threading.Event(), threading.Event()

    @task(timeout_seconds=5)
    async def slow():
        try:
            started.set()
            await asyncio.sleep(30)
        finally:
            cancelled.set()

    @flow
    def runs():
        future = slow.submit()
        assert started.wait(60)
        clock.advance_to_timer()
        return future.wait().state.name

    assert runs() == "TimedOut"
    assert cancelled.wait(60)
    assert history.tasks()[0].state.message == "passed its time limit of 5 s"


def test_an_awaited_task_is_cancelled_and_its_flow_goes_on(clock, history):
    started = threading.Event()

    @task(timeout_seconds=5)
    async def slow():
        started.set()
        await asyncio.sleep(30)

    @flow
    async def runs():
        Advancer(clock, started)
        with pytest.raises(RunTimedOut):
            await slow()
        await asyncio.sleep(0)
        return "went on"

    assert asyncio.run(runs()) == "went on"
    assert history.ends() == ["TimedOut"]


def test_a_flow_past_its_time_limit_ends_with_all_its_tasks(clock, history):
    started, gate = threading.Event(), threading.Event()

    @task
    def slow():
        gate.wait(60)

    @flow(timeout_seconds=7)
    def runs():
        slow.submit()
        started.set()
        time.sleep(30)

    Advancer(clock, started)
    with pytest.raises(RunTimedOut, match="passed its time limit of 7 s"):
        runs()
    gate.set()
    assert history.run().state.name == "TimedOut"
    assert history.ends() == ["TimedOut"]


def test_an_async_flow_past_its_time_limit_is_cancelled(clock, history):
    started = threading.Event()

    @task
    async def slow():
        started.set()
        await asyncio.sleep(30)

    @flow(timeout_seconds=7)
    async def runs():
        await slow()

    Advancer(clock, started)
    with pytest.raises(RunTimedOut, match="passed its time limit of 7 s"):
        asyncio.run(runs())
    assert history.run().state.name == "TimedOut"
    assert history.ends() == ["TimedOut"]


def test_a_flow_past_its_time_limit_may_be_tried_again(clock):
    started = threading.Event()
    calls = []

    @flow(timeout_seconds=7, retries=1)
    def runs():
        calls.append(1)
        if len(calls) == 1:
            started.set()
            time.sleep(30)
        return "done"

    Advancer(clock, started)
    assert runs() == "done"


def test_a_task_within_its_limit_is_left_alone(clock):
    @task(timeout_seconds=5)
    def quick():
        return 1

    assert (quick(), quick.submit().result(), quick.map([]).result()) == (1, 1, [])
    clock.advance(100)
    assert quick() == 1
