from __future__ import annotations

import threading

from jupyter_flows.graph.node import Node
from jupyter_flows.graph.picture import Header, picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.model.states import COMPLETED, RUNNING
from jupyter_flows.widget.live_graph import LiveGraph
from jupyter_flows.widget.output import Output
from jupyter_flows.widget.updates import Updates


def watched(shell, again, name="Running"):
    header = Header("daily", state_kind=RUNNING if name == "Running" else COMPLETED, state_name=name)
    return LiveGraph(RunGraph(picture([], header=header), run_id="r1", again=again), Output(shell))


def test_a_change_is_sent_by_the_thread(shell):
    sent, arrived = [], threading.Event()

    def send(graph, message):
        sent.append((graph, message))
        arrived.set()

    def again(_: RunGraph) -> RunGraph:
        header = Header("daily", state_kind=COMPLETED, state_name="Completed")
        return RunGraph(picture([Node("1", "extract")], header=header), run_id="r1", again=again)

    updates = Updates(send)
    live = watched(shell, again)
    updates.add(live)
    updates.tell({"r1": ["a record"]})
    assert arrived.wait(60)
    updates.close()
    assert sent[0][0] == live.id
    assert sent[0][1]["type"] == "whole"
    assert "extract" in shell.shown[-1][0]["text/plain"]


def test_a_run_at_which_nothing_happens_still_gives_a_sign(shell):
    sent = []
    updates = Updates(lambda graph, message: sent.append(message))
    live = watched(shell, lambda before: before)
    updates.graphs[live.id] = live
    updates.refresh()
    assert sent == [{"type": "beat"}]


def test_a_graph_that_cannot_be_drawn_does_not_stop_the_others(shell):
    sent = []
    updates = Updates(lambda graph, message: sent.append(graph))

    def broken(_: RunGraph) -> RunGraph:
        raise RuntimeError("no")

    bad, good = watched(shell, broken), watched(shell, lambda before: before)
    updates.graphs.update({bad.id: bad, good.id: good})
    updates.refresh()
    assert sent == [good.id]


def test_of_very_many_graphs_the_oldest_are_watched_no_more(shell):
    updates = Updates(lambda graph, message: None)
    displays = [watched(shell, None, "Completed") for _ in range(60)]
    for display in displays:
        updates.add(display)
    updates.close()
    assert list(updates.graphs) == [display.id for display in displays[-50:]]


def test_a_long_update_waits_for_the_end_of_what_runs(shell):
    asked, arrived = [], threading.Event()

    def is_busy():
        asked.append(arrived.is_set())
        return len(asked) < 3

    updates = Updates(lambda graph, message: arrived.set(), is_busy)
    live = watched(shell, lambda before: before)
    updates.graphs[live.id] = live
    updates.tell({"r1": range(10**9)})
    updates.add(live)
    assert arrived.wait(60)
    updates.close()
    assert asked[:3] == [False] * 3
