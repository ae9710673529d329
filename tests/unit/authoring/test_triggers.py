"""Triggers of tasks in imperative flows."""

from __future__ import annotations

import pytest

from jupyter_flows import Skipped, flow, task, triggers
from jupyter_flows.errors import BadOption
from jupyter_flows.signals import TRIGGERFAIL


@task
def good():
    return 1


@task
def bad():
    raise ValueError("no")


@task
def skipped():
    raise Skipped("nothing")


def end_of(upstream, **options):
    """The state of a task that depends on that upstream, and what it was called with."""
    seen = []

    @task(**options)
    def last(value):
        seen.append(value)

    @flow(final_state="return")
    def around():
        return last.submit(upstream.submit()).wait().state.name

    return around(), seen


def test_a_task_whose_trigger_lets_it_run_gets_the_exception():
    name, seen = end_of(bad, trigger=triggers.any_failed)
    assert name == "Completed"
    assert isinstance(seen[0], ValueError)


def test_a_trigger_that_refuses_ends_the_run_without_a_call():
    assert end_of(good, trigger=triggers.all_failed) == ("TriggerFailed", [])


def test_without_a_trigger_a_failed_future_gives_upstream_failed():
    assert end_of(bad) == ("UpstreamFailed", [])


@pytest.mark.parametrize(("propagates", "wanted"), [(True, ("Skipped", [])), (False, ("Completed", [None]))])
def test_skips_are_propagated_before_the_trigger_is_asked(propagates, wanted):
    assert end_of(skipped, trigger=triggers.all_successful, skip_on_upstream_skip=propagates) == wanted


def test_a_trigger_of_the_users_own_sees_the_states():
    states = []

    def look(upstreams):
        states.extend((future.name, state.name) for future, state in upstreams.items())
        return True

    assert end_of(bad, trigger=look)[0] == "Completed"
    assert states == [("bad", "Failed")]


def refuse(upstreams):
    return False


def crash(upstreams):
    raise LookupError("which?")


def refuse_loudly(upstreams):
    raise TRIGGERFAIL("not today")


@pytest.mark.parametrize("own", [refuse, crash, refuse_loudly])
def test_a_trigger_of_the_users_own_that_refuses_or_raises_is_not_tried_again(own, history):
    assert end_of(good, trigger=own, retries=3) == ("TriggerFailed", [])
    assert history.states(2) == ["Pending", "Running", "TriggerFailed"]


def test_a_trigger_may_skip(history):
    def skip(upstreams):
        raise Skipped("not needed")

    assert end_of(good, trigger=skip) == ("Skipped", [])


def test_a_direct_call_is_judged_too():
    @task(trigger=triggers.not_all_skipped)
    def merge():
        return 1

    @flow
    def around():
        return merge(return_state=True).name, merge(return_state=True, wait_for=[good.submit()]).name

    assert around() == ("Skipped", "Completed")


def test_a_trigger_that_is_none_is_refused_at_decoration():
    with pytest.raises(BadOption, match="trigger"):
        task(trigger="all_failed")


def test_an_upstream_counts_once_however_often_it_is_an_argument(history):
    @task(trigger=triggers.some_failed(at_most=1))
    def look(*values):
        return len(values)

    @flow(final_state="return")
    def around():
        failed = bad.submit()
        return look.submit(failed, [failed], wait_for=[failed])

    assert around() == 2
    assert history.tasks()[1].upstreams == (1,)
