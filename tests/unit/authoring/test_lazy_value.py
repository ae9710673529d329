"""Flows whose direct calls overlap, and the stand-ins that such calls give."""

# Each operator is meant as it stands here.
# ruff: noqa: RUF005, UP031, C416, PTH118

# What a type checker would refuse is among the cases.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false, reportUnknownMemberType=false

from __future__ import annotations

import copy
import json
import math
import os
import pickle
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_flows import Flow, Skipped, allow_failure, flow, plain, quote, task, unmapped
from jupyter_flows.authoring.lazy_value import LazyValue
from jupyter_flows.errors import BadOption, UnknownOption, UpstreamFailed


@task
def give(value: Any) -> Any:
    return value


@task
def add(x: Any, y: Any) -> Any:
    return x + y


@task
def boom(message: str = "no") -> Any:
    raise ValueError(message)


@task
def held(gate: threading.Event, value: Any = None) -> Any:
    assert gate.wait(60)
    return value


# -- what overlaps -----------------------------------------------------------------------------------------------------


def test_independent_calls_overlap():
    meet = threading.Barrier(2, timeout=60)

    @task
    def meets(value):
        meet.wait()
        return value

    @flow(concurrency="auto")
    def runs():
        left, right = meets(1), meets(2)
        return add(left, right)

    assert runs() == 3


def test_a_call_returns_before_its_task_has_ended():
    gate = threading.Event()

    @flow(concurrency="auto")
    def runs():
        first = held(gate, 5)
        second = add(first, 1)  # handed on, not asked: nobody waits here
        gate.set()
        return second

    assert runs() == 6


def test_a_dependent_call_waits_for_what_it_is_given(history):
    @flow(concurrency="auto")
    def runs():
        value = give(1)
        for _ in range(5):
            value = add(value, 1)
        return {"end": [value]}

    assert runs() == {"end": [6]}
    assert [run.upstreams for run in history.tasks()] == [(), (1,), (2,), (3,), (4,), (5,)]


def test_side_effects_keep_the_order_that_wait_for_gives_them():
    written = []

    @task
    def write(number):
        written.append(number)

    @flow(concurrency="auto")
    def runs():
        before = []
        for number in range(20):
            before = [write(number, wait_for=before)]

    runs()
    assert written == list(range(20))


def test_the_other_flows_are_as_ever():
    @flow
    def plainly():
        return type(give(1))

    @flow(concurrency="manual")
    def manually():
        return type(give(1))

    assert (plainly(), manually()) == (int, int)


def test_a_task_called_by_a_task_gives_its_plain_value():
    @task
    def outer():
        return type(give(1))

    @flow(concurrency="auto")
    def runs():
        return outer()

    assert runs() is int


def test_a_flow_called_by_the_flow_waits_for_its_arguments_and_gives_its_plain_value():
    @flow
    def inner(x: int, rest: list[int]):
        return x + sum(rest)

    @flow(concurrency="auto")
    def runs():
        total = inner(give(1), [give(2), give(3)])
        return type(total), total

    assert runs() == (int, 6)


def test_maps_take_stand_ins_as_lists_as_elements_and_as_constants(history):
    gate = threading.Event()

    @flow(concurrency="auto")
    def runs():
        late = [held(gate, 1), held(gate, 2)]
        mapped = add.map(late, unmapped(give(10)))  # nobody waits for the elements
        gate.set()
        return mapped.result(), add.map(give([1, 2]), 1).result()

    assert runs() == ([11, 12], [2, 3])
    assert [run.upstreams for run in history.tasks() if run.name.startswith("add")] == [(1, 3), (2, 3), (6,), (6,)]


def test_an_async_task_is_a_call_like_any_other():
    @task
    async def later(value):
        return value

    @flow(concurrency="auto")
    def runs():
        return add(later(1), later(2, return_state=True).result())

    assert runs() == 3


@pytest.mark.parametrize("runner", ["sequential", "threads"])
def test_any_task_runner_will_do(runner):
    @flow(concurrency="auto", task_runner=runner)
    def runs():
        return add(give(1), give(2)) + 1

    assert runs() == 4


def test_a_process_pool_is_given_the_values():
    @flow(concurrency="auto", task_runner="processes")
    def runs():
        return add(give([1]), give([2])) + [3]

    assert runs() == [1, 2, 3]


def test_a_further_attempt_of_the_flow_finds_what_completed(history):
    calls = []

    @task
    def counted(value):
        calls.append(value)
        return value

    @flow(concurrency="auto", retries=1)
    def runs():
        total = counted(1) + counted(2)
        if len(calls) < 3:
            counted(3)
            raise ValueError("once")
        return total

    assert runs() == 3
    assert sorted(calls) == [1, 2, 3]


