"""Changes to a graph as a whole: another graph added to it, a task exchanged for another, a copy of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_flows.authoring.declared.introspection import Introspection
from jupyter_flows.authoring.declared.keys import takes
from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.declared.replacing import replace_tasks
from jupyter_flows.authoring.task import Task
from jupyter_flows.errors import BadGraph
from jupyter_flows.graph.dag import in_order


class Editing(Introspection):
    """A graph that can be joined with another and have its tasks exchanged."""

    def update(self, flow: Editing, merge_parameters: bool = False, merge_reference_tasks: bool = False) -> None:
        """Add every task and edge of another flow, which stays as it is.

        What the calls of tasks in the other flow returned stands for the same tasks in this one too. A task or
        parameter that is in both flows as it is, is one task afterwards.

        Parameters
        ----------
        merge_parameters
            Where both flows have a parameter of one name, use the other flow's in place of this one's.
        merge_reference_tasks
            The other flow's reference tasks decide as well how a run ends.

        Raises
        ------
        BadGraph
            Before anything is added: parameters of one name, or an argument that both flows give to one task.
        """
        if flow is self:
            raise BadGraph(self.name, [], "a flow cannot be added to itself; add a copy")
        twins = self._twins(flow)
        if twins and not merge_parameters:
            names = [parameter.name for parameter in twins]
            raise BadGraph(self.name, names, f"flow {flow.name!r} has such a parameter too; use merge_parameters=True")
        references = [*self.reference_tasks()] if merge_reference_tasks else []
        fresh = [node for node in flow.tasks if node not in self._stand_ins]
        self._check_arguments(fresh)
        for parameter, node in twins.items():
            self._take_over(node, parameter)
        for node in fresh:
            self._stand_ins[node] = self._stand_in_for(node)
            for one in node.origins:  # what stood for it there
                self._stand_ins.setdefault(one, self._stand_ins[node])
        for node in fresh:
            self._fill_stand_in(node)
        known = set(self.edges)
        for edge in flow.edges:
            carried = edge._replace(
                upstream=self._stand_ins[edge.upstream], downstream=self._stand_ins[edge.downstream]
            )
            if carried not in known:
                self._connect(carried)
        if merge_reference_tasks:
            self.set_reference_tasks([*references, *(self._stand_ins[node] for node in flow.reference_tasks())])

    def _twins(self, flow: Editing) -> dict[Parameter, Placed]:
        """The other flow's parameters whose names are taken here, and by which place."""
        here = {node.name: node for node in self.tasks if isinstance(node.task, Parameter)}
        return {
            parameter: here[parameter.name]
            for parameter in flow.parameters()
            if parameter.name in here and here[parameter.name].task is not parameter
        }

    def _check_arguments(self, nodes: list[Placed]) -> None:
        for node in nodes:
            place = self._added.get(node.task) if node.as_it_is else None
            if place is not None:
                self._check_room(place, node.arguments, False)
            elif isinstance(node.task, Parameter) and node.name in self._slugs and not self._parameter(node.name):
                raise BadGraph(self.name, [node.name], "a parameter needs a name of its own, and this one is taken")

    def _parameter(self, name: str) -> Placed | None:
        return next((node for node in self.tasks if isinstance(node.task, Parameter) and node.name == name), None)

    def _take_over(self, node: Placed, parameter: Parameter) -> None:
        """Let a place of a parameter be that of another one."""
        del self._added[node.task]
        node.task = parameter
        self._added[parameter] = node

    def _stand_in_for(self, node: Placed) -> Placed:
        place = self.add_task(node.task) if node.as_it_is else self._new_node(node.task)
        place.origins = (*place.origins, node, *node.origins)
        return place

    def _fill_stand_in(self, node: Placed) -> None:
        arguments = {key: replace_tasks(value, self._stand_ins.__getitem__) for key, value in node.arguments.items()}
        self._fill(self._stand_ins[node], arguments, node.mapped)

    def replace(self, old: Any, new: Any) -> Placed:
        """Put a task in another's place: it gets its arguments and its edges, on either side.

        Returns
        -------
        Placed
            The new task's place.

        Raises
        ------
        BadGraph, GraphHasCycle
            Before anything is changed: the old task is not in this flow, or the new one cannot take what it was given.
        """
        before = self._known(old)
        there = self._node_of(new) if isinstance(new, Placed) else self._added.get(new)
        if there is before:
            return before
        self._check_exchange(before, new if there is None else there)
        position = self._take_out(before)
        after = self.add_task(new)
        if there is None:
            self.tasks.insert(position, self.tasks.pop())

        def exchanged(node: Placed) -> Placed:
            return after if node is before else node

        self._fill(after, before.arguments, before.mapped)
        for node in list(before.downstreams):
            node.arguments = {key: replace_tasks(value, exchanged) for key, value in node.arguments.items()}
        self._relink(
            [
                edge._replace(upstream=exchanged(edge.upstream), downstream=exchanged(edge.downstream))
                for edge in self.edges
            ]
        )
        if self._references is not None:
            self._references = list(dict.fromkeys(map(exchanged, self._references)))
        return after

    def _check_exchange(self, before: Placed, new: Any) -> None:
        if not isinstance(new, Placed | Task):
            raise BadGraph(self.name, [repr(new)], "it is no task")
        task = new.task if isinstance(new, Placed) else new
        if isinstance(task, Parameter) and before.upstreams:
            raise BadGraph(self.name, [task.name], f"a parameter has no upstream tasks, and {before.slug} has")
        if isinstance(task, Parameter) and task.name in self._slugs and task.name != before.name:
            raise BadGraph(self.name, [task.name], "a parameter needs a name of its own, and this one is taken")
        taken: Mapping[str, Any] = new.arguments if isinstance(new, Placed) else {}
        for key in before.arguments:
            if not takes(task.signature, key):
                raise BadGraph(
                    self.name, [task.name], f"its function has no argument {key!r}, which {before.slug} is given"
                )
            if key in taken:
                raise BadGraph(self.name, [task.name], f"its argument {key!r} is given twice")
        if isinstance(new, Placed):
            pairs = [(edge.upstream, edge.downstream) for edge in self.edges]
            in_order((), [(new if a is before else a, new if b is before else b) for a, b in pairs])

    def _take_out(self, node: Placed) -> int:
        position = self.tasks.index(node)
        del self.tasks[position]
        self._replaced.add(node)
        if self._added.get(node.task) is node:
            del self._added[node.task]
        if isinstance(node.task, Parameter):
            del self._slugs[node.slug]
        self._order = None
        return position


__all__ = ["Editing"]
