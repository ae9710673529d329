"""A store of their own for tests: nothing is started."""

from __future__ import annotations

from jupyter_flows.testing import flows_test_harness as prefect_test_harness

__all__ = ["prefect_test_harness"]
