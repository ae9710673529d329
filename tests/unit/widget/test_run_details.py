from __future__ import annotations

import json
from typing import cast

import pytest

from jupyter_flows import flow, task
from jupyter_flows.engine.ports import RunReader
from jupyter_flows.widget.run_details import PAGE, RunDetails, traceback_parts


@task
def halve(x):
    return 10 / x


@task
def tell(x):
    return x


@flow
def daily(numbers):
    parts = halve.map(numbers)
    return tell.submit(parts)


@pytest.fixture
def details(harness):
    def run(numbers):
        daily(numbers, return_state=True)
        from jupyter_flows.authoring.history import latest_run

        return RunDetails(harness.reader, latest_run("daily").id)

    return run


def test_a_task_run_tells_why_it_failed_with_its_inputs(details):
    found = details([1, 0]).task_run(2)
    assert found["label"] == "halve[0]"
    assert found["state"] == "Failed"
    assert found["error"] == "ZeroDivisionError: division by zero"
    assert found["inputs"] == [["x", "0"]]
    assert [name for name, _ in found["states"]][-1] == "Failed"
    users = [lines for ours, lines in found["traceback"] if not ours]
    assert any("return 10 / x" in line for lines in users for line in lines)


def test_a_map_gives_its_failed_children_first_and_groups_them_by_cause(details):
    found = details([1, 0, 2, "a", 0]).box("1")
    assert [run["state"] for run in found["runs"]] == ["Failed"] * 3 + ["Completed"] * 2
    assert [(cause["count"], cause["labels"]) for cause in found["causes"]] == [
        (2, ["halve[0]", "halve[0]"]),
        (1, ["halve[a]"]),
    ]
    assert found["total"] == len(found["tiles"]) == 5
    assert json.loads(json.dumps(found)) == found


def test_a_large_map_comes_in_pages_and_its_field_whole(details):
    asked = details([1] * (PAGE + 3))
    assert len(asked.box("1")["runs"]) == PAGE
    second = asked.box("1", 1)
    assert len(second["runs"]) == 3
    assert len(second["tiles"]) == PAGE + 3


@pytest.mark.parametrize("key", ["99", "", "no number"])
def test_a_box_that_is_gone_says_so(details, key):
    assert details([1]).box(key) == {"key": key, "gone": True}


class ShortOfBreath:
    """A reader that gives a few log lines at a time, as any does of a long log."""

    def __init__(self, reader):
        self._reader = reader

    def __getattr__(self, name):
        return getattr(self._reader, name)

    def logs(self, run_id, after=0, limit=10_000):
        return self._reader.logs(run_id, after, min(limit, 3))


@task(log_prints=True)
def count(upto):
    for number in range(upto):
        print("line", number)


@flow
def counts():
    count(45)
    count(2)


def test_the_end_of_a_log_is_told_of_a_task_run_that_logs_late_in_a_long_run(harness):
    from jupyter_flows.authoring.history import latest_run

    counts()
    asked = RunDetails(cast("RunReader", ShortOfBreath(harness.reader)), latest_run("counts").id)
    assert asked.task_run(1)["log"] == [f"line {number}" for number in range(5, 45)]
    assert asked.task_run(2)["log"] == ["line 0", "line 1"]


def test_a_task_run_that_never_was_says_so(details):
    assert details([1]).task_run(99) == {"number": 99, "gone": True}


def test_frames_of_ours_are_told_apart_from_the_users():
    text = (
        "Traceback (most recent call last):\n"
        '  File "/site-packages/jupyter_flows/drivers/performer.py", line 7, in call\n'
        "    return fn()\n"
        '  File "/tmp/ipykernel_1/1.py", line 3, in score\n'
        "    1 / 0\n"
        "    ~~^~~\n"
        "ZeroDivisionError: \x1b[31mdivision by zero\n"
    )
    parts = traceback_parts(text)
    assert [(ours, len(lines)) for ours, lines in parts] == [
        (False, 1),
        (True, 2),
        (False, 3),
        (False, 1),
    ]
    assert parts[-1][1] == ["ZeroDivisionError: division by zero"]
