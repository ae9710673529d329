"""LOOP, ENDRUN and VALIDATIONFAIL, in flows and in graphs."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportFunctionMemberAccess=false

from __future__ import annotations

import asyncio
import pickle
import threading

import pytest

from jupyter_flows import Cancelled, Completed, Failed, Flow, ProcessPoolTaskRunner, Skipped, flow, runtime, task
from jupyter_flows.model.states import completed, running
from jupyter_flows.signals import ENDRUN, LOOP, VALIDATIONFAIL


def rounds(last):
    me = runtime.task_run
    if me.loop_count < last:
        raise LOOP(f"round {me.loop_count}", result=(me.loop_result or 0) + me.loop_count)
    return me.loop_count, me.loop_result


@task
def loops(last=5):
    return rounds(last)


@task
async def loops_on_a_loop(last=5):
    return rounds(last)


@pytest.mark.parametrize("how", ["alone", "call", "submit", "map", "graph", "async"])
def test_each_round_has_the_result_of_the_one_before(how, history):
    if how == "alone":
        value = loops()
    elif how == "async":
        value = asyncio.run(in_async_flow())
    elif how == "graph":
        with Flow("f") as f:
            placed = loops()
        value = f.run()[placed].result()
    else:
        ways = {
            "call": lambda: loops(5),
            "submit": lambda: loops.submit().result(),
            "map": lambda: loops.map([5]).result()[0],
        }
        value = flow(ways[how])()
    assert value == (5, 10)
    assert history.states(1) == ["Pending", "Running", *(["Pending", "Looping"] * 4), "Completed"]


async def in_async_flow():
    @flow
    async def runs():
        return await loops_on_a_loop()

    return await runs()


def test_rounds_go_on_in_a_worker_process():
    @flow(task_runner=ProcessPoolTaskRunner(1))
    def runs():
        return loops.submit(3).result()

    assert runs() == (3, 3)


def test_each_round_has_all_the_retries(history):
    tried = []

    @task(retries=1)
    def shaky():
        me = runtime.task_run
        tried.append(me.loop_count)
        if tried.count(me.loop_count) == 1:
            raise ValueError
        if me.loop_count < 3:
            raise LOOP(result=me.loop_count)
        return me.loop_result

    assert shaky() == 2
    assert tried == [1, 1, 2, 2, 3, 3]
    assert history.states(1)[-5:] == ["Looping", "AwaitingRetry", "Pending", "Retrying", "Completed"]


def test_a_round_that_fails_for_good_ends_the_loop():
    @task
    def breaks():
        if runtime.task_run.loop_count == 3:
            raise ValueError("third")
        raise LOOP

    assert breaks(return_state=True).message == "ValueError: third"


@pytest.mark.parametrize("how", ["call", "submit"])
def test_a_loop_that_never_ends_is_cancelled_with_its_flow(how, history, harness):
    turning = threading.Event()

    @task
    def for_ever():
        if runtime.task_run.loop_count > 20:
            turning.set()
        raise LOOP(result=1)

    @flow
    def runs():
        for_ever() if how == "call" else for_ever.submit().result()

    def cancel():
        turning.wait(60)
        (run,) = harness.session.live_runs()
        harness.reader.request_cancel(run.id, 1.0)

    stopper = threading.Thread(target=cancel)
    stopper.start()
    assert runs(return_state=True).is_cancelled()
    stopper.join()
    assert history.ends() == ["Cancelled"]


def test_a_flow_has_no_rounds():
    @flow
    def runs():
        raise LOOP

    state = runs(return_state=True)
    assert (state.name, state.message) == ("Failed", "only a task can LOOP, not a flow")


@pytest.mark.parametrize(
    ("given", "name", "message"),
    [
        (Failed("no"), "Failed", "no"),
        (Skipped("no"), "Skipped", "no"),
        (Cancelled("no"), "Cancelled", "no"),
        (Completed("yes", data=4), "Completed", "yes"),
        (completed(1.0, 4, "yes"), "Completed", "yes"),
        (running(1.0), "Failed", "TypeError: ENDRUN was given Running()"),
        (5, "Failed", "TypeError: ENDRUN was given 5"),
    ],
)
@pytest.mark.parametrize("how", ["flow", "graph"])
def test_endrun_ends_the_run_in_its_state_and_nothing_else_is_asked(given, name, message, how):
    ran = []

    @task(retries=3)
    def ends():
        ran.append(1)
        raise ENDRUN(given)

    if how == "flow":
        state = ends(return_state=True)
    else:
        with Flow("f") as f:
            placed = ends()
        state = f.run()[placed]
    assert (state.name, ran) == (name, [1])
    assert state.message.startswith(message)
    assert not state.is_completed() or state.is_skipped() or state.result() == 4


def test_validationfail_is_a_failure_with_a_name_and_is_tried_again():
    ran = []

    @task(retries=1)
    def checks():
        ran.append(1)
        raise VALIDATIONFAIL("3 rows lack a day")

    state = checks(return_state=True)
    assert (state.name, state.message, len(ran)) == ("ValidationFailed", "3 rows lack a day", 2)
    assert state.is_failed()


@pytest.mark.parametrize("signal", [LOOP("m", result=3), ENDRUN(completed(1.0, 2)), VALIDATIONFAIL("m")])
def test_the_signals_can_be_pickled(signal):
    copy = pickle.loads(pickle.dumps(signal))
    assert type(copy) is type(signal)
    assert copy.to_state(1.0).name == signal.to_state(1.0).name
