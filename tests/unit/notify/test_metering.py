"""Counters and durations of real runs, to a sink on this machine and to nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_flows import flow, task
from jupyter_flows.settings import load_settings
from jupyter_flows.wiring import use_session
from tests.unit.notify.sinks import closed_port


@task
def double(x: int) -> int:
    return 2 * x


@task(name="never good")
def bad() -> None:
    raise ValueError("no")


@flow
def counting(n: int) -> None:
    for future in double.map(range(n)):
        future.result()
    bad(return_state=True)


@contextmanager
def counted(folder: Path, url: str) -> Iterator[None]:
    use_session(load_settings({"JUPYTER_DATA_DIR": str(folder), "JUPYTER_FLOWS_STATSD_URL": url}))
    try:
        yield
    finally:
        use_session(None)


@contextmanager
def sink() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        yield server


def received(server: socket.socket, end: str) -> list[str]:
    lines: list[str] = []
    while not any(line.startswith(end) for line in lines):
        data = server.recv(65_536)
        assert len(data) <= 1_200
        lines += data.decode().split("\n")
    return lines


def test_states_are_counted_and_lengths_told_with_tags(tmp_path: Path):
    with sink() as server, counted(tmp_path, f"dogstatsd://127.0.0.1:{server.getsockname()[1]}"):
        counting(40, return_state=True)
        lines = received(server, "jupyter_flows.flow_run.duration")
    assert lines.count("jupyter_flows.task_run.completed:1|c|#flow:counting,task:double") == 40
    assert lines.count("jupyter_flows.task_run.failed:1|c|#flow:counting,task:never_good") == 1
    lasted = [line for line in lines if line.startswith("jupyter_flows.task_run.duration:")]
    assert len(lasted) == 41
    ends = ("|ms|#flow:counting,task:double", "|ms|#flow:counting,task:never_good")
    assert all(line.endswith(ends) for line in lasted)
    assert lines[-1].endswith("|ms|#flow:counting")


def test_a_plain_server_by_its_name_gets_the_names_as_parts(tmp_path: Path):
    with sink() as server, counted(tmp_path, f"statsd://localhost:{server.getsockname()[1]}"):
        counting(1, return_state=True)
        use_session(None)  # what waited for the server's name is sent with the end
        lines = received(server, "jupyter_flows.flow_run.duration")
    assert "jupyter_flows.task_run.completed.counting.double:1|c" in lines


@pytest.mark.parametrize(
    "url", [f"statsd://127.0.0.1:{closed_port()}", "statsd://nobody.invalid:8125"], ids=["port", "host"]
)
def test_nobody_who_listens_changes_nothing(tmp_path: Path, url: str):
    with counted(tmp_path, url):
        for _ in range(3):
            state = counting(2, return_state=True)
            assert state.name == "Failed" or state.is_completed()
