"""What guides import from a module of tasks."""

from __future__ import annotations

from jupyter_flows.authoring.options import exponential_backoff
from jupyter_flows.caching.key_functions import task_input_hash
from jupyter_flows.compat.calling import CompatTask as Task
from jupyter_flows.compat.calling import task

__all__ = ["Task", "exponential_backoff", "task", "task_input_hash"]
