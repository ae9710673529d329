"""Which attempt of a task cell this is: told to the kernel with the request itself, for `jupyter_flows.runtime`."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, cast

from jupyter_flows.notebooks.own_kernel import kernel_shell

REQUEST_KEY = "jupyter_flows_attempt"
THREAD_KEY = "jupyter_flows_thread"
"""In the metadata of a request whose attempt runs in a thread: its code is not the cell's, but begins that."""


@dataclass(frozen=True, slots=True)
class ToldAttempt:
    """Facts about an attempt.

    Parameters
    ----------
    number, name
        Of the task run.
    attempt
        Which attempt of it, from 1.
    tags
        The task's.
    loop_count, loop_result
        The round of a `Loop`, from 1, and what the one before gave, where that is small and JSON.
    resumed
        Whether it was paused, and somebody resumed the run.
    """

    number: int
    name: str
    attempt: int = 1
    tags: tuple[str, ...] = ()
    loop_count: int = 1
    loop_result: Any = None
    resumed: bool = False

    def as_metadata(self) -> dict[str, Any]:
        """As the metadata of a request."""
        return {REQUEST_KEY: asdict(self)}


IN_THREAD: ContextVar[ToldAttempt | None] = ContextVar("jupyter_flows_attempt", default=None)
"""The attempt of a thread of the kernel; the kernel's own thread has its request."""


def attempt_of(request: Mapping[str, Any]) -> ToldAttempt | None:
    """Read what a request tells; None where it tells nothing."""
    told = request.get("metadata", {}).get(REQUEST_KEY)
    if not isinstance(told, dict):
        return None
    try:
        facts = ToldAttempt(**cast("dict[str, Any]", told))
    except TypeError:  # from another version
        return None
    return ToldAttempt(**{**asdict(facts), "tags": tuple(facts.tags)})


def attempt_here() -> ToldAttempt | None:
    """Inside a kernel: the attempt that the present code belongs to; None where it belongs to none."""
    known = IN_THREAD.get()
    if known is not None:
        return known
    shell = kernel_shell()
    return None if shell is None else attempt_of(shell.get_parent())


__all__ = ["IN_THREAD", "REQUEST_KEY", "THREAD_KEY", "ToldAttempt", "attempt_here", "attempt_of"]
