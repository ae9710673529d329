"""Paused tasks: what waits behind them, what goes on beside them, and how the flow run ends its attempt."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false, reportIndexIssue=false
# pyright: reportOptionalMemberAccess=false

from __future__ import annotations

import threading

import pytest

from jupyter_flows import Failed, Flow, Paused, allow_failure, flow, runtime, task, triggers
from jupyter_flows.errors import RunPaused
from jupyter_flows.signals import PAUSE


@task
def one():
    return 1


@task
def inc(x):
    return x + 1


@task
def total(values):
    return values


@task(trigger=triggers.manual_only)
def approve(x=0):
    return x


@task
def pauses(x=0):
    raise PAUSE("look at it first")


@task
def boom(x=0):
    raise ValueError


@pytest.mark.parametrize("gate", [approve, pauses])
def test_what_is_behind_a_paused_task_waits_for_the_next_attempt(gate, history):
    with Flow("f") as f:
        paused = gate(one())
        behind = inc(inc(paused))
        beside = inc(one())
    state = f.run()
    assert (state.name, state.is_paused()) == ("Suspended", True)
    assert state.message == f"{gate.name} waits for somebody's word: resume the run"
    assert (state[paused].name, state[behind].name, state[beside].result()) == ("Paused", "NotRun", 2)
    assert history.run().state.name == "Suspended"
    assert sorted(history.ends()) == ["Completed"] * 3 + ["NotRun"] * 2 + ["Paused"]
    with pytest.raises(RunPaused):
        state.result()


@pytest.mark.parametrize("trigger", ["all_finished", "any_failed", "all_failed", "any_successful", "none_skipped"])
def test_no_trigger_takes_a_pause_for_an_end(trigger):
    with Flow("f") as f:
        behind = inc.with_options(trigger=getattr(triggers, trigger), skip_on_upstream_skip=False)(approve())
    assert f.run()[behind].name == "NotRun"


def test_a_failure_beside_a_pause_does_not_end_the_flow_run():
    with Flow("f") as f:
        boom()
        approve()
    assert f.run().name == "Suspended"


def test_a_paused_task_keeps_no_thread_and_no_slot(history):
    with Flow("f") as f:
        for _ in range(50):
            approve(one())
    assert f.run().message == "approve, approve, approve, … wait for somebody's word: resume the run"


def test_a_child_of_a_map_may_pause():
    @task
    def some(x):
        if x == 2:
            raise PAUSE("two")
        return x

    with Flow("f") as f:
        children = some.map([1, 2, 3])
        deep = inc.map(children)
        reduced = one.with_options(name="total").bind(upstream_tasks=[children])
        over = inc.map(reduced)
    state = f.run()
    assert [child.name for child in state[children].map_states] == ["Completed", "Paused", "Completed"]
    assert [child.name for child in state[deep].map_states] == ["Completed", "NotRun", "Completed"]
    assert (state[reduced].name, state[over].name, state.name) == ("NotRun", "NotRun", "Suspended")


def test_a_task_mapped_over_a_paused_one_waits_as_well():
    with Flow("f") as f:
        over = inc.map(approve([1, 2]))
    state = f.run()
    assert (state[over].name, state.name) == ("NotRun", "Suspended")


def test_a_cancelled_flow_run_is_not_suspended():
    @task
    def stops():
        raise KeyboardInterrupt

    with Flow("f") as f:
        approve()
        inc(stops())
    assert f.run().name in {"Suspended", "Cancelled"}


# -- imperative flows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task_to_call", [approve, pauses, task(lambda: Paused("wait"), name="returns")])
def test_a_direct_call_that_pauses_suspends_its_flow(task_to_call, history):
    after = []

    @flow
    def runs():
        task_to_call()
        after.append(1)

    state = runs(return_state=True)
    assert (state.name, history.ends(), after) == ("Suspended", ["Paused"], [])
    with pytest.raises(Paused if task_to_call is not approve else RunPaused):
        runs()


@pytest.mark.parametrize("look", [lambda future: None, lambda future: future.wait(), lambda future: future.state])
def test_a_submitted_task_that_pauses_suspends_its_flow_whatever_it_returns(look, history):
    @flow
    def runs():
        future = pauses.submit()
        behind = inc.submit(future), inc.submit(allow_failure(future)), inc.submit(1)
        look(future)
        return len(behind)

    state = runs(return_state=True)
    assert state.name == "Suspended"
    assert history.ends() == ["Paused", "NotRun", "NotRun", "Completed"]


def test_a_flow_may_catch_a_pause_and_go_on():
    @flow
    def runs():
        try:
            pauses()
        except Paused:
            return 5

    assert runs() == 5


def test_a_flow_that_chooses_its_end_keeps_it():
    @flow
    def runs():
        pauses.submit()
        return Failed("enough")

    assert runs(return_state=True).message == "enough"


def test_a_flow_in_a_flow_suspends_both():
    @flow
    def inner():
        return approve()

    @flow
    def outer():
        return inner() + 1

    assert outer(return_state=True).name == "Suspended"


# -- triggers that do not wait -----------------------------------------------------------------------------------------


def test_an_early_task_runs_while_other_upstreams_still_run_and_the_flow_waits_for_these(history):
    gate, seen = threading.Event(), []

    @task
    def slow():
        gate.wait(60)
        return "slow"

    @task(trigger=triggers.one_success)
    def first(*values):
        seen.append(values)
        gate.set()
        return values

    with Flow("f") as f:
        slowest = slow()
        early = first(slowest, one())
    state = f.run()
    assert state.is_completed()
    assert state[early].result() == (None, 1)  # a value that was not there yet
    assert state[slowest].result() == "slow"
    assert sorted(history.ends()) == ["Completed"] * 3


def test_an_early_task_does_not_wait_for_a_pause():
    @task(trigger=triggers.one_success)
    def first(*values):
        return values

    with Flow("f") as f:
        early = first(approve(), one())
    state = f.run()
    assert (state[early].result(), state.name) == ((None, 1), "Suspended")


def test_a_failure_is_told_early():
    gate = threading.Event()

    @task
    def slow():
        gate.wait(60)

    @task(trigger=triggers.one_failed)
    def alarm():
        gate.set()
        return "rang"

    with Flow("f") as f:
        rang = alarm(upstream_tasks=[boom(), slow()])
    assert f.run()[rang].result() == "rang"


# -- the word is given -------------------------------------------------------------------------------------------------


def test_a_resumed_graph_goes_on_behind_its_pauses(history):
    ran = []

    @task
    def asks(x):
        ran.append(runtime.task_run.resumed)
        if not runtime.task_run.resumed:
            raise PAUSE
        return x + 10

    with Flow("f") as f:
        first = one()
        behind = total([approve(first), asks(first)])
    state = f.run()
    assert (state.name, ran) == ("Suspended", [False])
    resumed = f.resume(state.run_id)
    assert (resumed[behind].result(), ran) == ([1, 11], [False, True])
    assert history.ends() == ["Completed"] * 4


def test_each_resume_of_a_flow_gives_the_word_to_the_next_pause(history):
    @flow
    def runs():
        return approve(1) + approve(2)

    assert runs(return_state=True).name == "Suspended"
    run_id = history.run().id
    assert runs.resume(run_id, return_state=True).name == "Suspended"
    assert runs.resume(run_id) == 3
