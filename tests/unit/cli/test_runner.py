from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from jupyter_flows.cli.exits import BAD_INPUT, GOOD, TROUBLE
from jupyter_flows.cli.main import main
from jupyter_flows.cli.runner import _json_line, _line
from jupyter_flows.cli.screen import Screen
from jupyter_flows.services.runner_events import RunnerEvent
from jupyter_flows.wiring import use_session


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    before = use_session(None)
    yield
    use_session(before)


def test_once_stops_where_nothing_is_due(capsys: pytest.CaptureFixture[str]):
    assert main(["runner", "--once"]) == GOOD
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["started", "stopped"]
    assert "flows.db" in lines[0]


def test_each_event_is_a_json_object_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]):
    assert main(["runner", "--once", "--json", "--workers", "3"]) == GOOD
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["event"] for one in told] == ["started", "stopped"]
    assert "3 workers" in told[0]["text"]
    assert set(told[0]) == {"at", "event", "text", "run", "deployment", "state"}


def test_hostile_names_stay_on_their_line(capsys: pytest.CaptureFixture[str]):
    event = RunnerEvent(1.0, "ended", "Failed: two\nlines \x1b[31m", "r\u202e1", "a\nb", "Failed")
    _line(Screen())(event)
    _json_line(Screen())(event)
    plain, told = capsys.readouterr().out.splitlines()
    assert "\x1b" not in plain
    assert "a\\nb" in plain
    assert json.loads(told)["deployment"] == "a\nb"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_in_order(number: signal.Signals, capsys: pytest.CaptureFixture[str]):
    before = signal.getsignal(number)

    def ask() -> None:
        while signal.getsignal(number) is before:
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    asking = threading.Thread(target=ask)
    asking.start()
    assert main(["runner", "--no-spare"]) == GOOD
    asking.join()
    assert capsys.readouterr().out.splitlines()[-1].split()[1] == "stopped"
    assert signal.getsignal(number) is before


def test_a_store_that_ends_with_its_process_has_no_runner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("JUPYTER_FLOWS_DATABASE_URL", "memory:")
    use_session(None)
    assert main(["runner", "--once"]) == TROUBLE
    told = capsys.readouterr().err
    assert "runner" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("words", [["--workers", "0"], ["--poll", "-1"], ["--grace", "soon"], ["now"]])
def test_what_cannot_be_meant_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(["runner", *words]) == BAD_INPUT
    assert len(capsys.readouterr().err.splitlines()) == 1
