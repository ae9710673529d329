from __future__ import annotations

import pytest

from jupyter_flows import flow, task, unmapped
from jupyter_flows.authoring.history import latest_run
from jupyter_flows.drivers.witness import Witness
from jupyter_flows.widget.run_details import RunDetails
from jupyter_flows.wiring import current_session


@task
def load(day):
    return {"day": day, "rows": 3}


@task
def score(x, table):
    return x


@task(persist_result=True)
def gather(scores):
    return {1, 2}


@flow
def daily():
    return gather.submit(score.map([1, 2, 2], unmapped(load.submit("monday")))).result()


@pytest.fixture
def told(harness):
    def run(witness):
        current_session().witness = witness
        daily()
        return RunDetails(harness.reader, latest_run("daily").id, witness=witness)

    return run


def test_an_edge_says_by_which_name_a_value_is_taken_and_what_it_is(told):
    details = told(Witness())
    assert details.edge("1", "2")["words"] == "table: dict of 2"
    assert details.edge("2", "5")["words"] == "3 values, such as 2"
    assert details.edge("1", "99")["words"] == ""


def test_a_box_lists_what_it_takes_and_gives(told):
    found = told(Witness()).box("2")["flows"]
    assert found == [["takes", "table", "load", "dict of 2"], ["gives", "", "gather", "3 values, such as 2"]]


def test_what_nobody_saw_is_told_as_far_as_it_is_kept(told):
    details = told(None)
    assert details.edge("1", "2")["words"] == "dict of 2"
    (takes, gives) = details.box("5")["flows"]
    assert takes == ["takes", "", "score", "3 values, such as 2"]
    assert gives[3].endswith("bytes, pickle")
