from __future__ import annotations

import pytest

from jupyter_flows import flow, task
from jupyter_flows.authoring.history import latest_run
from jupyter_flows.drivers.witness import Witness
from jupyter_flows.testing import flows_test_harness
from jupyter_flows.wiring import current_session


@task
def load(day):
    return [day, day]


@task
def check(rows, limit=3):
    if limit > 1:
        raise ValueError(limit)
    return len(rows)


@flow
def daily(limit):
    return check(load("monday"), limit=limit)


@flow
def submitted(limit):
    return check.submit(load.submit("monday"), limit)


@pytest.fixture
def witness():
    with flows_test_harness():
        witness = current_session().witness = Witness()
        yield witness


@pytest.mark.parametrize("made", [daily, submitted])
def test_a_failing_call_is_held_with_what_it_was_given(witness, made):
    made(5, return_state=True)
    run = latest_run(made.name)
    assert witness.inputs(f"{run.id}-2") == {"rows": ["monday", "monday"], "limit": 5}
    witness.forget()
    assert witness.inputs(f"{run.id}-2") is None


@pytest.mark.parametrize("made", [daily, submitted])
def test_what_a_call_gave_is_told_in_words_and_by_which_name_it_was_taken(witness, made):
    made(1)
    run = latest_run(made.name)
    assert [witness.value(run.id, number) for number in (1, 2)] == ["list of 2 str", "2"]
    assert witness.name(run.id, 1, 2) == "rows"
    assert witness.name(run.id, 2, 1) == witness.value("another", 1) == ""


@flow
def handed_on():
    return give(give(load("monday")))


@task
def give(what):
    return what


def test_a_value_that_is_given_on_is_known_by_whom_it_was_last_had_from(witness):
    handed_on()
    run = latest_run("handed-on")
    assert [witness.name(run.id, number, number + 1) for number in (1, 2)] == ["what", "what"]


def test_only_the_last_failures_and_runs_are_remembered(witness):
    first = None
    for _ in range(21):
        daily(5, return_state=True)
        first = first or latest_run("daily").id
    assert witness.inputs(f"{first}-2") is None
    assert witness.value(first, 1) == witness.name(first, 1, 2) == ""
    assert witness.inputs(f"{latest_run('daily').id}-2") is not None
