from __future__ import annotations

from jupyter_flows.errors import RunNotFound
from jupyter_flows.graph.node import Node
from jupyter_flows.graph.picture import Header, picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.model.states import COMPLETED, RUNNING
from jupyter_flows.widget.live_graph import LiveGraph
from jupyter_flows.widget.output import Output


class Story:
    """A run that is one step further each time it is drawn."""

    def __init__(self, steps: int) -> None:
        self.step, self.steps = 0, steps

    def draw(self, before: RunGraph | None = None) -> RunGraph:
        kind, name = (COMPLETED, "Completed") if self.step >= self.steps else (RUNNING, "Running")
        header = Header("daily", state_kind=kind, state_name=name)
        node = Node("1", "extract", state_kind=kind, state_name=name, subtitle=f"step {self.step}")
        self.step += 1
        return RunGraph(picture([node], header=header), run_id="r1", again=self.draw)


def test_the_saved_picture_follows_ever_more_seldom_and_at_the_end_at_once(shell):
    story = Story(64)
    live = LiveGraph(story.draw(), Output(shell))
    saved_at = []
    for second in range(64):
        assert live.refresh() is not None
        before = len(shell.shown)
        live.save(float(second))
        if len(shell.shown) > before:
            saved_at.append(second)
    assert saved_at == [0, 1, 3, 7, 15, 31, 63]
    assert "Completed" in shell.shown[-1][0]["text/plain"]
    assert not live.is_waiting


def test_where_nobody_watches_only_the_end_of_a_cell_saves(shell):
    live = LiveGraph(Story(1).draw(), Output(shell), is_watched=False)
    live.refresh()
    live.save(100.0)
    assert shell.shown == []
    live.save_now()
    assert len(shell.shown) == 1


def test_the_end_of_a_cell_saves_what_is_newer_and_only_that(shell):
    live = LiveGraph(Story(5).draw(), Output(shell))
    live.save_now()
    assert shell.shown == []
    live.refresh()
    live.save_now()
    live.save_now()
    assert len(shell.shown) == 1


def test_a_run_that_was_deleted_leaves_its_last_picture(shell):
    def gone(_: RunGraph) -> RunGraph:
        raise RunNotFound("r1")

    live = LiveGraph(RunGraph(Story(1).draw().picture, run_id="r1", again=gone), Output(shell))
    assert live.refresh() is None


def test_a_still_picture_concerns_nothing(shell):
    assert not LiveGraph(RunGraph(picture([])), Output(shell)).concerns({"r1"})


def test_an_ended_run_concerns_only_its_own_changes(shell):
    live = LiveGraph(Story(0).draw(), Output(shell))
    assert not live.concerns({"other"})
    assert live.concerns({"r1"})
