"""The session's turns, with settings that let things meet in one of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_flows import flow, task
from jupyter_flows.drivers import session as session_module
from jupyter_flows.settings import load_settings
from jupyter_flows.wiring import new_session, use_session


@pytest.fixture
def always_renewing(tmp_path: Path) -> Iterator[None]:
    """Leases are due to be renewed in each turn, as in the first one after code that has kept the interpreter."""
    use_session(replace(load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)}), heartbeat_seconds=1e-9))
    yield
    use_session(None)


@task
def one() -> int:
    return 1


@flow
def inner() -> int:
    return one()


@flow
def outer() -> int:
    return one() + inner() + inner()


@pytest.mark.usefixtures("always_renewing")
def test_a_flow_that_begins_when_leases_are_renewed_has_not_lost_its_own():
    assert [outer() for _ in range(3)] == [3, 3, 3]


def test_a_session_that_is_closed_before_its_thread_has_begun_is_waited_for(monkeypatch):
    begins = threading.Event()

    def begin_late(thread: threading.Thread) -> None:
        threading.Thread(target=lambda: (begins.wait(60), thread.start())).start()

    monkeypatch.setattr(session_module, "start_aside", begin_late)
    session = new_session(load_settings())
    session.open()
    assert session._thread is not None
    closing = threading.Thread(target=session.close, args=(60,))
    closing.start()
    begins.set()
    closing.join(60)
    assert not session._thread.is_alive()
