"""`FilterTask`: what is left of a list, such as the children of a map that have a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jupyter_flows.authoring.task import Task
from jupyter_flows.drivers.logs import get_run_logger
from jupyter_flows.engine.triggers import all_finished


class FilterTask(Task[..., Any]):
    """Keep the elements of a list that fit; after a map, those of the children that went well.

    It runs however its upstreams ended: the value of a skipped child is None, that of a failed one its exception, and
    by default both are dropped.

    Parameters
    ----------
    filter_func
        Told an element, whether to keep it.
    log_func
        Told a dropped element, what to log about it.
    options
        Those of every task; ``trigger`` is ``all_finished`` and ``skip_on_upstream_skip`` False when not given.
    """

    def __init__(
        self,
        filter_func: Callable[[Any], Any] | None = None,
        log_func: Callable[[Any], Any] | None = None,
        **options: Any,
    ) -> None:
        self.filter_func, self.log_func = filter_func or _has_value, log_func
        super().__init__(**{"trigger": all_finished, "skip_on_upstream_skip": False, **options})

    def run(self, task_results: Iterable[Any]) -> list[Any]:
        """Return the elements that fit, in their order."""
        kept: list[Any] = []
        for value in task_results:
            if self.filter_func(value):
                kept.append(value)
            elif self.log_func is not None:
                get_run_logger().info("%s", self.log_func(value))
        return kept


def _has_value(value: Any) -> bool:
    return value is not None and not isinstance(value, BaseException)


__all__ = ["FilterTask"]
