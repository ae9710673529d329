"""Branches: the one that is run, those that are skipped, and how they come together."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false, reportIndexIssue=false

from __future__ import annotations

import pytest

from jupyter_flows import Flow, Parameter, case, ifelse, merge, switch, task
from jupyter_flows.errors import BadGraph


@task
def say(word):
    return word


@task
def boom():
    raise ValueError("no")


def names(state):
    return {node.slug: end.name for node, end in state.tasks.items() if node.name == "say"}


@pytest.mark.parametrize(("value", "wanted"), [("a", "A"), ("b", "B"), ("c", None)])
def test_switch_runs_the_branch_of_its_value(value, wanted):
    with Flow("f") as f:
        a, b = say("A"), say("B")
        after = say(a)
        switch(Parameter("p"), {"a": a, "b": b})
        merged = merge(after, b)
    state = f.run(p=value)
    assert state.is_completed()
    assert state[after].name == ("Completed" if value == "a" else "Skipped")
    assert (state[merged].name, state[merged].result()) == ("Completed" if wanted else "Skipped", wanted)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [([1], {"say": "Completed", "say-2": "Skipped"}), ([], {"say": "Skipped", "say-2": "Completed"})],
)
def test_ifelse_goes_by_truth(value, wanted):
    with Flow("f") as f:
        ifelse(Parameter("p"), say("yes"), say("no"))
    assert names(f.run(p=value)) == wanted


def test_either_branch_of_ifelse_may_be_left_out():
    with Flow("f") as f:
        ifelse(say(0), None, say("no"))
        ifelse(say(0), say("yes"), None)
    assert names(f.run()) == {"say": "Completed", "say-2": "Completed", "say-3": "Completed", "say-4": "Skipped"}


@pytest.mark.parametrize("value", [1, 2, 3])
def test_case_hangs_what_is_placed_in_its_block_under_a_comparison(value):
    with Flow("f") as f:
        found = say(Parameter("p"))
        with case(found, 1):
            one = say(say("one"))
        with case(found, 2):
            outer = say("two")
            with case(found, 2):
                two = say(outer)
        merged = merge(one, two)
    state = f.run(p=value)
    assert state[merged].result() == {1: "one", 2: "two", 3: None}[value]
    assert state[one].is_skipped() == (value != 1)


def test_merge_takes_the_first_of_eleven_that_has_a_value():
    with Flow("f") as f:
        branches = [say(f"{number}") for number in range(11)]
        switch(Parameter("p"), dict(enumerate(branches)))
        merged = merge(*branches)
    assert f.run(p=1)[merged].result() == "1"
    assert f.run(p=10)[merged].result() == "10"


def test_a_condition_that_fails_ends_the_branches_as_trigger_failed():
    with Flow("f") as f:
        yes = say("yes")
        ifelse(boom(), yes, None)
        merged = merge(yes)
    state = f.run()
    assert (state[yes].name, state[merged].name, state.name) == ("TriggerFailed", "TriggerFailed", "Failed")


def test_a_condition_is_compared_with_a_value_not_with_a_task():
    with Flow("f"), pytest.raises(BadGraph, match="compare with a value"):
        case(say(1), say(2))


@pytest.mark.parametrize("word", [lambda: switch(1, {}), lambda: ifelse(1, None, None), merge])
def test_branches_belong_in_a_block(word):
    with pytest.raises(BadGraph, match="belongs in the `with` block of a flow"):
        word()
