"""For tests of flows."""

from __future__ import annotations

from jupyter_flows.compat.testing.utilities import prefect_test_harness

__all__ = ["prefect_test_harness"]
