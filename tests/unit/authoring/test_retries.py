"""Retries of tasks and of flows, on a clock that the test sets."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportFunctionMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from jupyter_flows import Failed, Retry, ThreadPoolTaskRunner, exponential_backoff, flow, runtime, task, unmapped
from jupyter_flows.testing import FakeClock

START = 1_000_000.0


@pytest.fixture
def clock():
    return FakeClock(START)


class Flaky:
    """Fails until its nth call."""

    def __init__(self, good, error=ValueError):
        self.good, self.error, self.calls = good, error, 0

    def __call__(self, value=None):
        self.calls += 1
        if self.calls < self.good:
            raise self.error(f"call {self.calls}")
        return self.calls


def flaky(good, error=ValueError, **options):
    code = Flaky(good, error)
    return code, task(name="flaky", **options)(code)


def run_through(how, call, clock, in_thread, waits):
    """Run a task by a direct call in a thread, or submitted; let each wait pass; return how long they were."""
    running = in_thread(call) if how == "call" else call.submit()
    passed = [clock.advance_to_timer() for _ in range(waits)]
    return running, passed


@pytest.mark.parametrize("how", ["call", "submit"])
@pytest.mark.parametrize(
    ("delay", "waits"),
    [
        (10, [10, 10, 10]),
        (2.5, [2.5, 2.5, 2.5]),
        (timedelta(minutes=1), [60, 60, 60]),
        ([1, 5], [1, 5, 5]),
        ([1, 2, 3, 4], [1, 2, 3]),
        (exponential_backoff(10), [10, 20, 40]),
        (lambda n: [float(n)], [3, 3, 3]),
    ],
)
def test_a_retry_waits_for_its_time(how, delay, waits, clock, in_thread, history):
    code, call = flaky(4, retries=3, retry_delay_seconds=delay)
    running, passed = run_through(how, call, clock, in_thread, 3)
    assert running.result() == 4 and code.calls == 4
    assert passed == pytest.approx(waits)
    assert history.states(1) == [
        "Pending", "Running",
        "AwaitingRetry", "Pending", "Retrying",
        "AwaitingRetry", "Pending", "Retrying",
        "AwaitingRetry", "Pending", "Retrying", "Completed",
    ]  # fmt: skip
    assert history.tasks()[0].attempts == 4


def test_a_retry_does_not_come_before_its_time(clock, history):
    code, call = flaky(2, retries=1, retry_delay_seconds=10)
    future = call.submit()
    assert clock.advance_to_timer() == 10  # waits until the timer is set
    future.wait()
    assert code.calls == 2
    at = [change.state.at for change in history.harness.reader.states(history.run().id, 1)]
    assert (at[2], at[4]) == (START, START + 10)


@pytest.mark.parametrize("how", ["call", "submit", "map"])
def test_no_delay_means_at_once(how):
    code, call = flaky(3, retries=2)
    value = {"call": call, "submit": lambda: call.submit().result(), "map": lambda: call.map([0]).result()[0]}[how]()
    assert value == code.calls == 3


@pytest.mark.parametrize("how", ["call", "submit"])
def test_the_last_failure_is_the_end(how, history):
    code, call = flaky(9, retries=2)
    with pytest.raises(ValueError, match="call 3"):
        call() if how == "call" else call.submit().result()
    assert code.calls == 3
    assert history.states(1)[-1] == "Failed"
    assert [(failure.attempt, failure.message) for failure in history.failures() if failure.number == 1] == [
        (1, "ValueError: call 1"), (2, "ValueError: call 2"), (3, "ValueError: call 3"),
    ]  # fmt: skip


@pytest.mark.parametrize("jitter", [0.2, 0.9])  # from 1 up a wait may be none
def test_jitter_stays_within_its_bounds(jitter, clock, in_thread):
    code, call = flaky(9, retries=8, retry_delay_seconds=10, retry_jitter_factor=jitter)
    running = call.submit()
    waits = []
    while code.calls < 8 or not waits:
        waits.append(clock.advance_to_timer())
        if len(waits) == 8:
            break
    assert running.result() == 9
    assert all(0 <= wait <= 10 * (1 + jitter) for wait in waits)
    assert len({round(wait, 6) for wait in waits}) > 1


@pytest.mark.parametrize(
    ("options", "calls"),
    [
        ({"retry_on": ValueError}, 3),
        ({"retry_on": [KeyError, ValueError]}, 3),
        ({"retry_on": KeyError}, 1),
        ({"retry_condition_fn": lambda task, run, state: run.run_count < 2}, 2),
        (
            {
                "retry_condition_fn": lambda task, run, state: (
                    isinstance(state.data, ValueError) and task.name == "flaky"
                )
            },
            3,
        ),
        ({"retry_condition_fn": lambda *_: False}, 1),
        ({"retry_condition_fn": lambda *_: 1 / 0}, 1),
    ],
)
@pytest.mark.parametrize("how", ["call", "submit"])
def test_a_condition_decides_on_further_attempts(options, calls, how):
    code, call = flaky(3, retries=5, **options)
    state = call(return_state=True) if how == "call" else call.submit(return_state=True)
    assert (code.calls, state.is_completed()) == (calls, calls == 3)


def test_a_condition_is_not_asked_after_the_last_attempt():
    asked = []
    code, call = flaky(9, retries=1, retry_condition_fn=lambda *_: asked.append(1) or True)
    call(return_state=True)
    assert (code.calls, len(asked)) == (2, 1)


def test_an_error_in_a_condition_is_logged_with_the_run(history):
    _, call = flaky(9, retries=2, retry_condition_fn=lambda *_: 1 / 0)
    call(return_state=True)
    assert any("the retry condition raised ZeroDivisionError" in line.message for line in history.logs())


def test_a_raised_failed_honours_retries():
    _, call = flaky(3, error=Failed, retries=2)
    assert call() == 3


@pytest.mark.parametrize("how", ["raise", "return"])
def test_the_retry_signal_goes_past_the_limit(how):
    calls = []

    @task
    def again():
        calls.append(1)
        if len(calls) < 4:
            if how == "raise":
                raise Retry("not yet")
            return Retry("not yet")
        return len(calls)

    assert again() == 4


def test_the_retry_signal_may_say_when(clock, in_thread, history):
    when = datetime.fromtimestamp(START + 90, UTC)
    signals = [Retry("later", delay_seconds=30), Retry("at noon", start_time=when)]

    @task(retry_delay_seconds=5, retries=1)
    def again():
        if signals:
            raise signals.pop(0)
        return "done"

    future = again.submit()
    assert [clock.advance_to_timer(), clock.advance_to_timer()] == [30, 60]
    assert future.result() == "done"
    changes = history.harness.reader.states(history.run().id, 1)
    assert [c.state.message for c in changes if c.state.name == "AwaitingRetry"] == ["later", "at noon"]


def test_a_waiting_retry_holds_no_thread_of_the_pool(clock):
    _, call = flaky(2, retries=1, retry_delay_seconds=10)

    @task
    def other():
        return "ran"

    @flow(task_runner=ThreadPoolTaskRunner(1))
    def runs():
        waiting = call.submit()
        ran = other.submit().result(timeout=60)
        clock.advance_to_timer()
        return ran, waiting.result()

    assert runs() == ("ran", 2)


def test_a_task_knows_its_attempt():
    counts = []

    @task(retries=2)
    def tells():
        counts.append(runtime.task_run.run_count)
        raise ValueError

    tells(return_state=True)
    assert counts == [1, 2, 3]


# -- flows -----------------------------------------------------------------------------------------------------------


@task
def effect(log, name):
    log.append(name)
    return name


@pytest.mark.parametrize("how", ["call", "submit", "map"])
def test_a_flow_retry_keeps_the_tasks_that_completed(how, history):
    log, attempts = [], []

    @flow(retries=2)
    def runs():
        attempts.append(runtime.flow_run.run_count)
        if how == "call":
            values = [effect(log, name) for name in "ab"]
        elif how == "map":
            values = effect.map(unmapped(log), ["a", "b"]).result()
        else:
            values = [effect.submit(log, name).result() for name in "ab"]
        if len(attempts) < 3:
            raise ValueError("not yet")
        return values

    assert runs() == ["a", "b"]
    assert sorted(log) == ["a", "b"]
    assert attempts == [1, 2, 3]
    assert history.states() == [
        "Pending",
        "Running",
        "AwaitingRetry",
        "Retrying",
        "AwaitingRetry",
        "Retrying",
        "Completed",
    ]
    assert history.ends() == ["Completed", "Completed"]


def test_a_flow_retry_runs_failed_tasks_again(history):
    _, call = flaky(3)

    @flow(retries=5)
    def runs():
        return call.submit().result()

    assert runs() == 3
    assert history.ends() == ["Completed"]  # one task run, in its third attempt
    assert [run.attempts for run in history.tasks()] == [3]


def test_a_flow_retry_waits_for_its_time(clock, in_thread):
    calls = []

    @flow(retries=1, retry_delay_seconds=60)
    def runs():
        calls.append(1)
        if len(calls) < 2:
            raise ValueError
        return "done"

    running = in_thread(runs)
    assert clock.advance_to_timer() == 60
    assert running.result() == "done"


def test_failures_of_an_earlier_attempt_do_not_fail_the_flow():
    calls = []

    @task
    def boom():
        raise ValueError

    @flow(retries=1)
    def runs():
        calls.append(1)
        if len(calls) == 1:
            boom.submit()
            raise ValueError
        return "done"

    assert runs() == "done"


def test_a_failed_task_that_nobody_awaited_makes_the_flow_try_again():
    code, call = flaky(2)

    @flow(retries=1)
    def runs():
        call.submit()

    runs()
    assert code.calls == 2


def test_the_flows_retries_end():
    calls = []

    @flow(retries=2)
    def runs():
        calls.append(1)
        raise KeyError("always")

    with pytest.raises(KeyError, match="always"):
        runs()
    assert len(calls) == 3


def test_a_retried_flow_in_a_loop_of_maps_recalls_each_map():
    log = []

    @task
    def double(x):
        log.append(x)
        return 2 * x

    calls = []

    @flow(retries=1)
    def runs():
        first = double.map(range(3)).result()
        second = double.map(first).result()
        calls.append(1)
        if len(calls) == 1:
            raise ValueError
        return second

    assert runs() == [0, 4, 8]
    assert len(log) == 6


def test_nested_tasks_of_a_failed_task_run_again_with_it(history):
    log = []
    outer_calls = []

    @task(retries=1)
    def outer():
        outer_calls.append(1)
        value = effect(log, "inner")
        if len(outer_calls) == 1:
            raise ValueError
        return value

    assert outer() == "inner"
    assert log == ["inner", "inner"]


def test_the_settled_run_of_a_flow_that_waits_is_shown_as_awaiting_retry(clock, history, in_thread):
    entered = threading.Event()

    @flow(retries=1, retry_delay_seconds=5)
    def runs():
        if not entered.is_set():
            entered.set()
            raise ValueError("first")
        return 1

    running = in_thread(runs)
    clock.advance_to_timer()
    assert running.result() == 1
    changes = history.harness.reader.states(history.run().id, 0)
    assert [(change.attempt, change.state.name) for change in changes][2:] == [
        (1, "AwaitingRetry"), (2, "Retrying"), (2, "Completed"),
    ]  # fmt: skip
