"""The workers of a runner, without any."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from jupyter_flows.services.workers import Workers
from jupyter_flows.settings import load_settings


def test_who_wakes_workers_that_are_closed_writes_into_no_file_that_was_opened_since(tmp_path: Path):
    workers = Workers(("true",), load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)}), 1, 0.0)
    workers.close()
    with ExitStack() as files:
        for number in range(20):  # they get the numbers that have become free
            files.enter_context((tmp_path / str(number)).open("wb"))
        workers.wake()
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b""}


def test_a_wait_ends_when_somebody_wakes_it(tmp_path: Path):
    workers = Workers(("true",), load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)}), 1, 0.0)
    for _ in range(70_000):  # more than a pipe holds
        workers.wake()
    workers.wait(600.0)
    workers.close()
