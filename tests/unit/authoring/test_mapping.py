"""`.map`: what is mapped over, how children are named, and how many run at a time."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportFunctionMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

import threading

import pytest

from jupyter_flows import ThreadPoolTaskRunner, flatten, flow, task, unmapped
from jupyter_flows.errors import BadOption, MappingLengthMismatch, MappingMissingIterable


@task
def add(x, y=0):
    return x + y


@task
def half(x):
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x // 2


@pytest.mark.parametrize(
    ("args", "kwargs", "values"),
    [
        (([1, 2, 3],), {}, [1, 2, 3]),
        (([1, 2], [10, 20]), {}, [11, 22]),
        (([1, 2], 10), {}, [11, 12]),
        (([1, 2],), {"y": 10}, [11, 12]),
        (([1, 2],), {"y": (10, 20)}, [11, 22]),
        ((["a", "b"], "xy"), {}, ["axy", "bxy"]),
        (([b"a"], b"xy"), {}, [b"axy"]),
        (([[1], [2]], unmapped([9])), {}, [[1, 9], [2, 9]]),
        ((range(3), unmapped(100)), {}, [100, 101, 102]),
        (((n for n in (1, 2)),), {}, [1, 2]),
        (({"k": 1, "l": 2},), {}, ["k0", "l0"]),
        ((flatten([[1], [2, 3]]),), {}, [1, 2, 3]),
        ((flatten([[1], 5]), 1), {}, [2, 6]),
        (([],), {}, []),
        (([], []), {}, []),
    ],
)
def test_a_map_has_a_child_for_each_element(args, kwargs, values):
    @task
    def join(x, y=0):
        return f"{x}{y}" if isinstance(x, str) and not isinstance(y, str) else x + y

    @flow
    def maps():
        return join.map(*args, **kwargs).result()

    assert maps() == values


def test_unequal_lengths_are_refused_before_anything_is_submitted(history):
    @flow
    def maps():
        with pytest.raises(
            MappingLengthMismatch, match=r"argument 1 has 2, y has 3; wrap what is the same for all in unm"
        ):
            add.map([1, 2], y=[1, 2, 3])

    maps()
    assert history.tasks() == []


@pytest.mark.parametrize("args", [(1,), ("text",), (unmapped([1, 2]),), ()])
def test_nothing_to_map_over_is_refused(args, history):
    with pytest.raises(MappingMissingIterable, match=r"add\.map was given nothing to map over"):
        add.map(*args)
    assert history.runs() == []


@pytest.mark.parametrize("bound", [0, -1, True, 1.5])
def test_a_bound_that_cannot_be_meant_is_refused(bound):
    with pytest.raises(BadOption, match="max_concurrency"):
        add.map([1], max_concurrency=bound)


def test_futures_may_be_mapped_over():
    @flow
    def maps():
        first = add.map([1, 2, 3])
        whole = add.submit([4], [5])
        return add.map(first, 10).result(), add.map(whole).result(), add.map(flatten([first, [9]])).result()

    assert maps() == ([11, 12, 13], [4, 5], [1, 2, 3, 9])


def test_a_reduce_gets_the_list(history):
    @task
    def total(values):
        return sum(values)

    @flow
    def maps():
        return total(add.map([1, 2, 3])), total.submit(add.map([4, 5])).result()

    assert maps() == (6, 9)
    assert [run.upstreams for run in history.tasks() if run.task == "total"] == [(1, 2, 3), (5, 6)]


def test_a_child_of_a_chain_waits_only_for_its_own_upstream():
    second_done = threading.Event()

    @task
    def first(x):
        if x == 0:
            assert second_done.wait(60)
        return x

    @task
    def second(x):
        if x == 1:
            second_done.set()
        return x

    @flow
    def maps():
        return second.map(first.map([0, 1])).result()

    assert maps() == [0, 1]


def test_children_fail_on_their_own(history):
    @flow
    def maps():
        found = half.map([2, 3, 4])
        return [type(value) for value in found.result(raise_on_failure=False)]

    assert maps() == [int, ValueError, int]
    assert history.ends() == ["Completed", "Failed", "Completed"]


def test_the_first_failure_of_a_map_is_raised_after_all_have_ended(history):
    @flow
    def maps():
        with pytest.raises(ValueError, match="1 is odd"):
            half.map([0, 1, 2, 3]).result()

    maps()
    assert history.ends() == ["Completed", "Failed", "Completed", "Failed"]


def test_states_of_children_are_returned_where_asked_for():
    assert [state.name for state in half.map([2, 3], return_state=True)] == ["Completed", "Failed"]


def test_children_know_their_place_in_the_map(history):
    @flow
    def maps():
        add.map([5, 6])
        add.map(["x" * 30, "short"], unmapped(""))

    maps()
    runs = history.tasks()
    assert [(run.map_id, run.map_index) for run in runs] == [(1, 0), (1, 1), (3, 0), (3, 1)]
    assert [run.name for run in runs] == ["add[5]", "add[6]", "add[0]", "add[short]"]


def test_children_may_be_named_by_a_template(history):
    add.with_options(task_run_name="plus-{x}").map([1, 2]).wait()
    assert [run.name for run in history.tasks()] == ["plus-1", "plus-2"]


@pytest.mark.parametrize("option", ["max_concurrency", "batch_size"])
def test_a_bound_holds_and_leaves_nothing_behind(option, harness):
    lock, now, most = threading.Lock(), [0], [0]
    full = threading.Barrier(2, timeout=60)

    @task
    def counts(x):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        full.wait()
        with lock:
            now[0] -= 1
        return x

    @flow(task_runner=ThreadPoolTaskRunner(8))
    def maps():
        return counts.map(range(20), **{option: 2}).result()

    assert maps() == list(range(20))
    assert most[0] == 2
    assert not harness.session.limits.holders()


def test_wait_for_holds_every_child(history):
    @flow
    def maps():
        failing = half.submit(1)
        add.map([1, 2], wait_for=[failing]).wait()
        return 0

    maps()
    assert history.ends() == ["Failed", "UpstreamFailed", "UpstreamFailed"]


def test_a_big_map_loses_no_child(history):
    @flow
    def maps():
        return sum(add.map(range(3000)).result())

    assert maps() == sum(range(3000))
    assert history.ends() == ["Completed"] * 3000
