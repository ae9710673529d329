"""Where submitted and mapped tasks run."""

from __future__ import annotations

from jupyter_flows.drivers.processes import ProcessPoolTaskRunner
from jupyter_flows.drivers.task_runners import SequentialTaskRunner, ThreadPoolTaskRunner

ConcurrentTaskRunner = ThreadPoolTaskRunner

__all__ = ["ConcurrentTaskRunner", "ProcessPoolTaskRunner", "SequentialTaskRunner", "ThreadPoolTaskRunner"]
