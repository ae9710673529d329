from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("runs")


def test_logs_are_in_order_and_one_line_each(cli, as_json):
    run = as_json("ls", "--flow", "doubling")["runs"][0]["id"]
    code, out, _ = cli("logs", run)
    lines = out.splitlines()
    assert code == 0
    assert len(lines) == 2
    assert "INFO" in lines[0] and lines[0].endswith("first line\\nsecond \\x1b[31mline")
    assert "WARNING" in lines[1] and lines[1].endswith("careful")


def test_logs_from_a_level_up(as_json):
    run = as_json("ls", "--flow", "doubling")["runs"][0]["id"]
    found = as_json("logs", run, "--level", "warning")["logs"]
    assert [(line["level"], line["message"]) for line in found] == [("WARNING", "careful")]


def test_logs_says_when_there_are_none(cli, as_json):
    run = as_json("ls", "--flow", "on-its-own")["runs"][0]["id"]
    assert cli("logs", run) == (0, "Nothing was logged.\n", "")