# -- failures ----------------------------------------------------------------------------------------------------------


def test_a_failure_is_raised_where_the_value_is_first_used():
    reached = []

    @flow(concurrency="auto")
    def runs():
        value = boom("here")
        reached.append("after the call")
        return value + 1

    with pytest.raises(ValueError, match="here") as caught:
        runs()
    names = [entry.name for entry in caught.traceback]
    assert reached == ["after the call"]
    assert (names[-1], "runs" in names) == ("boom", True)


def test_the_traceback_on_record_has_the_line_of_use_and_the_line_that_raised(history):
    @flow(concurrency="auto")
    def runs():
        value = boom()
        return value + 1

    assert runs(return_state=True).is_failed()
    (of_flow,) = [failure for failure in history.failures() if failure.number == 0]
    assert "return value + 1" in of_flow.traceback
    assert "raise ValueError(message)" in of_flow.traceback
    assert os.sep.join(["jupyter_flows", "authoring"]) not in of_flow.traceback


def test_a_failure_can_be_handled():
    @flow(concurrency="auto")
    def runs():
        value = boom()
        try:
            return value + 1
        except ValueError:
            return "handled"

    assert runs(return_state=True).result() == "handled"


def test_a_failed_call_that_nobody_used_fails_the_flow():
    @flow(concurrency="auto")
    def runs():
        boom()
        return 1

    state = runs(return_state=True)
    assert (state.name, state.message) == ("Failed", "1 task run failed and nobody awaited the result: boom")


def test_what_is_given_a_failed_value_does_not_run(history):
    @flow(concurrency="auto")
    def runs():
        with pytest.raises(UpstreamFailed):
            print(add(boom(), 1))
        return str(give(allow_failure(boom("kept"))))

    assert runs() == "kept"
    assert history.ends() == ["Failed", "UpstreamFailed", "Failed", "Completed"]


@pytest.mark.parametrize("shape", [lambda value: value, lambda value: [value, 1], lambda value: {"a": (value,)}])
def test_a_flow_that_returns_a_failed_value_is_failed(shape):
    @flow(concurrency="auto")
    def runs():
        return shape(boom())

    state = runs(return_state=True)
    assert (state.name, type(state.result(raise_on_failure=False))) == ("Failed", ValueError)


def test_the_state_can_be_asked_for():
    @task
    def skipped():
        raise Skipped("not today")

    @flow(concurrency="auto")
    def runs():
        return [
            boom(return_state=True).name,
            skipped(return_state=True).message,
            add(give(1), 2, return_state=True).name,
        ]

    assert runs() == ["Failed", "not today", "Completed"]


@pytest.mark.parametrize("ask", [lambda x: hasattr(x, "anything"), lambda x: isinstance(x, int), lambda x: x.real])
def test_an_attribute_error_of_a_task_is_no_missing_attribute(ask):
    @task
    def broken():
        raise AttributeError("mine")

    @flow(concurrency="auto")
    def runs():
        return ask(broken())

    with pytest.raises(RuntimeError, match=r"'broken' failed: mine") as caught:
        runs()
    assert type(caught.value.__cause__) is AttributeError


@pytest.mark.parametrize("error", [IndexError, StopIteration, TypeError])
def test_an_error_of_a_task_ends_no_loop(error):
    @task
    def broken():
        raise error("mine")

    @flow(concurrency="auto")
    def runs():
        return list(broken())

    assert runs(return_state=True).is_failed()


# -- what a stand-in does ----------------------------------------------------------------------------------------------

