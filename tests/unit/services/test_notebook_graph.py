from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from jupyter_flows.model.runs import FlowRun, TaskRun
from jupyter_flows.model.states import State, completed, failed
from jupyter_flows.services.notebook_graph import picture_of_notebook_run

DONE, BROKEN = completed(10.0), failed(10.0, message="ValueError: no")


def a_run(run_id: str, kind: str, flow: str, created: float, state: State = DONE, parent: str | None = None) -> FlowRun:
    return FlowRun(
        run_id, f"{flow}-{run_id}", flow, kind, 1, "", "{}", (), parent, 0, None, state, 1,
        created, created, created + 0.5, owner=None, lease_until=0.0, cancel_requested_at=None,
    )  # fmt: skip


def a_task(run_id: str, number: int, name: str, kind: str = "cell", state: State = DONE) -> TaskRun:
    before = (number - 1,) if kind == "cell" and number > 1 else ()
    times = (float(number), float(number), number + 0.9)
    return TaskRun(run_id, number, name, name, kind, (), before, 0, -1, 0, state, 1, *times)


class Store:
    """Only what a picture reads."""

    def __init__(self, run: FlowRun, tasks: dict[str, list[TaskRun]], children: list[FlowRun]) -> None:
        self.run, self.tasks, self.children = run, tasks, children

    def flow_run(self, run_id: str) -> FlowRun:
        return self.run

    def task_runs(self, run_id: str) -> list[TaskRun]:
        return self.tasks.get(run_id, [])

    def flow_runs(self, wanted: Any) -> list[FlowRun]:
        return self.children[::-1]

    def failures(self, run_id: str) -> list[Any]:
        return []


CELLS = [a_task("n", 1, "import x"), a_task("n", 2, "daily()"), a_task("n", 3, "print()")]
NOTEBOOK = a_run("n", "notebook", "report", 0.0)
CHILD = a_run("c", "flow", "daily", 2.1, parent="n")


def picture(children: list[FlowRun], run: FlowRun = NOTEBOOK) -> tuple[list[str], set[tuple[str, str, bool]]]:
    store = Store(run, {"n": CELLS, "c": [a_task("c", 1, "extract", "task")]}, children)
    drawn = picture_of_notebook_run(cast("Any", store), "n")
    titles = {placed.node.key: placed.node.title for placed in drawn.nodes}
    return list(titles.values()), {(titles[c.source], titles[c.target], c.calls) for c in drawn.curves}


def test_without_flows_inside_the_cells_are_a_chain():
    titles, edges = picture([])
    assert titles == ["import x", "daily()", "print()"]
    assert edges == {("import x", "daily()", False), ("daily()", "print()", False)}


def test_the_tasks_of_the_one_flow_inside_are_what_is_drawn():
    assert picture([CHILD])[0] == ["extract"]


def test_a_notebook_that_ended_otherwise_than_its_flow_shows_its_cells_too():
    titles, edges = picture([CHILD], replace(NOTEBOOK, state=BROKEN))
    assert titles == ["import x", "daily()", "print()", "daily"]
    assert ("daily()", "daily", True) in edges


@pytest.mark.parametrize(("at", "cell"), [(1.2, "import x"), (2.2, "daily()"), (3.2, "print()")])
def test_each_run_inside_hangs_on_the_cell_that_called_it(at, cell):
    other = a_run("d", "flow", "weekly", at, parent="n")
    assert (cell, "weekly", True) in picture([CHILD, other])[1]


def test_many_runs_of_one_name_in_one_cell_are_one_box():
    runs = [a_run(f"t{number}", "task", "one", 2.0 + number / 100, parent="n") for number in range(50)]
    titles, _ = picture(runs)
    assert titles == ["import x", "daily()", "print()", "one"]
