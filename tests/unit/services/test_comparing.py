from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from jupyter_flows.model.runs import FlowRun, TaskRun
from jupyter_flows.model.states import COMPLETED, FAILED, RUNNING, State
from jupyter_flows.services.comparing import TaskComparison, compare

GOOD, BAD, GOES_ON = State(COMPLETED, "Completed"), State(FAILED, "Failed"), State(RUNNING, "Running")
RUN = FlowRun(
    "r1", "r", "f", "flow", 1, "v1", "{}", (), None, 0, None, GOOD, 1, 0.0, 0.0, 10.0, None, 0.0, None
)  # fmt: skip
TASK = TaskRun("r1", 1, "load", "load", "task", (), (), 0, 0, 0, GOOD, 1, 0.0, 0.0, 2.0, "t1")


def one(first: TaskRun | None, second: TaskRun | None) -> TaskComparison:
    before, after = [] if first is None else [first], [] if second is None else [second]
    return compare(RUN, before, RUN, after).tasks[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ()),
        ({"state": BAD}, ("state",)),
        ({"attempts": 3}, ("attempts",)),
        ({"version": "t2"}, ("code",)),
        ({"version": ""}, ()),
        ({"state": BAD, "version": "t2"}, ("state", "code")),
    ],
)
def test_what_differs_of_a_task_is_named(change: dict[str, Any], expected):
    assert one(TASK, replace(TASK, **change)).changed == expected


def test_a_task_of_one_run_alone_is_told_as_such():
    assert one(TASK, None).changed == ("presence",)
    assert one(None, TASK).changed == ("presence",)
    assert one(None, TASK).more_seconds is None


@pytest.mark.parametrize(
    ("ended_at", "more", "duration_differs"),
    [(2.0, 0.0, False), (2.15, 0.15, False), (2.5, 0.5, True), (1.0, -1.0, True), (None, None, False)],
)
def test_how_much_longer_a_task_took_counts_only_above_the_noise(ended_at, more, duration_differs):
    found = one(TASK, replace(TASK, ended_at=ended_at, state=GOOD if ended_at else GOES_ON))
    assert found.more_seconds == (None if more is None else pytest.approx(more))
    assert found.duration_differs is duration_differs


def test_a_map_is_one_task_from_its_first_start_to_its_last_end():
    children = [replace(TASK, number=n, map_id=1, map_index=n, started_at=float(n), ended_at=n + 2.0) for n in (0, 3)]
    found = compare(RUN, children, RUN, [*children, replace(TASK, number=9, ended_at=9.0)]).tasks[0]
    assert found.before is not None
    assert found.after is not None
    assert (found.before.runs, found.before.seconds, found.after.runs, found.after.seconds) == (2, 5.0, 3, 9.0)
    assert found.changed == ("runs",)


def test_what_differs_comes_first_and_then_what_took_longest():
    steady, slower = replace(TASK, task="steady"), replace(TASK, task="slower")
    before = [steady, slower, replace(TASK, task="broke")]
    after = [steady, replace(slower, ended_at=7.0), replace(TASK, task="broke", state=BAD)]
    assert [one.task for one in compare(RUN, before, RUN, after).tasks] == ["broke", "slower", "steady"]


def test_parameters_code_and_durations_of_the_runs_are_compared():
    first = replace(RUN, parameters=json.dumps({"day": "a", "n": 1, "old": {"b": 1, "a": 2}}))
    second = replace(RUN, parameters=json.dumps({"day": "b", "n": 1, "new": None}), version="v2", ended_at=12.5)
    found = compare(first, [], second, [])
    told = [(one.name, one.before, one.after) for one in found.parameters]
    assert told == [("day", '"a"', '"b"'), ("new", None, "null"), ("old", '{"a": 2, "b": 1}', None)]
    assert (found.more_seconds, found.code_changed) == (2.5, True)
    assert not compare(first, [], replace(second, version=""), []).code_changed
    assert compare(first, [], replace(second, ended_at=None), []).more_seconds is None
