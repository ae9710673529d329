from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_flows import flow, task
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.services.causes import Cause, find_cause
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader
from jupyter_flows.wiring import use_session


@pytest.fixture
def cause_of(tmp_path, monkeypatch) -> Iterator[Any]:
    """Run a flow, and find the cause of its failure."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    use_session(None)
    store = open_reader(load_settings())

    def call(wanted: Any) -> Cause | None:
        wanted(return_state=True)
        return find_cause(store, store.flow_runs(RunFilter(flow=wanted.name, limit=1))[0])

    yield call
    store.close()
    use_session(None)


@task
def breaks(x: int) -> int:
    raise ValueError(f"no {x}")


@task
def passes(x: int) -> int:
    return x


def test_a_run_that_did_not_fail_has_no_cause(cause_of):
    @flow
    def fine() -> int:
        return passes(1)

    assert cause_of(fine) is None


def test_the_task_whose_error_the_flow_raised_is_the_cause(cause_of):
    @flow
    def two() -> None:
        breaks(1, return_state=True)
        breaks(2)

    cause = cause_of(two)
    assert cause.task.number == 2
    assert cause.failure.inputs == {"x": "2"}
    assert cause.others == 1


def test_an_error_of_the_flow_itself_is_the_cause_though_a_task_failed_before(cause_of):
    @flow
    def own() -> None:
        breaks(1, return_state=True)
        raise KeyError("mine")

    cause = cause_of(own)
    assert cause.task is None
    assert cause.failure.error_type == "KeyError"


def test_a_failure_that_nobody_awaited_is_the_cause(cause_of):
    @flow
    def forgets() -> None:
        breaks.submit(5)

    cause = cause_of(forgets)
    assert cause.task.name == "breaks"


def test_what_only_follows_from_a_failure_is_not_the_cause(cause_of):
    @flow
    def chained() -> Any:
        return passes.submit(breaks.submit(1)).result()

    cause = cause_of(chained)
    assert cause.task.task == "breaks"


def test_the_cause_is_looked_for_in_the_flow_that_was_called(cause_of):
    @flow
    def inner() -> None:
        breaks(4)

    @flow
    def outer() -> None:
        inner()

    cause = cause_of(outer)
    assert [run.flow for run in cause.path] == ["outer", "inner"]
    assert cause.task.name == "breaks"


def test_a_called_flow_whose_failure_was_caught_is_not_the_cause(cause_of):
    @flow
    def inner_caught() -> None:
        breaks(4)

    @flow
    def outer_own() -> None:
        inner_caught(return_state=True)
        raise KeyError("mine")

    cause = cause_of(outer_own)
    assert [run.flow for run in cause.path] == ["outer-own"]
    assert cause.failure.error_type == "KeyError"


def test_the_cause_is_looked_for_in_a_flow_that_a_task_called(cause_of):
    @flow
    def innermost() -> None:
        breaks(9)

    @task
    def calls() -> None:
        innermost()

    @flow
    def outermost() -> None:
        calls()

    cause = cause_of(outermost)
    assert [run.flow for run in cause.path] == ["outermost", "innermost"]
    assert cause.failure.inputs == {"x": "9"}
