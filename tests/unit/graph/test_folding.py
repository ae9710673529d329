from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_flows.graph.dag import in_order
from jupyter_flows.graph.folding import TALLEST, folded
from jupyter_flows.graph.groups import group_edges, grouped
from jupyter_flows.model.runs import TaskRun
from jupyter_flows.model.states import pending


def fold(tasks, limit=5):
    groups = grouped(tasks)
    kept, edges = folded(groups, group_edges(groups), limit)
    return [(group.title, len(group.runs)) for group in kept], edges


def test_small_graphs_stay_as_they_are(samples):
    tasks = [samples.task_run(n, "same", upstreams=(n - 1,)) for n in range(1, 5)]
    assert fold(tasks)[0] == [("same", 1)] * 4


def test_one_task_in_an_unbroken_row_folds(samples):
    tasks = [samples.task_run(n, "loop" if 1 < n < 9 else "end", upstreams=(n - 1,)) for n in range(1, 10)]
    assert fold(tasks)[0] == [("end", 1), ("loop", 7), ("end", 1)]


def test_one_task_in_a_column_folds(samples):
    tasks = [samples.task_run(1, "start"), *(samples.task_run(n, "work", upstreams=(1,)) for n in range(2, 9))]
    tasks += [samples.task_run(n + 7, "check", upstreams=(n,)) for n in range(2, 9)]
    kept, edges = fold(tasks)
    assert kept == [("start", 1), ("work", 7), ("check", 7)]
    assert len(edges) == 2


def test_a_row_folds_up_to_where_another_state_begins(samples):
    names = ["Completed"] * 6 + ["Failed"] + ["NotRun"] * 5
    tasks = [samples.task_run(n, f"step {n}", name, (n - 1,)) for n, name in enumerate(names, 1)]
    assert fold(tasks)[0] == [("step 1 … step 6", 6), ("step 7", 1), ("step 8 … step 12", 5)]


def test_what_is_higher_than_a_screen_folds_by_task(samples):
    tasks = [
        samples.task_run(1, "start"),
        *(samples.task_run(n, "work", upstreams=(1,)) for n in range(2, TALLEST + 4)),
    ]
    assert fold(tasks, limit=300)[0] == [("start", 1), ("work", TALLEST + 2)]


def test_ten_thousand_different_tasks_still_fold(samples):
    kept, _ = fold([samples.task_run(n, f"task {n}") for n in range(1, 10_001)], limit=300)
    assert kept == [("task 1 … task 10000", 10_000)]


@pytest.mark.parametrize("limit", [1, 3, 8])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_graph_folds_to_the_limit_without_a_circle_and_loses_no_run(data, limit):
    from_lists = st.lists(st.integers(1, 40), max_size=3)
    tasks = []
    for number in range(1, data.draw(st.integers(1, 40)) + 1):
        upstreams = tuple(n for n in data.draw(from_lists) if n != number)
        tasks.append(_task(number, f"t{data.draw(st.integers(0, 4))}", upstreams))
    groups = grouped(tasks)
    kept, edges = folded(groups, group_edges(groups), limit)
    assert len(kept) <= limit or len(kept) == len(groups)
    assert sorted(run.number for group in kept for run in group.runs) == [task.number for task in tasks]
    if len(kept) < len(groups):
        in_order([group.key for group in kept], [(edge.source, edge.target) for edge in edges])


def _task(number, task, upstreams):
    return TaskRun("r", number, task, task, "task", (), upstreams, 0, 0, 0, pending(0.0), 0, 0.0, None, None)
