from __future__ import annotations

import pytest

from jupyter_flows.graph.folding import folded
from jupyter_flows.graph.groups import group_edges, grouped
from jupyter_flows.graph.run_picture import picture_of_run
from jupyter_flows.graph.svg import svg
from jupyter_flows.graph.unfolding import EVERYTHING, SHOWN, find_group, members


def a_map(samples, count, bad=()):
    return [
        samples.task_run(1 + i, "score", "Failed" if i in bad else "Completed", map_id=1, map_index=i)
        for i in range(count)
    ]


def test_a_map_opens_to_its_children_in_their_order(samples):
    (group,) = grouped(a_map(samples, 5))
    inner, edges = members(group)
    assert [one.key for one in inner] == ["1/1", "1/2", "1/3", "1/4", "1/5"]
    assert edges == []


def test_of_a_large_map_those_that_failed_come_first_and_the_rest_is_one_box(samples):
    (group,) = grouped(a_map(samples, 1000, bad={700, 900}))
    inner, _ = members(group)
    assert len(inner) == SHOWN
    assert [one.title for one in inner[:3]] == ["score[700]", "score[900]", "score[0]"]
    assert inner[-1].title == f"{1000 - SHOWN + 1} more"
    further, _ = members(inner[-1])
    assert len(further) == SHOWN
    assert further[0].key == f"{inner[-1].key}/{further[0].runs[0].number}"


def test_what_was_folded_together_opens_with_the_edges_inside(samples):
    chain = [samples.task_run(n, "step", upstreams=(n - 1,) if n > 1 else ()) for n in range(1, 6)]
    groups = grouped(chain)
    (one,), _ = folded(groups, group_edges(groups), 1)
    inner, edges = members(one)
    assert [group.key for group in inner] == ["1/1", "1/2", "1/3", "1/4", "1/5"]
    assert [(edge.source, edge.target) for edge in edges][:2] == [("1/1", "1/2"), ("1/2", "1/3")]


@pytest.mark.parametrize(
    ("key", "numbers"), [("1", [1, 2, 3]), ("1/2", [2]), ("1/9", None), ("9", None), ("1/2/2", None), ("", None)]
)
def test_a_key_leads_to_its_box(samples, key, numbers):
    found = find_group(grouped(a_map(samples, 3)), key)
    assert (found and [run.number for run in found.runs]) == numbers


def test_an_open_box_is_a_frame_around_what_is_in_it_and_the_others_keep_their_order(samples):
    run, tasks, failures = samples.midflight()
    closed = picture_of_run(run, tasks, failures)
    opened = picture_of_run(run, tasks, failures, opened={"6"}, like=closed)
    frame = next(placed for placed in opened.nodes if placed.is_open)
    inside = [placed for placed in opened.nodes if placed.node.key.startswith("6/")]
    assert len(inside) == 16
    for placed in inside:
        assert frame.x < placed.x < placed.x + placed.width < frame.x + frame.width
        assert frame.y < placed.y < placed.y + placed.height < frame.y + frame.height
    outer = [placed for placed in opened.nodes if "/" not in placed.node.key]
    assert [placed.node.key for placed in outer] == [placed.node.key for placed in closed.nodes]
    widths = {placed.node.key: placed.width for placed in closed.nodes}
    assert all(placed.width == widths[placed.node.key] for placed in outer if not placed.is_open)
    assert svg(opened).count('class="soft"') == svg(closed).count('class="soft"') + 1


def test_folding_again_gives_the_picture_that_was(samples):
    run, tasks, failures = samples.midflight()
    closed = picture_of_run(run, tasks, failures)
    opened = picture_of_run(run, tasks, failures, opened={"6"}, like=closed)
    assert picture_of_run(run, tasks, failures, like=opened).nodes == closed.nodes


def test_everything_is_shown_where_that_is_asked_for(samples):
    tasks = [samples.task_run(n, f"t{n % 7}", upstreams=(n // 2,) if n > 1 else ()) for n in range(1, 401)]
    few = picture_of_run(samples.flow_run(), tasks)
    assert few.hidden == 400 - len(few.nodes) > 0
    every = picture_of_run(samples.flow_run(), tasks, opened={EVERYTHING})
    frames = [placed.node for placed in every.nodes if placed.is_open]
    assert len(every.nodes) - len(frames) == 400
    assert len(frames) <= len(few.nodes)
