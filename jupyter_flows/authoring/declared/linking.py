"""The words that order tasks in a graph, for placed tasks and for tasks that are added as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow
    from jupyter_flows.authoring.declared.placed import Placed


class Linkable:
    """Something that has, or gets, a place in a graph."""

    __slots__ = ()

    def placed(self, flow: DeclaredFlow | None = None) -> Placed:
        """Return its place in a graph: the one given, or the one whose block is open."""
        raise NotImplementedError

    def set_upstream(
        self, task: Any, key: str | None = None, mapped: bool = False, flow: DeclaredFlow | None = None
    ) -> None:
        """Run after ``task``; with a ``key``, its value becomes the argument of that name."""
        node = self.placed(flow)
        node.graph.add_edge(task, node, key=key, mapped=mapped)

    def set_downstream(
        self, task: Any, key: str | None = None, mapped: bool = False, flow: DeclaredFlow | None = None
    ) -> None:
        """Run before ``task``; with a ``key``, this value becomes its argument of that name."""
        node = self.placed(flow)
        node.graph.add_edge(node, task, key=key, mapped=mapped)

    def bind(
        self,
        *args: Any,
        upstream_tasks: Iterable[Any] = (),
        mapped: bool = False,
        flow: DeclaredFlow | None = None,
        **kwargs: Any,
    ) -> Placed:
        """Give arguments to this very task in a graph, without making a copy of it.

        Raises
        ------
        BadGraph
            For an argument that it has already.
        TypeError
            For arguments that do not fit its function.
        """
        node = self.placed(flow)
        node.graph.give(node, args, kwargs, upstream_tasks, mapped)
        return node

    def __or__(self, other: Any) -> Any:
        """Order two tasks: ``a | b`` runs b after a, and is b."""
        node = self.placed()
        node.graph.add_edge(node, other)
        return other
