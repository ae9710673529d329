"""A shell that only remembers what is displayed, and a store of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_flows.testing import Harness, flows_test_harness


class Publisher:
    def __init__(self) -> None:
        self.published: list[tuple[dict[str, str], str, bool]] = []

    def publish(self, data: dict[str, str], metadata: Any, *, transient: dict[str, str], update: bool = False) -> None:
        self.published.append((data, transient["display_id"], update))


class Shell:
    """As much of IPython's shell as a display needs."""

    def __init__(self, metadata: dict[str, Any] | None = None) -> None:
        self.display_pub = Publisher()
        self.user_ns: dict[str, Any] = {}
        self._parent = {"metadata": metadata or {}}

    def get_parent(self) -> dict[str, Any]:
        return self._parent

    @property
    def shown(self) -> list[tuple[dict[str, str], str, bool]]:
        return self.display_pub.published


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture(autouse=True)
def harness() -> Iterator[Harness]:
    with flows_test_harness(store="sqlite") as harness:
        yield harness
