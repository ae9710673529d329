"""Handles on task runs that were submitted."""

from __future__ import annotations

from jupyter_flows.drivers.futures import FutureList as PrefectFutureList
from jupyter_flows.drivers.futures import TaskFuture as PrefectFuture
from jupyter_flows.drivers.futures import as_completed, wait

__all__ = ["PrefectFuture", "PrefectFutureList", "as_completed", "wait"]
