from __future__ import annotations

import pytest

from jupyter_flows import task
from jupyter_flows.model.runs import Failure, TaskRun
from jupyter_flows.model.states import State, StateKind
from jupyter_flows.widget.failed_call import inputs_code

RUN = TaskRun(
    "0123456789abcdef",
    7,
    "load",
    "load",
    "task",
    (),
    (),
    0,
    0,
    0,
    State(StateKind.FAILED, "Failed"),
    1,
    0.0,
    None,
    None,
)


@task
def load(day):
    return day


@pytest.mark.parametrize(
    ("inputs", "namespace", "code"),
    [
        ({"day": "'x'"}, {"mine": load}, "%flow inputs 0123456789ab-7\nmine.fn(day=day)"),
        ({}, {"mine": load}, "%flow inputs 0123456789ab-7\nmine.fn()"),
        ({"day": "'x'"}, {"load": 3}, "%flow inputs 0123456789ab-7"),
        ({"0": "'x'"}, {"mine": load}, "%flow inputs 0123456789ab-7"),
        ({"a; import os": "'x'"}, {"mine": load}, "%flow inputs 0123456789ab-7"),
    ],
)
def test_the_cell_loads_the_inputs_and_calls_the_task_by_its_name_here(inputs, namespace, code):
    assert inputs_code(RUN, Failure(7, 1, "KeyError", "", "", inputs), namespace) == code
