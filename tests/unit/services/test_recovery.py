"""What the next attempt of a recorded run re-uses and runs again, by the store's rows alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from jupyter_flows.engine.remembering import NOT_KEPT
from jupyter_flows.errors import CannotResume, ResultMissing
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import ResultKept
from jupyter_flows.model.results import KeptResult
from jupyter_flows.model.runs import FlowRun, RunInput, TaskRun
from jupyter_flows.model.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    PAUSED,
    PENDING,
    RUNNING,
    SCHEDULED,
    State,
    StateKind,
)
from jupyter_flows.services.recovery import Code, GraphNode, ResumePlan, plan_resume, told

RUN = FlowRun(
    id="r",
    name="red-run",
    flow="f",
    kind="flow",
    serial=1,
    version="v1",
    parameters="{}",
    tags=(),
    parent_run_id=None,
    parent_number=0,
    directory=None,
    state=State(FAILED, "Failed", "no", 9.0),
    attempts=2,
    created_at=1.0,
    started_at=1.0,
    ended_at=9.0,
    owner=Owner("host", "boot", 77, "then", "token"),
    lease_until=0.0,
    cancel_requested_at=None,
    state_version=6,
)


def state(kind: StateKind, name: str = "", message: str = "") -> State:
    return State(kind, name or str(kind).capitalize(), message, 5.0)


def task_run(number: int, value: str | None = None, **changes: Any) -> TaskRun:
    made = TaskRun(
        flow_run_id="r",
        number=number,
        name=f"t-{number}",
        task=f"t{number}",
        kind="task",
        tags=(),
        upstreams=(),
        map_id=0,
        map_index=0,
        parent=0,
        state=state(COMPLETED),
        attempts=1,
        created_at=1.0,
        started_at=2.0,
        ended_at=5.0,
        value=value,
        digest=number,
        state_version=3,
    )
    return replace(made, **changes)


class Rows:
    """A reader of one run, and its kept results."""

    def __init__(self, tasks: Iterable[TaskRun] = (), run: FlowRun = RUN, files: dict[int, Any] | None = None) -> None:
        self.tasks, self.run, self.files, self.asked = list(tasks), run, files or {}, [""]

    def record_dead(self, at: float) -> list[str]:
        self.asked.append(f"dead at {at:g}")
        return []

    def flow_run(self, run: str) -> FlowRun:
        self.asked.append(run)
        return self.run

    def flow_runs(self, wanted: Any) -> list[FlowRun]:
        return []

    def task_runs(self, run_id: str) -> list[TaskRun]:
        return self.tasks

    def inputs(self, _run_id: str) -> list[RunInput]:
        return []

    def results(self, run_id: str) -> list[ResultKept]:
        return [ResultKept("r", one, 1, 5.0, None, None, KeptResult("json", location=str(one))) for one in self.files]

    def check(self, kept: KeptResult, run_id: str, number: int) -> None:
        if self.files[number] is None:
            raise ResultMissing(kept.location, "it is gone")

    def read(self, kept: KeptResult, run_id: str, number: int) -> Any:
        if isinstance(self.files[number], ResultMissing):
            raise self.files[number]
        return self.files[number]


def plan(rows: Rows, **details: Any) -> ResumePlan:
    return plan_resume(rows, lambda: rows, "r", 10.0, **details)  # type: ignore[arg-type]


def numbers(made: ResumePlan) -> tuple[list[int], list[int]]:
    return [run.number for run in made.reused], [one.run.number for one in made.again]


def load(made: ResumePlan, number: int) -> object:
    found = made.earlier.find((0, f"t{number}", number, 1))
    assert found is not None
    assert found.load is not None
    return found.load()


@pytest.mark.parametrize("value", ["null", "1", '{"a": [1]}', '""'])
def test_a_small_value_is_re_used(value):
    made = plan(Rows([task_run(1, value)]))
    assert numbers(made) == ([1], [])
    assert load(made, 1) == json.loads(value)


def test_a_kept_value_is_re_used_and_read_only_when_it_is_needed():
    rows = Rows([task_run(1)], files={1: "kept"})
    made = plan(rows)
    assert (numbers(made), load(made, 1)) == (([1], []), "kept")
    rows.files[1] = ResultMissing("1", "too late")
    with pytest.raises(ResultMissing):
        load(made, 1)


def test_a_kept_value_of_an_older_attempt_does_not_count():
    made = plan(Rows([task_run(1, attempts=2)], files={1: "of attempt 1"}))
    assert numbers(made) == ([], [1])


def test_a_skipped_run_is_re_used_without_a_value():
    made = plan(Rows([task_run(1, state=state(COMPLETED, "Skipped"))]))
    assert (numbers(made), load(made, 1), made.earlier.skipped) == (([1], []), None, {1: "t-1"})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "it completed, but its value was not kept (persist_result=True keeps it)"),
        (
            {"state": state(COMPLETED, "", f"well; {NOT_KEPT}the disk is full")},
            "it completed, but its value was not kept: the disk is full",
        ),
        ({"state": state(FAILED, "", "ValueError: no")}, "it failed: ValueError: no"),
        ({"state": state(FAILED, "TimedOut", "after 3 s")}, "it failed: after 3 s"),
        ({"state": state(CRASHED, "Crashed", "its process has died")}, "it was lost: its process has died"),
        ({"state": state(CRASHED)}, "it was lost"),
        ({"state": state(CANCELLED, "", "asked")}, "it was cancelled: asked"),
        ({"state": state(CANCELLED, "NotRun", "asked"), "started_at": None}, "it never began"),
        ({"state": state(FAILED, "UpstreamFailed", "a failed"), "started_at": None}, "it never began"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_reason_is_said(changes: dict[str, Any], reason: str):
    (again,) = plan(Rows([task_run(1, **changes)])).again
    assert again.reason == reason


def test_a_lost_file_is_the_reason():
    (again,) = plan(Rows([task_run(1)], files={1: None})).again
    assert "it is gone" in again.reason


def test_what_is_asked_for_runs_again():
    made = plan(Rows([task_run(1, "1"), task_run(2, "2")]), again=["t2"])
    assert numbers(made) == ([1], [2])
    assert made.again[0].reason == "asked for"


@pytest.mark.parametrize(
    ("change", "of_child", "why"),
    [
        ({"state": state(COMPLETED)}, False, "it completed"),
        ({"state": state(COMPLETED)}, True, None),
        ({"state": state(RUNNING)}, False, "it is Running in process 77 on host"),
        ({"state": state(RUNNING)}, True, "it is Running in process 77 on host"),
        ({"state": state(PENDING), "owner": None}, False, "it is Pending; wait"),
        ({"state": state(SCHEDULED, "AwaitingRetry")}, False, "it is AwaitingRetry"),
        ({"state": state(PAUSED, "Paused")}, False, "it is Paused"),
        ({"state": state(PAUSED, "Suspended")}, False, None),
        ({"state": state(CANCELLED)}, False, None),
        ({"state": state(CRASHED)}, False, None),
        ({"kind": "task"}, False, "it is a task that was called outside any flow"),
        ({"kind": "notebook"}, False, "it is a notebook's run; run the notebook again"),
    ],
)
def test_which_runs_can_be_taken_up(change: dict[str, Any], of_child: bool, why: str | None):
    rows = Rows(run=replace(RUN, **change))
    if why is None:
        assert plan(rows, of_child=of_child).stood.version == 6
        return
    with pytest.raises(CannotResume) as refused:
        plan(rows, of_child=of_child)
    assert refused.value.why.startswith(why)


def test_dead_owners_are_recorded_before_the_run_is_read():
    rows = Rows()
    plan(rows)
    assert rows.asked[1:] == ["dead at 10", "r"]


# -- graphs -----------------------------------------------------------------------------------------------------

BORN = (GraphNode((1, -1), frozenset()),)
FAILURE = state(FAILED, "", "no")


@pytest.mark.parametrize(
    ("tasks", "files", "reused"),
    [
        pytest.param([task_run(1), task_run(2, "2", upstreams=(1,))], {}, [1, 2], id="its taker is re-used"),
        pytest.param([task_run(1), task_run(2, upstreams=(1,))], {}, [], id="its taker is lost too"),
        pytest.param([task_run(1), task_run(2, state=FAILURE, upstreams=(1,))], {}, [], id="its taker failed"),
        pytest.param([task_run(1)], {}, [], id="nobody took it: it is what the run gives"),
        pytest.param(
            [task_run(1), task_run(2, "2", upstreams=(1,)), task_run(3, state=FAILURE, upstreams=(1,))],
            {},
            [2],
            id="one of two takers failed",
        ),
        pytest.param(
            [task_run(1), task_run(2, upstreams=(1,)), task_run(3, "3", upstreams=(2,))], {}, [1, 2, 3], id="a chain"
        ),
        pytest.param([task_run(1), task_run(2, "2", upstreams=(1,), map_id=2)], {}, [2], id="it is mapped over"),
        pytest.param([task_run(1), task_run(2, upstreams=(1,))], {2: "kept"}, [1, 2], id="its taker is in a file"),
        pytest.param(
            [task_run(1), task_run(2, upstreams=(1,))],
            {2: ResultMissing("2", "its class is gone")},
            [],
            id="its taker cannot be loaded",
        ),
        pytest.param(
            [task_run(1, state=FAILURE), task_run(2, "2", upstreams=(1,))], {}, [2], id="it failed: it runs again"
        ),
    ],
)
def test_which_lost_values_of_a_graph_are_spared(tasks, files, reused):
    assert numbers(plan(Rows(tasks, files=files), code=Code(nodes=BORN)))[0] == reused
    without = [task.number for task in tasks if task.value is not None or files.get(task.number)]
    assert numbers(plan(Rows(tasks, files=files)))[0] == without  # of a function nobody knows what it needs


def test_what_an_unborn_node_needs_is_not_spared():
    tasks = [task_run(1), task_run(2, "2", upstreams=(1,))]
    unborn = GraphNode((99, 98), frozenset({"t1"}))
    as_child = GraphNode((99, 2), frozenset({"t1"}))
    assert numbers(plan(Rows(tasks), code=Code(nodes=(*BORN, unborn))))[0] == [2]
    assert numbers(plan(Rows(tasks), code=Code(nodes=(*BORN, as_child))))[0] == [1, 2]


def test_what_is_asked_for_is_not_spared_and_its_own_upstreams_neither():
    tasks = [task_run(1), task_run(2, "2", upstreams=(1,)), task_run(3, "3", upstreams=(2,))]
    assert numbers(plan(Rows(tasks), code=Code(nodes=BORN), again=["t2"])) == ([3], [1, 2])


# -- what is told -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (Code(), ()),
        (Code("v1", {"t1": "a"}), ()),
        (Code("v2", {"t1": "a"}), ("flow f (version v1, now v2)",)),
        (Code("v1", {"t1": "b"}), ("task t1, whose kept values are of its old code",)),
        (Code("v1", {"t2": "b"}), ()),
    ],
    ids=["unknown", "the same", "another flow", "another task", "a task that runs again"],
)
def test_changed_code_is_told(code: Code, changes: tuple[str, ...]):
    rows = Rows([task_run(1, "1", version="a"), task_run(2, version="a")])
    made = plan(rows, code=code)
    assert made.changed == changes
    lines = [line.text for line in told(made)]
    assert [line.removeprefix("changed since: ") for line in lines if line.startswith("changed")] == list(changes)
    assert ("re-used all the same: t-1" in lines) is bool(changes)


def test_long_lists_are_cut_and_counted():
    tasks = [task_run(number, state=FAILURE) for number in range(1, 101)]
    lines = told(plan(Rows(tasks)))
    assert lines[0].text == "resuming red-run (Failed), attempt 3: 0 finished task runs are re-used, 100 run again"
    assert (len(lines), lines[-1].text) == (32, "runs again: 70 more")


def test_a_completed_task_that_runs_again_is_a_warning():
    lost, broken = (told(plan(Rows([run])))[-1].level for run in (task_run(1), task_run(1, state=FAILURE)))
    assert lost > broken
