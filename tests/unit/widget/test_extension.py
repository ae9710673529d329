from __future__ import annotations

import threading

import pytest

from jupyter_flows import Flow, flow, task
from jupyter_flows.authoring.history import find_run, latest_run
from jupyter_flows.graph.node import Node
from jupyter_flows.graph.picture import picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.model.states import COMPLETED, FAILED
from jupyter_flows.widget.extension import LiveGraphs, load_ipython_extension, unload_ipython_extension
from jupyter_flows.wiring import current_reader as graphs_reader

_broken = threading.Event()


@task
def extract():
    if _broken.is_set():
        raise ValueError("no network")
    return 3


@flow
def daily():
    return extract()


@pytest.fixture
def graphs(shell):
    _broken.clear()
    made = LiveGraphs(shell)
    yield made
    made.close()


def test_a_graph_shown_before_its_flow_ran_shows_the_run_at_the_end_of_the_cell(graphs, shell):
    graphs.show(daily.graph())
    assert "has not run yet" in shell.shown[0][0]["text/html"]
    daily()
    graphs.finish_cell()
    data, display, is_update = shell.shown[-1]
    assert is_update
    assert display == shell.shown[0][1]
    assert data["text/plain"] == "daily: Completed\n  extract: Completed"


def test_a_declared_flow_is_shown_as_declared_and_then_with_its_states(graphs, shell):
    with Flow("declared") as declared:
        extract()
    graphs.show(declared.graph())
    assert "extract: Pending" in shell.shown[0][0]["text/plain"]
    declared.run()
    graphs.finish_cell()
    assert shell.shown[-1][0]["text/plain"] == "declared: Completed\n  extract: Completed"


def test_where_nobody_watches_no_widget_is_made(graphs, shell, monkeypatch):
    monkeypatch.setattr(graphs, "_connect", lambda: pytest.fail("a widget was made"))
    graphs.show(daily.graph())


def asked(graphs, shell, **question):
    return graphs.answer({"graph": shell.shown[0][1], **question})


def test_the_page_gets_the_whole_graph_and_the_details_it_asks_for(graphs, shell):
    daily()
    graphs.show(daily.graph())
    whole = asked(graphs, shell, type="open")["whole"]
    assert whole["header"]["state"] == "Completed"
    box = asked(graphs, shell, type="box", key=whole["nodes"][0]["key"])
    assert box["details"]["title"] == "extract"
    assert box["details"]["value"] == "3"


def test_nothing_newer_is_sent_while_a_whole_graph_is_on_its_way(graphs, shell, monkeypatch):
    daily()
    graphs.show(daily.graph())
    sent = []

    def send(graph, message):
        can_draw = threading.Thread(target=lambda: sent.append(graphs._updates.drawing.acquire(blocking=False)))
        can_draw.start()
        can_draw.join()

    monkeypatch.setattr(graphs, "_send", send)
    graphs._hear({"graph": shell.shown[0][1], "type": "open"})
    assert sent == [False]


@pytest.mark.parametrize(
    "question",
    [{"type": "box"}, {"type": "box", "key": ["x"], "page": "a"}, {"type": "task_run", "number": -1}],
    ids=str,
)
def test_a_question_that_makes_no_sense_is_answered_all_the_same(graphs, shell, question):
    daily()
    graphs.show(daily.graph())
    assert asked(graphs, shell, **question)["details"]["gone"] is True


def test_a_question_of_no_known_kind_has_no_answer(graphs, shell):
    daily()
    graphs.show(daily.graph())
    assert asked(graphs, shell, type="rm -rf") is None
    assert graphs.answer({"graph": "another", "type": "open"}) == {"type": "unknown"}


def test_retry_takes_a_failed_run_up_again(graphs, shell):
    _broken.set()
    daily(return_state=True)
    graphs.show(daily.graph())
    shell.user_ns = {"mine": daily}
    run = latest_run("daily")
    _broken.clear()
    assert asked(graphs, shell, type="retry")["text"] == "taken up again"
    for thread in [t for t in threading.enumerate() if t.name == f"resume-{run.name}"]:
        thread.join(60)
    assert find_run(run.id).state.kind is COMPLETED
    assert asked(graphs, shell, type="retry")["text"] == "nothing to retry: it is Completed"


def test_retry_of_one_cause_leaves_the_others_failed(graphs, shell, harness):
    @task
    def halve(x):
        if x % 2 and not _mended.is_set():
            raise ValueError("odd") if x < 4 else KeyError(x)
        return x // 2

    @flow(name="wrong")
    def wrong():
        halve.map(range(6))
        raise RuntimeError("after all")

    _mended = threading.Event()
    wrong(return_state=True)
    graphs.show(wrong.graph())
    shell.user_ns = {"wrong": wrong}
    odd = next(cause for cause in asked(graphs, shell, type="causes")["causes"] if "odd" in cause["cause"])
    assert odd["count"] == 2
    _mended.set()
    run = latest_run("wrong")
    assert asked(graphs, shell, type="retry", number=odd["numbers"][1])["text"] == "taken up again"
    for thread in [t for t in threading.enumerate() if t.name == f"resume-{run.name}"]:
        thread.join(60)
    assert [one.state.name for one in harness.reader.task_runs(run.id)] == ["Completed"] * 5 + ["Failed"]


def test_retry_names_the_flow_that_the_notebook_does_not_have(graphs, shell):
    _broken.set()
    daily(return_state=True)
    graphs.show(daily.graph())
    said = asked(graphs, shell, type="retry")["text"]
    assert said == "the flow 'daily' has no name in this notebook: run the cell that defines it"


