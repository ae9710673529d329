"""Pictures of declared flows, before a run and after one."""

from __future__ import annotations

from jupyter_flows import Flow, Skipped, task


@task
def skip_odd(x: int) -> int:
    if x % 2:
        raise Skipped("odd")
    return x


@task
def boom() -> None:
    raise ValueError("no")


def test_a_picture_before_a_run_has_no_outcome():
    with Flow("f") as f:
        skip_odd.map([1, 2])
    drawn = f.visualize().picture
    assert drawn.header is None
    assert [(placed.node.kind, placed.node.state_name) for placed in drawn.nodes] == [("map", "Pending")]


def test_a_picture_of_a_run_says_how_it_ended_and_counts_its_task_runs():
    with Flow("f") as f:
        skip_odd.map([1, 2, 3])
        boom()
    drawn = f.visualize(f.run()).picture
    assert drawn.header is not None
    assert (drawn.header.title, drawn.header.state_name) == ("f", "Failed")
    assert drawn.header.counts == {"Skipped": 2, "Completed": 1, "Failed": 1}
    assert drawn.cause == "1 of 4 reference task runs did not complete: boom"


def test_what_became_of_a_mapped_task_is_told_in_words_along_its_bar():
    with Flow("f") as f:
        skip_odd.map([1, 2, 3])
        skip_odd.map([])
    nodes = [placed.node for placed in f.visualize(f.run()).picture.nodes]
    assert [node.subtitle for node in nodes] == ["1 Completed, 2 Skipped", "no elements"]


def test_a_failed_task_says_why():
    with Flow("f") as f:
        boom()
    (placed,) = f.visualize(f.run()).picture.nodes
    assert placed.node.subtitle == "ValueError: no"
