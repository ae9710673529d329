"""Which graph is being built by the present code."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Protocol

from jupyter_flows.drivers.context import Frame, current_frame


class Building(Protocol):
    """A graph whose ``with`` block is open."""

    @property
    def frame(self) -> Frame | None:
        """The run around the block: what runs inside another one is no part of the block."""
        ...

    def place(self, task: Any, args: tuple[Any, ...], kwargs: dict[str, Any], mapped: bool = False) -> Any:
        """Add a node for this call of a task."""
        ...

    def note(self, task: Any) -> None:
        """Remember a task that was made in the block: it should be placed, in this flow or another one."""
        ...

    def add_task(self, task: Any) -> Any:
        """Add a task as it is, once."""
        ...


OPEN: ContextVar[Building | None] = ContextVar("jupyter_flows_graph", default=None)


def open_graph() -> Building | None:
    """Return the graph that calls of tasks are placed in, if the present code is in its block."""
    graph = OPEN.get()
    return graph if graph is not None and current_frame() is graph.frame else None
