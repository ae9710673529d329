from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_flows.graph.called_flows import called_flows, innermost
from jupyter_flows.graph.run_picture import picture_of_run


class Recorded:
    """Runs within runs, as a store would tell of them."""

    def __init__(self, called, records):
        self.called, self.records = called, records

    def called_by(self, run_id):
        return self.called.get(run_id, [])

    def record(self, run):
        return self.records.get(run.id, ()), ()


@pytest.fixture
def outer(samples):
    """A run whose second task called `clean` once, and whose own code called `tell` three times."""
    run = samples.flow_run()
    clean = samples.flow_run(flow="clean", id="c1", parent_run_id=run.id, parent_number=2)
    tells = [samples.flow_run("Failed" if n == 1 else "Completed", flow="tell", id=f"t{n}") for n in range(3)]
    inner = [samples.task_run(1, "read"), samples.task_run(2, "drop", upstreams=(1,))]
    within = Recorded({run.id: [clean, *tells], "c1": [replace(tells[0], id="d1")]}, {"c1": inner, "t0": inner[:1]})
    return run, [samples.task_run(1, "load"), samples.task_run(2, "tidy", upstreams=(1,))], within


def test_a_called_flow_is_a_box_with_counts_that_hangs_on_its_caller(outer):
    run, tasks, within = outer
    image = picture_of_run(run, tasks, within=within)
    nodes = {placed.node.title: placed.node for placed in image.nodes}
    assert (nodes["clean"].kind, nodes["clean"].counts, nodes["clean"].opens) == ("flow", {"Completed": 2}, True)
    assert (nodes["tell"].state_name, nodes["tell"].counts) == ("Failed", {"Completed": 2, "Failed": 1})
    assert [(curve.source, curve.target) for curve in image.curves if curve.calls] == [("2", "@c1")]


def test_a_called_flow_opens_to_its_tasks_and_what_those_called(outer):
    run, tasks, within = outer
    image = picture_of_run(run, tasks, within=within, opened={"@c1"})
    keys = [placed.node.key for placed in image.nodes]
    assert keys == ["1", "2", "@c1", "@c1/1", "@c1/2", "@c1/@d1", "@t0"]
    assert ("@c1/1", "@c1/2") in [(curve.source, curve.target) for curve in image.curves]


def test_several_runs_of_one_flow_open_to_each_of_them(outer):
    run, tasks, within = outer
    image = picture_of_run(run, tasks, within=within, opened={"@t0", "@t0/@t0"})
    keys = [placed.node.key for placed in image.nodes if placed.node.key.startswith("@t0/")]
    assert keys == ["@t0/@t0", "@t0/@t0/1", "@t0/@t1", "@t0/@t2"]


def test_a_run_that_called_nothing_is_drawn_as_ever(outer):
    run, tasks, _ = outer
    assert picture_of_run(run, tasks, within=Recorded({}, {})) == picture_of_run(run, tasks)


def test_calls_are_put_together_by_caller_and_flow(samples):
    runs = [samples.flow_run(flow=flow, id=run, parent_number=n) for flow, run, n in ("aa1", "ab2", "bc1", "ad1")]
    found = [(one.key, one.caller, len(one.runs)) for one in called_flows(runs, lambda run: int(run.parent_number))]
    assert found == [("@a", 1, 2), ("@b", 2, 1), ("@c", 1, 1)]


@pytest.mark.parametrize(
    ("key", "found"), [("4/@a1/@b2/7", ("4/@a1/@b2", "b2")), ("@a1", ("@a1", "a1")), ("7", ("", "")), ("", ("", ""))]
)
def test_the_innermost_called_flow_around_a_box(key, found):
    assert innermost(key) == found
