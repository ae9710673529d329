"""`FilterTask` after maps and lists."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportGeneralTypeIssues=false

from __future__ import annotations

from jupyter_flows import FilterTask, Flow, task
from jupyter_flows.signals import SKIP


@task
def pick(x):
    if x == 2:
        raise SKIP("two")
    if x == 3:
        raise ValueError("three")
    return x


@task
def total(values):
    return sum(values)


def test_after_a_map_the_children_without_a_value_are_dropped():
    with Flow("f") as f:
        kept = FilterTask()(pick.map([1, 2, 3, 4]))
        summed = total(kept)
    state = f.run()
    assert (state[kept].result(), state[summed].result()) == ([1, 4], 5)


def test_a_function_decides_what_is_kept_and_another_tells_what_is_not(history):
    with Flow("f") as f:
        big = FilterTask(lambda x: x > 1, log_func=lambda x: f"dropped {x}", name="big")
        kept = big([1, 2, 0])
    assert f.run()[kept].result() == [2]
    assert [line.message for line in history.logs()] == ["dropped 1", "dropped 0"]
    assert kept.slug == "big"


def test_its_options_are_those_of_every_task():
    with Flow("f") as f:
        kept = FilterTask(skip_on_upstream_skip=True)(pick.map([1, 2]))
    assert f.run()[kept].name == "Skipped"
