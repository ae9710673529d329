from __future__ import annotations

import pytest

from jupyter_flows.graph.ticks import ticks
from jupyter_flows.graph.timeline import LANES, ROWS, slowest_path, timeline_of_run
from jupyter_flows.model.runs import StateChange


def laid(samples, runs, changes=(), name="Completed", now=None, **more):
    return timeline_of_run(samples.flow_run(name, **more), runs, changes, now=now)


def test_each_task_run_is_a_bar_from_its_start_to_its_end(samples):
    runs = [samples.task_run(1, "extract", seconds=1.0), samples.task_run(2, "load", start=1.5, seconds=0.5)]
    timeline = laid(samples, runs)
    assert [(row.label, row.pieces[0].start, row.pieces[0].end) for row in timeline.rows] == [
        ("extract", 0.0, 1.0),
        ("load", 1.5, 2.0),
    ]
    assert timeline.length == 2.0
    assert timeline.now is None


def test_what_has_not_begun_has_no_bar_and_what_runs_reaches_now(samples):
    runs = [samples.task_run(1, "extract", "Running"), samples.task_run(2, "load", "Pending")]
    timeline = laid(samples, runs, name="Running", now=samples.noon + 8)
    assert [len(row.pieces) for row in timeline.rows] == [1, 0]
    assert timeline.now == timeline.rows[0].pieces[0].end == 8.0


def change(samples, version, name, at, attempt):
    where = samples.state_at(name, samples.noon + at)
    return StateChange(1, version, where, attempt)


def test_tries_are_pieces_with_the_wait_between_them(samples):
    steps = [("Pending", 0, 0), ("Running", 0, 1), ("AwaitingRetry", 1, 1), ("Retrying", 4, 2), ("Completed", 5, 2)]
    changes = [change(samples, number, name, at, tried) for number, (name, at, tried) in enumerate(steps, 1)]
    runs = [samples.task_run(1, "clean", seconds=5.0, attempts=2)]
    (row,) = laid(samples, runs, changes).rows
    assert [(piece.state_name, piece.start, piece.end, piece.waits) for piece in row.pieces] == [
        ("Failed", 0.0, 1.0, False),
        ("AwaitingRetry", 1.0, 4.0, True),
        ("Completed", 4.0, 5.0, False),
    ]
    assert [piece.label for piece in row.pieces] == ["try 1: 1.0 s", "waits 3.0 s for try 2", "try 2: 1.0 s"]


def children(samples, count, start=lambda index: 0.0, name=lambda index: "Completed"):
    return [
        samples.task_run(1 + i, "score", name(i), map_id=1, map_index=i, start=start(i), seconds=1.0)
        for i in range(count)
    ]


def test_children_that_follow_one_another_share_a_lane(samples):
    timeline = laid(samples, children(samples, 6, start=lambda index: index // 2))
    assert [row.label for row in timeline.rows] == ["score · 6", ""]
    assert [len(row.pieces) for row in timeline.rows] == [3, 3]


def test_a_map_of_very_many_takes_a_few_lanes_and_says_what_is_left_out(samples):
    runs = children(samples, 1000, name=lambda index: "Failed" if index == 999 else "Completed")
    timeline = laid(samples, runs)
    assert len(timeline.rows) == LANES
    assert sum(len(row.pieces) for row in timeline.rows) == 400
    assert any(piece.mark.startswith("999 ") for row in timeline.rows for piece in row.pieces)
    assert timeline.notice == "of a map of 1,000, the failed and the 400 longest are drawn"


def test_of_very_many_tasks_the_first_are_drawn(samples):
    timeline = laid(samples, [samples.task_run(n, f"t{n}", start=n) for n in range(1, ROWS + 51)])
    assert len(timeline.rows) == ROWS
    assert timeline.notice == "50 more rows are not drawn"


def test_the_slowest_path_goes_back_along_what_was_waited_for_longest(samples):
    runs = [
        samples.task_run(1, "quick", seconds=1.0),
        samples.task_run(2, "slow", seconds=9.0),
        samples.task_run(3, "join", upstreams=(1, 2), start=9.0, seconds=1.0),
        samples.task_run(4, "aside", seconds=2.0),
    ]
    assert [run.task for run in slowest_path(runs)] == ["slow", "join"]
    timeline = laid(samples, runs)
    assert timeline.sentence == "Slowest path: slow → join. Most of the time is slow."
    assert [row.label for row in timeline.rows if row.slow] == ["slow", "join"]


@pytest.mark.parametrize("runs", [[], [(1, "a", "Pending")]], ids=["no task run", "none has begun"])
def test_a_run_without_times_has_an_empty_timeline(samples, runs):
    timeline = laid(samples, [samples.task_run(*run) for run in runs])
    assert timeline.sentence == ""
    assert not any(row.pieces for row in timeline.rows)


def test_upstreams_in_a_circle_end_the_path(samples):
    runs = [samples.task_run(1, "a", upstreams=(2,)), samples.task_run(2, "b", upstreams=(1,))]
    assert len(slowest_path(runs)) == 2


def test_a_path_may_be_as_long_as_the_run(samples):
    runs = [samples.task_run(n, "step", upstreams=(n - 1,), start=n, seconds=1.0) for n in range(1, 10_001)]
    assert slowest_path(runs) == runs


@pytest.mark.parametrize("length", [0.0005, 0.004, 0.09, 1, 12.4, 59, 61, 3600, 90_000, 10_000_000])
def test_ticks_are_few_round_and_within_the_length(length):
    made = list(ticks(length))
    assert made[0][0] == 0
    assert 1 <= len(made) <= 9
    assert made[-1][0] <= length
    assert len({words for _, words in made}) == len(made)