def test_cancel_of_a_run_that_has_ended_says_so(graphs, shell):
    daily()
    graphs.show(daily.graph())
    assert asked(graphs, shell, type="cancel")["text"] == "it has already ended: Completed"


def test_a_run_is_cancelled_from_the_page_while_it_runs(graphs, shell, harness):
    started, ended = threading.Event(), threading.Event()

    @task
    def wait():
        started.set()
        ended.wait(60)

    @flow(name="long")
    def long():
        wait.submit().wait()

    thread = threading.Thread(target=lambda: long(return_state=True))
    thread.start()
    assert started.wait(60)
    graphs.show(long.graph())
    try:
        assert asked(graphs, shell, type="cancel")["text"] == "asked it to stop"
        assert harness.reader.flow_run(latest_run("long").id).cancel_requested_at is not None
    finally:
        ended.set()
        thread.join(60)


def test_a_graph_of_cells_tells_of_each_cells_own_run_and_cancels_what_runs(graphs, shell):
    _broken.set()
    extract(return_state=True)
    (run,) = graphs_reader().flow_runs(RunFilter(standalone=True))
    drawn = picture([Node("cell-1", "extract", "cell", FAILED, "Failed"), Node("cell-2", "load", "cell")])
    graphs.show(RunGraph(drawn, again=lambda graph: graph, boxes={"cell-1": (run.id, 1)}))
    found = asked(graphs, shell, type="box", key="cell-1")["details"]
    assert (found["key"], found["error"]) == ("cell-1", "ValueError: no network")
    assert asked(graphs, shell, type="box", key="cell-2")["details"]["gone"] is True
    assert asked(graphs, shell, type="inputs", key="cell-1")["code"] == f"%flow inputs {run.id[:12]}-1"
    assert asked(graphs, shell, type="cancel")["text"] == "no cell runs"
    assert "run of its own" in asked(graphs, shell, type="timeline")["timeline"]["notice"]
    assert asked(graphs, shell, type="causes") is None
    whole = asked(graphs, shell, type="open")["whole"]
    assert (whole["run"], whole["final"]) == ("cells", True)


class Formatter(dict):
    def for_type(self, kind, shown):
        self[kind] = shown


class Events(list):
    def register(self, name, callback):
        self.append((name, callback))

    def unregister(self, name, callback):
        self.remove((name, callback))


def test_loading_twice_changes_nothing_and_unloading_takes_everything_away(shell):
    class Display:
        ipython_display_formatter = Formatter()

    shell.display_formatter, shell.events = Display(), Events()
    load_ipython_extension(shell)
    load_ipython_extension(shell)
    assert len(Display.ipython_display_formatter) == 2
    assert len(shell.events) == 1
    unload_ipython_extension(shell)
    unload_ipython_extension(shell)
    assert not Display.ipython_display_formatter
    assert not shell.events


@task
def score(x):
    if x == 2:
        raise ValueError(x)
    return x


@flow
def inner():
    return extract()


@flow
def outer():
    score.map(range(4))
    return inner()


def keys(message):
    return [node["key"] for node in message["whole"]["nodes"]]


def test_boxes_are_unfolded_in_the_page_and_what_is_saved_stays_folded(graphs, shell):
    outer(return_state=True)
    graphs.show(outer.graph())
    folded = asked(graphs, shell, type="open")
    mapped, called = keys(folded)
    assert called.startswith("@")
    open_map = asked(graphs, shell, type="unfold", key=mapped, open=True)
    assert keys(open_map) == [mapped, *(f"{mapped}/{number}" for number in range(1, 5)), called]
    assert open_map["whole"]["opened"] == [mapped]
    both = asked(graphs, shell, type="unfold", key=called, open=True)
    assert keys(both)[-1] == f"{called}/1"
    assert len(shell.shown) == 1  # nothing new was saved
    assert keys(asked(graphs, shell, type="unfold", key=mapped, open=False)) == [mapped, called, f"{called}/1"]
    assert keys(asked(graphs, shell, type="unfold", key=called, open=False)) == keys(folded)


def test_details_of_boxes_inside_others_are_those_of_their_own_run(graphs, shell):
    outer(return_state=True)
    graphs.show(outer.graph())
    mapped, called = keys(asked(graphs, shell, type="open"))
    child = asked(graphs, shell, type="box", key=f"{mapped}/3")["details"]
    assert (child["title"], child["error"]) == ("score[2]", "ValueError: 2")
    whole = asked(graphs, shell, type="box", key=called)["details"]
    assert (whole["title"], whole["total"]) == ("inner", 1)
    within = asked(graphs, shell, type="box", key=f"{called}/1")["details"]
    assert (within["title"], within["value"]) == ("extract", "3")
    listed = asked(graphs, shell, type="task_run", number=1, key=called)["details"]
    assert (listed["title"], listed["key"]) == ("extract", called)


@pytest.mark.parametrize("key", ["@nobody", "@nobody/1", "1/1/1", "/", "*"])
def test_a_key_that_leads_nowhere_is_answered_all_the_same(graphs, shell, key):
    daily()
    graphs.show(daily.graph())
    asked(graphs, shell, type="unfold", key=key, open=True)
    answer = asked(graphs, shell, type="box", key=key)
    assert answer["type"] == "said" or answer["details"]["gone"]


def test_news_of_other_runs_do_not_draw_an_ended_run_again(graphs, shell, monkeypatch):
    daily()
    graphs.show(daily.graph())
    monkeypatch.setattr("jupyter_flows.authoring.history.picture_of_run", lambda *_, **__: pytest.fail("drawn again"))
    outer(return_state=True)
    graphs.finish_cell()
    monkeypatch.undo()
    daily()
    graphs.finish_cell()
    assert asked(graphs, shell, type="open")["whole"]["header"]["subtitle"] == "#2"
