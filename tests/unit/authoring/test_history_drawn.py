"""Runs that draw themselves: the graph that goes on, the timeline."""

from __future__ import annotations

from jupyter_flows import Flow, flow, task
from jupyter_flows.authoring.history import find_run, latest_run


@task
def extract():
    return 3


@flow
def daily():
    return extract()


def test_a_graph_that_is_drawn_again_goes_on_to_the_next_run():
    daily()
    first = daily.graph()
    assert first.again is not None
    assert first.again(first).run_id == first.run_id
    daily()
    assert first.again(first).run_id == latest_run("daily").id != first.run_id


def test_the_graph_of_one_run_stays_with_it():
    daily()
    run = latest_run("daily")
    daily()
    shown = run.graph()
    assert shown.again is not None
    assert shown.again(shown).run_id == run.id
    assert shown.is_final


def test_a_flow_that_has_not_run_waits_for_its_first_run():
    waiting = daily.graph()
    assert repr(waiting) == "daily\n  (has not run yet)"
    assert waiting.again is not None
    assert waiting.again(waiting) is waiting
    daily()
    assert repr(waiting.again(waiting)) == "daily: Completed\n  extract: Completed"


def test_a_declared_flow_shows_no_run_from_before():
    with Flow("declared") as declared:
        extract()
    declared.run()
    shown = declared.graph()
    assert repr(shown) == "Graph of 1 task\n  extract: Pending"
    declared.run()
    assert shown.again is not None
    assert repr(shown.again(shown)) == "declared: Completed\n  extract: Completed"


def test_a_run_draws_its_timeline():
    daily()
    shown = repr(find_run(latest_run("daily").id).timeline())
    assert shown.startswith("daily: ")
    assert "Slowest path: extract." in shown


def test_a_large_declared_flow_is_folded_before_its_run_as_in_it():
    with Flow("large") as large:
        for _ in range(400):
            extract()
    (box,) = large.graph().picture.nodes
    assert box.node.counts == {"Pending": 400}
    assert large.graph().picture.notice == "400 tasks folded into 1 box, with counts"
