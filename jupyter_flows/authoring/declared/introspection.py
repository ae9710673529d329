"""Questions about a graph, and what only the whole of it can tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jupyter_flows.authoring.declared.keys import missing
from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.declared.placed import Edge, Placed
from jupyter_flows.authoring.declared.structure import Structure
from jupyter_flows.authoring.task import Task
from jupyter_flows.drivers.inputs import unmapped
from jupyter_flows.errors import BadGraph
from jupyter_flows.graph.dag import in_order


class Introspection(Structure):
    """A graph that can be asked."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._references: list[Placed] | None = None

    def validate(self) -> None:
        """Check what only the whole graph can tell.

        Raises
        ------
        GraphHasCycle
            Naming the tasks of one circle.
        BadGraph
            For a task that lacks an argument.
        """
        self.sorted_tasks()
        for task, node in self._added.items():
            lacking = [] if isinstance(task, Parameter) else missing(task.signature, node.arguments)
            if lacking:
                raise BadGraph(self.name, [node.slug], f"it needs {', '.join(map(repr, lacking))}")

    def sorted_tasks(self) -> tuple[Placed, ...]:
        """Every placed task, each after its upstreams."""
        if self._order is None:
            self._order = in_order(self.tasks, ((edge.upstream, edge.downstream) for edge in self.edges))
        return self._order

    def root_tasks(self) -> list[Placed]:
        """Tasks without upstreams."""
        return [node for node in self.tasks if not node.upstreams]

    def terminal_tasks(self) -> list[Placed]:
        """Tasks without downstreams."""
        return [node for node in self.tasks if not node.downstreams]

    def reference_tasks(self) -> list[Placed]:
        """The tasks whose ends decide how a run ends."""
        if self._references is not None:
            return list(self._references)
        if not any(node.aside for node in self.tasks):
            return self.terminal_tasks()
        leading: set[Placed] = set()  # to a task that has a say
        for node in reversed(self.sorted_tasks()):
            if any(not then.aside or then in leading for then in node.downstreams):
                leading.add(node)
        return [node for node in self.tasks if not node.aside and node not in leading] or self.terminal_tasks()

    def set_reference_tasks(self, tasks: Iterable[Any]) -> None:
        """Choose the tasks whose ends decide how a run ends; no tasks: the terminal ones again.

        Raises
        ------
        BadGraph
            For a task that is not in this flow.
        """
        chosen = [self._known(task) for task in tasks]
        self._references = chosen or None

    def _known(self, task: Any) -> Placed:
        node = self._added.get(task) if isinstance(task, Task) else self._node_of(task)
        if node is None:
            raise BadGraph(self.name, [task.name], "it is not in this flow")
        return node

    def upstream_tasks(self, task: Any) -> list[Placed]:
        """The tasks right before one."""
        return list(self._known(task).upstreams)

    def downstream_tasks(self, task: Any) -> list[Placed]:
        """The tasks right after one."""
        return list(self._known(task).downstreams)

    def edges_to(self, task: Any) -> list[Edge]:
        """The edges that end in a task."""
        node = self._known(task)
        return [edge for edge in self.edges if edge.downstream is node]

    def edges_from(self, task: Any) -> list[Edge]:
        """The edges that begin in a task."""
        node = self._known(task)
        return [edge for edge in self.edges if edge.upstream is node]

    def all_upstream_edges(self) -> dict[Placed, list[Edge]]:
        """Every placed task, with the edges that end in it."""
        found: dict[Placed, list[Edge]] = {node: [] for node in self.tasks}
        for edge in self.edges:
            found[edge.downstream].append(edge)
        return found

    def all_downstream_edges(self) -> dict[Placed, list[Edge]]:
        """Every placed task, with the edges that begin in it."""
        found: dict[Placed, list[Edge]] = {node: [] for node in self.tasks}
        for edge in self.edges:
            found[edge.upstream].append(edge)
        return found

    def get_tasks(
        self,
        name: str | None = None,
        slug: str | None = None,
        tags: Iterable[str] = (),
        task_type: type[Task[Any, Any]] = Task,
    ) -> list[Placed]:
        """The placed tasks of a name, of a slug, with all of these tags, and of a class such as `Parameter`."""
        wanted = set(tags)
        return [
            node
            for node in self.tasks
            if name in {None, node.name}
            and slug in {None, node.slug}
            and wanted <= set(node.task.tags)
            and isinstance(node.task, task_type)
        ]

    @property
    def constants(self) -> dict[Placed, dict[str, Any]]:
        """Each placed task's arguments that come from no other task, where it has any."""
        found: dict[Placed, dict[str, Any]] = {}
        for node in self.tasks:
            keys = {edge.key for edge in self.edges_to(node)} if node.upstreams else set[str | None]()
            fixed = {key: value for key, value in node.arguments.items() if key not in keys}
            if fixed:
                found[node] = {
                    key: value.value if isinstance(value, unmapped) else value for key, value in fixed.items()
                }
        return found

    def parameters(self) -> list[Parameter]:
        """The parameters, in the order in which they were used."""
        return [node.task for node in self.tasks if isinstance(node.task, Parameter)]


__all__ = ["Introspection"]
