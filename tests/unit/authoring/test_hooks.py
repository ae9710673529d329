"""Hooks: which, in what order, how often."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportFunctionMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

import asyncio
import functools
import threading

import pytest

from jupyter_flows import Failed, Skipped, flow, task


def recorder(log, word=""):
    return lambda subject, run, state: log.append((word or subject.name, run.name, state.name))


@pytest.mark.parametrize("how", ["call", "submit", "map"])
def test_hooks_of_a_task_are_called_in_order(how, history):
    log = []

    @task(on_running=recorder(log, "r"), on_completion=[recorder(log, "first"), recorder(log, "second")])
    def works(x=0):
        log.append("works")

    @flow
    def runs():
        {"call": works, "submit": lambda: works.submit().result(), "map": lambda: works.map(["a"]).result()}[how]()
        log.append("seen")

    runs()
    name = "works[a]" if how == "map" else "works"
    assert log == [("r", name, "Running"), "works", ("first", name, "Completed"), ("second", name, "Completed"), "seen"]


@pytest.mark.parametrize("how", ["call", "submit"])
def test_on_failure_is_called_at_the_final_failure_only(how):
    log = []

    @task(retries=2, on_failure=recorder(log), on_running=recorder(log, "r"), on_completion=recorder(log, "no"))
    def fails():
        raise ValueError

    fails(return_state=True) if how == "call" else fails.submit(return_state=True)
    assert log == [
        ("r", "fails", "Running"),
        ("r", "fails", "Retrying"),
        ("r", "fails", "Retrying"),
        ("fails", "fails", "Failed"),
    ]


def test_hooks_may_be_added_by_decorators():
    log = []

    @task
    def works():
        pass

    @works.on_completion
    def told(subject, run, state):
        log.append(state.name)

    @flow
    def runs():
        works()

    @runs.on_completion
    def flow_told(subject, run, state):
        log.append((subject.name, run.flow_name, state.name))

    assert callable(told) and callable(flow_told)
    runs()
    runs.with_options(name="other")()
    assert log == ["Completed", ("runs", "runs", "Completed"), "Completed", ("other", "other", "Completed")]


def test_an_error_in_a_hook_changes_nothing(history, caplog):
    log = []

    def breaks(subject, run, state):
        raise RuntimeError("hook")

    @task(on_completion=[breaks, recorder(log)])
    def works():
        return 5

    @flow(on_completion=breaks)
    def runs():
        return works() + works.submit().result()

    assert runs() == 10
    assert len(log) == 2
    assert history.ends() == ["Completed", "Completed"]
    assert "hook breaks for completion raised RuntimeError: hook" in caplog.text
    assert [line.number for line in history.logs() if "hook breaks" in line.message] == [1, 2, 0]


def test_an_async_hook_is_awaited():
    log = []

    async def tells(subject, run, state):
        await asyncio.sleep(0)
        log.append(subject.name)

    @task(on_completion=tells)
    async def works():
        pass

    @task(on_completion=tells)
    def also():
        pass

    @flow(on_completion=tells)
    async def runs():
        await works()
        await works.submit()
        also()

    asyncio.run(runs())
    assert log == ["works", "works", "also", "runs"]


@pytest.mark.parametrize(
    ("end", "which"),
    [
        (lambda: None, "completion"),
        (Skipped, "completion"),
        (Failed, "failure"),
    ],
)
def test_the_end_chooses_the_hook(end, which):
    log = []
    names = ("completion", "failure", "cancellation", "crashed")
    hooks = {f"on_{name}": functools.partial(lambda name, *_: log.append(name), name) for name in names}

    @task(**hooks)
    def ends():
        return end()

    @flow(**hooks)
    def runs():
        return ends(return_state=True)

    runs(return_state=True)
    assert log == [which, which]


def test_a_cancelled_flow_calls_its_hook_and_its_tasks():
    log, gate = [], threading.Event()

    @task(on_cancellation=recorder(log))
    def slow():
        gate.wait(60)

    @flow(on_cancellation=recorder(log))
    def runs():
        slow.submit()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs()
    gate.set()
    assert [entry[::2] for entry in log] == [("slow", "Cancelled"), ("runs", "Cancelled")]


def test_hooks_belong_to_no_run_and_may_call_tasks(history):
    @task
    def one():
        return 1

    values = []

    @task(on_completion=lambda *_: values.append(one()))
    def works():
        pass

    @flow
    def runs():
        works()

    runs()
    assert values == [1]
    assert sorted(run.kind for run in history.runs()) == ["flow", "task"]


def test_a_hook_sees_the_run_it_is_called_for(history):
    seen = []

    @task(tags=["t"], on_completion=lambda task, run, state: seen.append((run, state.result())))
    def works():
        return 5

    works()
    ((run, value),) = seen
    assert (run.id, run.task_name, run.run_count, run.tags, value) == (history.tasks()[0].id, "works", 1, ("t",), 5)
