"""Resources of a graph: set up before the tasks that use them, cleaned up after them, whatever became of these."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast, overload

from jupyter_flows.authoring.declared.building import open_graph
from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.task import Task
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.errors import BadOption
from jupyter_flows.model.signals import Skipped
from jupyter_flows.model.states import State

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow
    from jupyter_flows.authoring.declared.placed import Placed


class ResourceKind:
    """A class whose instances are resources; what `resource_manager` makes of it.

    Calling it in the block of a flow begins a block of its own; anywhere else it makes a plain instance.
    """

    def __init__(self, resource: type, name: str, kwargs: Mapping[str, Mapping[str, Any]]) -> None:
        self.resource, self.name = resource, name
        common: dict[str, Any] = {"name": name}
        self.init = Task(_maker(resource), {**common, **kwargs["init"]})
        self.setup = Task(_set_up, {"name": f"{name}.setup", **kwargs["setup"]})
        cleanup = {"name": f"{name}.cleanup", "trigger": _was_set_up, "skip_on_upstream_skip": False}
        self.cleanup = Task(_clean_up, {**cleanup, **kwargs["cleanup"]})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make the resource: of a graph in its block, else at once."""
        graph = open_graph()
        if graph is None:
            return self.resource(*args, **kwargs)
        return Resource(self, cast("DeclaredFlow", graph), args, kwargs)

    def __repr__(self) -> str:
        return f"<ResourceKind {self.name}>"


class Resource:
    """``with Cluster(size) as client:`` the tasks placed in the block are run while the resource is there."""

    def __init__(
        self, made_by: ResourceKind, graph: DeclaredFlow, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._made_by, self._graph = made_by, graph
        self._args, self._kwargs = args, kwargs

    def __enter__(self) -> Placed:
        graph, made_by = self._graph, self._made_by
        self._resource = graph.place(made_by.init, self._args, self._kwargs)
        self._value = graph.place(made_by.setup, (self._resource,), {})
        self._before = len(graph.tasks)
        return self._value

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is not None:
            return
        graph = self._graph
        inside = [node for node in graph.tasks[self._before :] if not isinstance(node.task, Parameter)]
        known = {*inside, self._value}
        for node in inside:
            if not known.intersection(node.upstreams):
                graph.add_edge(self._value, node)
        last = [node for node in inside if not known.intersection(node.downstreams)]
        cleanup = graph.place(self._made_by.cleanup, (self._resource, self._value), {"upstream_tasks": last})
        for node in (self._resource, self._value, cleanup):
            node.aside = True


@overload
def resource_manager(resource: type, /) -> ResourceKind: ...
@overload
def resource_manager(
    resource: None = None,
    /,
    *,
    name: str | None = None,
    init_task_kwargs: Mapping[str, Any] | None = None,
    setup_task_kwargs: Mapping[str, Any] | None = None,
    cleanup_task_kwargs: Mapping[str, Any] | None = None,
) -> Callable[[type], ResourceKind]: ...


def resource_manager(
    resource: Any = None,
    /,
    *,
    name: str | None = None,
    init_task_kwargs: Mapping[str, Any] | None = None,
    setup_task_kwargs: Mapping[str, Any] | None = None,
    cleanup_task_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Turn a class with ``setup(self)`` and ``cleanup(self, value)`` into a resource of declared flows.

    In a flow, ``with Cluster(size) as client:`` places three tasks around those of the block: one makes the instance,
    one calls ``setup``, whose value ``client`` stands for, and one calls ``cleanup`` with it when all tasks of the
    block have ended, however. Where the resource was not set up, the cleanup is skipped. None of the three decides
    over the flow's end, unless they are among its reference tasks.

    Parameters
    ----------
    name
        What people read; the class's name when not given.
    init_task_kwargs, setup_task_kwargs, cleanup_task_kwargs
        Options of the three tasks.

    Raises
    ------
    BadOption
        For something that is no class, or lacks a method.
    """
    kwargs = {"init": init_task_kwargs or {}, "setup": setup_task_kwargs or {}, "cleanup": cleanup_task_kwargs or {}}
    if resource is None:
        return lambda kind: _checked(kind, name, kwargs)
    return _checked(resource, name, kwargs)


def _checked(resource: Any, name: str | None, kwargs: Mapping[str, Mapping[str, Any]]) -> ResourceKind:
    if not isinstance(resource, type):
        raise BadOption("resource_manager", "class", resource, "decorate a class")
    for method in ("setup", "cleanup"):
        if not callable(getattr(resource, method, None)):
            raise BadOption("resource_manager", "class", resource, f"define a method {method!r} in it")
    return ResourceKind(resource, name or resource.__name__, kwargs)


def _maker(resource: type) -> Callable[..., Any]:
    """A plain function in the class's place: a task has attributes of its own, and takes over those of its function."""

    def make(*args: Any, **kwargs: Any) -> Any:
        return resource(*args, **kwargs)

    make.__signature__ = inspect.signature(resource)  # type: ignore[attr-defined]
    return make


def _set_up(resource: Any) -> Any:
    return resource.setup()


def _clean_up(resource: Any, value: Any) -> Any:
    return resource.cleanup(value)


def _was_set_up(upstreams: dict[TaskFuture[Any], State]) -> bool:
    """Let the cleanup run when there is something to clean up: the first two upstreams made it."""
    made = list(upstreams.values())[:2]
    if all(state.is_completed() and not state.is_skipped() for state in made):
        return True
    raise Skipped("the resource was not set up")
