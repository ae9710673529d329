from __future__ import annotations

import json

import pytest

from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.picture import Header, picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.model.states import COMPLETED, RUNNING
from jupyter_flows.widget.snapshot import difference, snapshot

NODES = [Node("1", "extract"), Node("2", "load")]
EDGES = [Edge("1", "2")]


def of(nodes, edges=(), like=None, **header):
    made = picture(nodes, edges, header=Header("daily", **header), like=like)
    return made, snapshot(RunGraph(made, run_id="r"))


def test_nothing_is_sent_where_nothing_changed():
    _, one = of(NODES, EDGES)
    assert difference(one, of(NODES, EDGES)[1]) is None


def test_a_changed_state_sends_only_its_node():
    drawn, before = of(NODES, EDGES)
    _, after = of([NODES[0], Node("2", "load", state_kind=RUNNING, state_name="Running")], EDGES, like=drawn)
    patch = difference(before, after)
    assert patch is not None
    assert patch["type"] == "patch"
    assert [node["key"] for node in patch["nodes"]] == ["2"]
    assert patch["live"] == [0]
    assert set(patch["looks"]) == set()


def test_words_that_do_not_fit_any_more_send_the_whole_graph():
    drawn, before = of(NODES, EDGES)
    words = Node("2", "load", state_kind=COMPLETED, state_name="Completed", subtitle="a long line of words about it")
    changed = difference(before, of([NODES[0], words], EDGES, like=drawn)[1])
    assert changed is not None
    assert changed["type"] == "whole"


@pytest.mark.parametrize(
    ("nodes", "edges"),
    [([*NODES, Node("3", "tell")], EDGES), (NODES, []), (NODES[:1], [])],
    ids=["a node came", "an edge went", "a node went"],
)
def test_another_shape_sends_the_whole_graph(nodes, edges):
    changed = difference(of(NODES, EDGES)[1], of(nodes, edges)[1])
    assert changed is not None
    assert changed["type"] == "whole"


def test_every_text_is_plain_and_short():
    hostile = "<script>alert(1)</script>\u202e\x1b[31m" + "x" * 10_000
    _, shown = of([Node("1", hostile, subtitle=hostile, tooltip=hostile)], state_name=hostile, subtitle=hostile)
    text = json.dumps(shown)
    assert len(text) < 6000
    assert "\u202e" not in json.loads(text)["nodes"][0]["name"]
    assert "\\u001b" not in text


def test_a_snapshot_is_json():
    counted = Node("1", "score", "map", RUNNING, "Running", "1 of 2", {"Completed": 1, "Failed": 1})
    _, shown = of([counted], state_kind=RUNNING, state_name="Running", counts={"Completed": 1})
    assert json.loads(json.dumps(shown)) == shown
    assert shown["nodes"][0]["counts"] == [["completed", "Completed", 1], ["failed", "Failed", 1]]
    assert shown["looks"]["failed"]["hatched"] is True
