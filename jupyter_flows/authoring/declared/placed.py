"""A task's place in a graph, and the edges between places."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_flows.authoring.declared.linking import Linkable
from jupyter_flows.authoring.declared.operators import COMPARISONS
from jupyter_flows.drivers.inputs import FutureLike
from jupyter_flows.errors import BadGraph
from jupyter_flows.model.specs import TaskSpec

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow
    from jupyter_flows.authoring.task import Task
    from jupyter_flows.drivers.calls import Call


class Placed(Linkable, FutureLike):
    """One node of a graph: a task and what it will be called with. Its value exists only in a run.

    ``t["key"]`` and, with ``nout`` or a tuple as return hint, ``a, b = t`` place further nodes that take it apart.
    """

    __slots__ = (
        "arguments",
        "as_it_is",
        "aside",
        "before",
        "beside",
        "bound",
        "downstreams",
        "graph",
        "mapped",
        "name",
        "origins",
        "slug",
        "spec",
        "task",
        "upstreams",
    )

    def __init__(self, graph: DeclaredFlow, task: Task[Any, Any], slug: str, spec: TaskSpec) -> None:
        self.graph, self.task, self.slug, self.spec = graph, task, slug, spec
        self.name = task.name
        self.mapped = False
        self.bound: int | None = None  # children that may run at a time
        self.aside = False  # has no say in how a run ends, unless it is asked
        self.as_it_is = False  # the task itself, not one of its calls
        self.origins: tuple[Placed, ...] = ()  # places in other graphs that this one stands for
        self.arguments: dict[str, Any] = {}
        self.before: list[Placed] = []  # what only must have ended
        self.beside: list[Placed] = []  # the same, child by child where both are mapped
        self.upstreams: dict[Placed, None] = {}
        self.downstreams: dict[Placed, None] = {}

    def placed(self, flow: DeclaredFlow | None = None) -> Placed:
        """Itself; another flow than its own is refused."""
        return self.graph.add_task(self) if flow is None else flow.add_task(self)

    @property
    def _call(self) -> Call:  # type: ignore[override]
        message = "it has a value only in a run: use f.run(), and then state[task]"
        raise BadGraph(self.graph.name, [self.slug], message)

    def __getitem__(self, key: Any) -> Placed:
        return self.graph.place_item(self, key)

    def __bool__(self) -> bool:
        if self.task.fn in COMPARISONS:
            why = "whether it holds is known only in a run; use case(...), ifelse(...) or switch(...)"
            raise BadGraph(self.graph.name, [self.slug], why)
        return True

    def __iter__(self) -> Iterator[Placed]:
        count = self.task.options.nout if self.task.options.nout is not None else _tuple_length(self.task.fn)
        if count is None:
            raise TypeError(f"{self.slug} cannot be taken apart: give its task nout=..., or a tuple as return hint")
        return iter([self[position] for position in range(count)])

    def __str__(self) -> str:
        return self.slug

    def __repr__(self) -> str:
        return f"<{self.slug} in flow {self.graph.name}>"


class Edge(NamedTuple):
    """One task before another. Without a ``key`` it only orders; with one the value becomes that argument."""

    upstream: Any
    downstream: Any
    key: str | None = None
    mapped: bool = False
    flattened: bool = False

    @property
    def upstream_task(self) -> Any:
        """The classic name of `upstream`."""
        return self.upstream

    @property
    def downstream_task(self) -> Any:
        """The classic name of `downstream`."""
        return self.downstream


def _tuple_length(fn: Any) -> int | None:
    """The number of values that a function's return hint promises, or None."""
    try:
        hint = typing.get_type_hints(fn).get("return")
    except Exception:  # noqa: BLE001 - hints may name what is not there
        return None
    parts = typing.get_args(hint)
    return None if typing.get_origin(hint) is not tuple or Ellipsis in parts else len(parts)


__all__ = ["Edge", "Placed"]
