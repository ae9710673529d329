from __future__ import annotations

import pytest

from jupyter_flows import flow, task
from jupyter_flows.authoring.history import latest_run
from jupyter_flows.drivers.witness import Witness
from jupyter_flows.errors import RunNotFound, TargetError
from jupyter_flows.services.failed_inputs import failed_inputs
from jupyter_flows.testing import flows_test_harness
from jupyter_flows.wiring import current_session, result_store


class Opaque:
    pass


@task(persist_result=True)
def load(day):
    return {day, "tuesday"}


@task
def check(rows, limit, tool=None):
    raise ValueError(limit)


@flow
def daily(tool=None):
    return check(load("monday"), 3, tool)


@pytest.fixture(autouse=True)
def harness():
    with flows_test_harness(store="sqlite") as harness:
        yield harness


def found_for(harness, number=2, witness=None):
    return failed_inputs(harness.reader, result_store, f"{latest_run('daily').id}-{number}", witness)


def test_literals_come_from_what_is_recorded_and_the_rest_from_the_task_run_before(harness):
    daily(return_state=True)
    found = found_for(harness)
    assert found.values == {"rows": {"monday", "tuesday"}, "limit": 3, "tool": None}
    assert found.call("check.fn") == "check.fn(rows=rows, limit=limit, tool=tool)"
    assert found.notes == []


def test_what_is_not_kept_anywhere_is_said(harness):
    daily(Opaque(), return_state=True)
    found = found_for(harness)
    assert found.values["limit"] == 3
    assert "tool" not in found.values
    assert any(note.startswith("`tool` was `<") for note in found.notes)


def test_the_process_in_which_it_failed_gives_the_very_values(harness):
    witness = current_session().witness = Witness()
    tool = Opaque()
    daily(tool, return_state=True)
    found = found_for(harness, witness=witness)
    assert found.values["tool"] is tool
    assert found.arguments == ("rows", "limit", "tool")


@pytest.mark.parametrize(
    ("asked", "words"),
    [("nothing", "a hyphen and"), ("-3", "a hyphen and"), ("{run}-99", "has no task run 99"), ("{run}-1", "Completed")],
)
def test_what_has_no_inputs_to_give_back_is_refused(harness, asked, words):
    daily(return_state=True)
    with pytest.raises(TargetError, match=words):
        failed_inputs(harness.reader, result_store, asked.format(run=latest_run("daily").id))


def test_an_unknown_run_is_refused(harness):
    with pytest.raises(RunNotFound):
        failed_inputs(harness.reader, result_store, "ffff-1")


@task(persist_result=True)
def frame():
    import pandas as pd

    return pd.DataFrame({"a": range(50)})


@task
def look(table, limit):
    raise ValueError(limit)


@flow(name="framed")
def framed():
    return look(frame(), 3)


def test_a_value_without_a_literal_comes_from_what_was_kept(harness):
    framed(return_state=True)
    found = failed_inputs(harness.reader, result_store, f"{latest_run('framed').id}-2")
    assert list(found.values["table"]["a"]) == list(range(50))
    assert found.values["limit"] == 3
    assert found.notes == []
