"""What pytest gives to tests of flows wherever the package is installed: the fixture `flows_test_store`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jupyter_flows.testing import Harness


@pytest.fixture
def flows_test_store() -> Iterator[Harness]:
    """An empty store and a session of the test's own; see `jupyter_flows.testing.flows_test_harness`."""
    from jupyter_flows.testing import flows_test_harness  # every run of pytest here loads this module

    with flows_test_harness() as harness:
        yield harness


__all__ = ["flows_test_store"]
