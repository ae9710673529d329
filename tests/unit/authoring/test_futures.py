"""Futures, as a flow's author uses them."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportFunctionMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

import asyncio
import logging
import threading
from queue import SimpleQueue

import pytest

from jupyter_flows import SequentialTaskRunner, ThreadPoolTaskRunner, as_completed, flow, task, wait


@task
def add(x, y=1):
    return x + y


@task
def held(gate, value=None):
    assert gate.wait(60)
    return value


@task
def boom():
    raise ValueError("no")


def test_submit_returns_before_the_task_has_ended():
    gate = threading.Event()

    @flow
    def runs():
        future = held.submit(gate, 5)
        before = future.done(), future.state.name
        gate.set()
        return before, future.result(), future.done(), future.state.name

    assert runs() == ((False, "Pending"), 5, True, "Completed")


def test_two_tasks_overlap():
    meet = threading.Barrier(2, timeout=60)

    @task
    def meets():
        meet.wait()
        return 1

    @flow
    def runs():
        return [future.result() for future in [meets.submit(), meets.submit()]]

    assert runs() == [1, 1]


def test_a_time_limit_of_waiting_leaves_the_task_alone():
    gate = threading.Event()

    @flow
    def runs():
        future = held.submit(gate, 5)
        assert future.wait(0.01) is future
        assert not future.done()
        with pytest.raises(TimeoutError, match=r"held has not ended within 0.01 s; it goes on"):
            future.result(timeout=0.01)
        gate.set()
        return future.result(timeout=60)

    assert runs() == 5


def test_a_failure_is_raised_or_returned():
    @flow
    def runs():
        future = boom.submit()
        with pytest.raises(ValueError, match="no"):
            future.result()
        return type(future.result(raise_on_failure=False)), future.state.is_failed()

    assert runs() == (ValueError, True)


def test_a_value_may_be_read_any_number_of_times_and_after_the_flow():
    kept = []

    @flow
    def runs():
        kept.append(add.submit(1))

    runs()
    assert [kept[0].result(), kept[0].result(), kept[0].wait().done()] == [2, 2, True]


def test_futures_come_in_the_order_in_which_they_end():
    gates = [threading.Event() for _ in range(3)]

    @flow
    def runs():
        futures = [held.submit(gate, n) for n, gate in enumerate(gates)]
        seen = []
        gates[2].set()
        for future in as_completed(futures, timeout=60):
            seen.append(future.result())
            gates[{2: 0, 0: 1, 1: 1}[seen[-1]]].set()
        return seen

    assert runs() == [2, 0, 1]


def test_as_completed_tells_how_many_are_late():
    gate = threading.Event()

    @flow
    def runs():
        futures = [add.submit(1), held.submit(gate)]
        futures[0].wait()
        with pytest.raises(TimeoutError, match=r"1 of 2 task runs have not ended within 0.05 s"):
            list(as_completed(futures, timeout=0.05))
        gate.set()

    runs()


@pytest.mark.parametrize(
    "await_all",
    [
        lambda futures: sorted(future.result() for future in as_completed(futures)),
        lambda futures: sorted(future.result() for future in as_completed(futures, timeout=float("inf"))),
        lambda futures: sorted(future.result() for future in wait(futures).done),
        lambda futures: [future.result(timeout=float("inf")) for future in futures],
    ],
    ids=["as completed", "as completed in no time limit", "wait", "results"],
)
def test_a_task_that_waits_for_tasks_of_its_own_gives_them_its_thread(await_all):
    @task
    def fans_out(count):
        return await_all([add.submit(number) for number in range(count)])

    @flow(task_runner=ThreadPoolTaskRunner(1))
    def runs():
        return fans_out.submit(3).result()

    assert runs() == [1, 2, 3]


@pytest.mark.parametrize("seconds", [0, -0.5, -1])
@pytest.mark.parametrize("submitted", [True, False], ids=["in a task", "in a flow"])
def test_a_time_limit_of_waiting_that_is_over_does_not_wait(submitted, seconds):
    gate = threading.Event()

    @task
    def asks():
        future = held.submit(gate, 5)
        with pytest.raises(TimeoutError):
            future.result(timeout=seconds)
        with pytest.raises(TimeoutError):
            list(as_completed([future], timeout=seconds))
        assert wait([future], timeout=seconds).not_done == {future}
        gate.set()
        return future.result()

    @flow
    def runs():
        return asks.submit().result() if submitted else asks()

    assert runs() == 5


def test_wait_parts_the_done_from_the_others():
    gate = threading.Event()

    @flow
    def runs():
        quick, slow = add.submit(1), held.submit(gate)
        quick.wait()
        done, not_done = wait([quick, slow], timeout=0.01)
        gate.set()
        return done == {quick}, not_done == {slow}, wait([quick, slow]).not_done

    assert runs() == (True, True, set())


@pytest.mark.parametrize("runner", [ThreadPoolTaskRunner(1), SequentialTaskRunner()], ids=repr)
def test_a_done_callback_may_call_tasks_as_runs_of_their_own(runner, history):
    called = threading.Event()
    values = []

    def then(future):
        values.append(add(future.result()))
        called.set()

    @flow(task_runner=runner)
    def runs():
        add.submit(1).add_done_callback(then)
        assert called.wait(60)

    runs()
    assert values == [3]
    assert [run.kind for run in history.runs()] == ["flow", "task"]


def test_a_done_callback_of_a_sequential_flow_may_wait_for_runs(history):
    go_on, called = threading.Event(), SimpleQueue()

    @task
    async def later():
        return await asyncio.to_thread(go_on.wait, 10)

    @flow(task_runner=SequentialTaskRunner())
    def runs():
        future = later.submit()
        future.add_done_callback(lambda future: called.put(add(future.result())))
        go_on.set()
        return future.result()

    assert (runs(), called.get(timeout=10)) == (1, 2)


def test_a_done_callback_on_an_ended_run_is_called():
    called = threading.Event()

    @flow
    def runs():
        future = add.submit(1).wait()
        future.add_done_callback(lambda _: called.set())
        assert called.wait(60)

    runs()


def test_an_error_in_a_done_callback_is_logged(caplog, monkeypatch):
    logged: SimpleQueue[logging.LogRecord] = SimpleQueue()
    monkeypatch.setattr(caplog.handler, "emit", logged.put)

    def fails(_future):
        raise RuntimeError("callback")

    @flow
    def runs():
        add.submit(1).add_done_callback(fails)
        assert logged.get(timeout=60).getMessage() == "a done callback raised"
        return add.submit(2).result()

    assert runs() == 3


@pytest.mark.parametrize("way", ["called", "submitted", "inside", "returned"])
def test_the_values_of_many_futures_are_a_plain_list(way):
    @task
    def kind(values):
        return type(values["inside"] if way == "inside" else values), values

    @flow
    def runs():
        futures = add.map([1, 2])
        if way == "returned":
            return futures
        given = {"inside": futures} if way == "inside" else futures
        return kind(given)[0] if way == "called" else kind.submit(given).result()[0]

    answer = runs()
    assert (type(answer) if way == "returned" else answer) is list


def test_a_flow_waits_for_what_nobody_waited_for(history):
    gate = threading.Event()

    @task
    def opens():
        gate.set()

    @flow
    def runs():
        held.submit(gate)
        opens.submit()

    runs()
    assert history.ends() == ["Completed", "Completed"]


def test_a_future_shows_its_name_and_state():
    future = add.submit(1).wait()
    assert repr(future) == "<TaskFuture add: Completed>"
    assert future.task_run_id.endswith("-1")


def test_an_error_is_raised_with_the_same_traceback_however_often(history):
    @task
    def divide():
        return 1 / 0

    future = divide.submit().wait()
    lines = []
    for ask in (future.result, future.result, future.state.result, future.result):
        with pytest.raises(ZeroDivisionError) as caught:
            ask()
        lines.append([entry.name for entry in caught.traceback if "jupyter_flows" not in str(entry.path)])
    assert [line[-1] for line in lines] == ["divide"] * 4
    assert lines[0] == lines[1] == lines[3]


def test_the_run_of_a_submitted_task_ends_with_it(history):
    go_on = threading.Event()

    @task
    def waits():
        go_on.wait(60)

    future = waits.submit()
    go_on.set()
    future.wait()
    (run,) = history.runs()
    (task_run,) = history.harness.reader.task_runs(run.id)
    assert run.ended_at >= task_run.ended_at > task_run.started_at
