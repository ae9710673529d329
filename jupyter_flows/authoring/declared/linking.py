"""The words that order tasks in a graph, for placed tasks and for tasks that are added as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_flows.authoring.declared.operators import Operable

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow
    from jupyter_flows.authoring.declared.placed import Placed


class Linkable(Operable):
    """Something that has, or gets, a place in a graph."""

    __slots__ = ()

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

    def set_dependencies(
        self,
        flow: DeclaredFlow | None = None,
        upstream_tasks: Iterable[Any] = (),
        downstream_tasks: Iterable[Any] = (),
        keyword_tasks: Mapping[str, Any] | None = None,
        mapped: bool = False,
    ) -> Placed:
        """Say what comes before and after this very task, and what its arguments are, in a graph."""
        node = self.placed(flow)
        return node.graph.set_dependencies(node, upstream_tasks, downstream_tasks, keyword_tasks, mapped)

    def pipe(self, task: Callable[..., Any], /, **kwargs: Any) -> Any:
        """Give this value to another task's first argument: ``a.pipe(b, y=1)`` is ``b(a, y=1)``."""
        return task(self, **kwargs)

    def __or__(self, other: Any) -> Any:
        """Order two tasks: ``a | b`` runs b after a, and is b; either side may be a list of tasks."""
        return _ordered(self, other, other)

    def __ror__(self, other: Any) -> Any:
        return _ordered(other, self, self)

    def __rshift__(self, other: Any) -> Any:
        """Order two tasks, the same as ``|``."""
        return _ordered(self, other, other)

    def __rrshift__(self, other: Any) -> Any:
        return _ordered(other, self, self)

    def __lshift__(self, other: Any) -> Any:
        """Order two tasks: ``a << b`` runs a after b, and is b."""
        return _ordered(other, self, other)

    def __rlshift__(self, other: Any) -> Any:
        return _ordered(self, other, self)


def _ordered(first: Any, then: Any, wanted: Any) -> Any:
    firsts = first if isinstance(first, list | tuple) else [first]
    thens = then if isinstance(then, list | tuple) else [then]
    for one in firsts:
        for other in thens:
            known: Linkable = one if isinstance(one, Linkable) else other
            known.placed().graph.add_edge(one, other)
    return wanted


__all__ = ["Linkable"]
