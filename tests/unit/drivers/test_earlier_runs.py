"""Which call of the code made which task run of an earlier attempt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyter_flows.drivers.earlier_runs import EarlierChildren, EarlierRuns
from jupyter_flows.model.runs import FlowRun, TaskRun
from jupyter_flows.model.states import COMPLETED, FAILED, State

DONE = State(COMPLETED, "Completed", "", 5.0)
LOST = State(FAILED, "Failed", "no", 5.0)
TASK_RUN = TaskRun(
    flow_run_id="r",
    number=1,
    name="a",
    task="a",
    kind="task",
    tags=(),
    upstreams=(),
    map_id=0,
    map_index=0,
    parent=0,
    state=DONE,
    attempts=1,
    created_at=1.0,
    started_at=2.0,
    ended_at=5.0,
    state_version=3,
)

CHILD = FlowRun(
    id="c",
    name="c",
    flow="f",
    kind="flow",
    serial=1,
    version="",
    parameters="{}",
    tags=(),
    parent_run_id="r",
    parent_number=0,
    directory=None,
    state=DONE,
    attempts=1,
    created_at=1.0,
    started_at=1.0,
    ended_at=5.0,
    owner=None,
    lease_until=0.0,
    cancel_requested_at=None,
)


def task_run(number: int, **changes: Any) -> TaskRun:
    return replace(TASK_RUN, number=number, **changes)


def nothing() -> None:
    """What gives a value again."""


def test_runs_are_found_by_caller_task_digest_and_order():
    runs = [
        task_run(1, digest=7),
        task_run(2, digest=7),
        task_run(3, digest=8),
        task_run(4, task="b", digest=7),
        task_run(5, parent=4, digest=7),
    ]
    earlier = EarlierRuns(runs, lambda run: nothing)
    places = [(0, "a", 7, 1), (0, "a", 7, 2), (0, "a", 8, 1), (0, "b", 7, 1), (4, "a", 7, 1)]
    found = [earlier.find(place) for place in places]
    assert [run.number for run in found if run] == [1, 2, 3, 4, 5]
    assert [earlier.find(place) for place in [(0, "a", 7, 3), (0, "c", 7, 1), (1, "a", 7, 1)]] == [None] * 3
    assert earlier.last_number == 5


@pytest.mark.parametrize(
    ("changes", "stood"),
    [
        ({}, (COMPLETED, 3, 1)),
        ({"state": LOST, "attempts": 4, "state_version": 12}, (FAILED, 12, 4)),
        ({"state": LOST, "attempts": 1, "started_at": None, "state_version": 2}, (FAILED, 2, 0)),
    ],
    ids=["completed", "failed after retries", "never began"],
)
def test_how_a_run_stood_is_told(changes, stood):
    found = EarlierRuns([task_run(1, **changes)], lambda run: None).find((0, "a", 0, 1))
    assert found is not None
    assert (tuple(found.stood), found.load) == (stood, None)


def test_skipped_runs_are_told_where_they_are_not_run_again():
    skipped = State(COMPLETED, "Skipped", "", 5.0)
    runs = [task_run(1, state=skipped, name="one"), task_run(2, state=skipped), task_run(3)]
    earlier = EarlierRuns(runs, lambda run: None if run.number == 2 else nothing)
    assert earlier.skipped == {1: "one"}


def test_no_runs_leave_the_first_number_free():
    assert EarlierRuns([], lambda run: None).last_number == 0


def test_each_child_is_found_once_and_the_oldest_first():
    def child(run_id: str, **changes: Any) -> FlowRun:
        return replace(CHILD, id=run_id, **changes)

    children = EarlierChildren(
        [
            child("old"),
            child("new"),
            child("other", flow="g"),
            child("inner", parent_number=3),
            child("x", parameters="1"),
        ]
    )
    asked = [(0, "f", "{}"), (0, "f", "{}"), (0, "f", "{}"), (3, "f", "{}"), (0, "g", "{}"), (0, "f", "1")]
    taken = [children.take(*call) for call in asked]
    assert [run and run.id for run in taken] == ["old", "new", None, "inner", "other", "x"]
