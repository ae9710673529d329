"""The session's turns, with settings that let things meet in one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_flows import flow, task
from jupyter_flows.settings import load_settings
from jupyter_flows.wiring import use_session


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