USES = [
    (3, lambda x: (x + 1, 1 + x, x - 1, 1 - x, x * 2, 2 * x, x / 2, 6 / x, x // 2, 7 // x, x % 2, 7 % x)),
    (3, lambda x: (x**2, 2**x, pow(x, 2), divmod(x, 2), divmod(7, x), -x, +x, ~x, abs(x), x << 1, 1 << x, x >> 1)),
    (3, lambda x: (x & 1, 1 & x, x | 4, 4 | x, x ^ 1, 1 ^ x, x == 3, x == 3, x != 3, x < 4, x < 4, x <= 3, x >= 4)),
    (3, lambda x: (bool(x), int(x), float(x), complex(x), str(x), repr(x), f"{x:03d}", hash(x), round(x), "%d" % x)),
    (
        3,
        lambda x: (range(x), [0, 1, 2, 3][x], max(x, 2) == 3, sum([x, x]), {3: "three"}[x], isinstance(x, int), x.real),
    ),
    (2.5, lambda x: (math.trunc(x), math.floor(x), math.ceil(x), round(x, 1), math.sqrt(x), x.is_integer())),
    ([1, 2], lambda x: (len(x), list(x), x[0], x[-1:], 1 in x, [*x, 3], x + [3], [0] + x, list(reversed(x)), sum(x))),
    ([1, 2], lambda x: (isinstance(x, list), sorted(x), json.dumps(x, default=plain), [a for a in x], tuple(x))),
    ({"a": 1}, lambda x: (x["a"], x.get("b", 0), dict(x), {**x}, x | {"b": 2}, "a" in x, list(x.items()), len(x))),
    ("ab", lambda x: (x.upper(), x + "c", "c" + x, f"{x!r}", x[0], "a" in x, os.path.join("d", x), len(x), str(x))),
    (b"ab", lambda x: (bytes(x), x.decode(), x + b"c")),
    (None, lambda x: (bool(x), x == None, str(x), plain(x) is None)),  # noqa: E711
    ((1, 2), lambda x: (*x, pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy([x]), hash(x))),
]


@pytest.mark.parametrize(("value", "use"), USES, ids=[f"{number}-{value!r}" for number, (value, _) in enumerate(USES)])
def test_a_stand_in_answers_as_its_value_does(value, use):
    answers = []

    @flow(concurrency="auto")
    def runs():
        lazy = give(copy.deepcopy(value))
        assert type(lazy) is LazyValue
        answers.append(use(lazy))

    runs()
    assert answers == [use(value)]
    assert list(map(type, answers[0])) == list(map(type, use(value)))


def test_a_stand_in_changes_its_value():
    @dataclass
    class Point:
        x: int = 0

    @flow(concurrency="auto")
    def runs():
        rows, point = give([1, 2]), give(Point())
        same = plain(rows)
        rows[0] = 10
        del rows[1]
        rows += [3]
        point.x = 5
        del point.x
        assert rows is same
        return rows, vars(plain(point)), "x" in dir(point)

    assert runs() == ([10, 3], {}, True)


def test_a_stand_in_is_entered_as_its_value():
    lock = threading.Lock()

    @flow(concurrency="auto")
    def runs():
        with give(lock):
            return lock.locked()

    assert runs() is True


def test_a_stand_in_is_a_collection_only_where_its_value_is_one():
    @flow(concurrency="auto")
    def runs():
        return [hasattr(give(value), "__iter__") for value in (1, [1], "a", {})], callable(give(len))

    assert runs() == ([False, True, True, True], False)


def test_arrays_and_frames_meet_stand_ins():
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})

    @flow(concurrency="auto")
    def runs():
        array, table, number, listed = give(np.arange(3)), give(frame.copy()), give(2), give([1.0, 2.0, 3.0])
        assert (np.arange(3) + array).tolist() == [0, 2, 4]
        assert np.concatenate([array, array]).tolist() == [0, 1, 2, 0, 1, 2]
        assert (np.mean(listed), np.sqrt(number + 2), (np.arange(3) * number).tolist()) == (2.0, 2.0, [0, 2, 4])
        assert type(np.ones((3, 1)) + table) is pd.DataFrame
        assert (table["a"] + listed).tolist() == [2.0, 4.0, 6.0]
        assert pd.concat([table, table]).shape == (6, 2)
        assert isinstance(table, pd.DataFrame)
        table["c"] = table.a * number
        return table[table.a > number]

    assert runs().to_dict("list") == {"a": [3], "b": [6], "c": [6]}


def test_plain_looks_into_collections_and_leaves_quoted_values_alone():
    @flow(concurrency="auto")
    def runs():
        given = {"a": [give(1), add.submit(1, 1)], "b": (quote(give(3)),)}
        found = plain(given)
        with pytest.raises(ValueError, match="no"):
            plain([give(1), boom()])
        assert plain(5) == 5
        return found["a"], [type(value) for value in found["a"]], type(found["b"][0]) is LazyValue

    assert runs() == ([1, 2], [int, int], True)


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_an_async_flow_is_refused():
    with pytest.raises(BadOption, match=r"in an async flow, await asyncio.gather"):

        @flow(concurrency="auto")
        async def runs():
            pass


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(BadOption, match=r"use one of 'manual', 'auto'"):
        flow(concurrency="fast")
    with pytest.raises(UnknownOption):
        task(concurrency="auto")
    with pytest.raises(UnknownOption):
        Flow("declared", concurrency="auto")
