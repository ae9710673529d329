from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from jupyter_flows.graph.node import Node
from jupyter_flows.graph.picture import picture
from jupyter_flows.graph.run_picture import picture_of_run
from jupyter_flows.graph.table import html_table, text


def test_the_table_has_a_row_for_each_box_and_says_what_it_follows(samples):
    image = picture_of_run(*samples.diamond())
    table = ET.fromstring(f"<div>{html_table(image)}</div>")
    rows = [[cell.text or "" for cell in row] for row in table.iter("tr")]
    assert rows[0] == ["Task", "State", "Details", "After"]
    assert rows[3] == ["enrich", "Failed", "KeyError: 'carrier'", "load"]
    assert len(rows) == 7
    assert [(note.text or "") for note in table.iter("p")] == ["enrich: KeyError: 'carrier'"]


def test_hostile_names_stay_text_in_the_table(samples):
    table = html_table(picture_of_run(*samples.hostile()))
    ET.fromstring(f"<div>{table}</div>")
    assert "<script" not in table
    assert "\u202e" not in text(picture_of_run(*samples.hostile()))


def test_text_is_the_same_for_every_run_that_went_the_same_way(samples):
    run, tasks, failures = samples.midflight()
    later = replace(run, id="other", serial=43, ended_at=1.0)
    slower = [replace(task, started_at=0.0, flow_run_id="other") for task in tasks]
    assert text(picture_of_run(run, tasks, failures)) == text(picture_of_run(later, slower))
    assert text(picture_of_run(run, tasks)).splitlines()[:6] == [
        "flights-daily: Running",
        "  extract: Completed",
        "  weather: Cached",
        "  planes: Completed",
        "  join: Completed, after extract, weather",
        "  clean: AwaitingRetry, after join, planes",
    ]


def test_text_counts_children_and_tells_calls_apart(samples):
    run, tasks, _ = samples.midflight()
    assert "  score: 8 Completed, 4 Running, 3 Pending, 1 Failed, after join" in text(picture_of_run(run, tasks))
    called = [samples.task_run(1, "outer"), samples.task_run(2, "inner", parent=1)]
    assert "inner: Completed, after outer (calls it)" in text(picture_of_run(run, called))


def test_a_box_without_a_name_is_said_to_have_none():
    assert text(picture([Node("1", "")])) == "Graph of 1 task\n  (no name): Pending"
