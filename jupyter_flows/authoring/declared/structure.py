"""The tasks of a graph and the edges between them."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.authoring.declared.columns import NotMappable, listed
from jupyter_flows.authoring.declared.keys import keyed, takes
from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.declared.placed import Edge, Placed
from jupyter_flows.authoring.declared.replacing import replace_tasks
from jupyter_flows.authoring.task import Task
from jupyter_flows.drivers.inputs import flatten, unmapped
from jupyter_flows.drivers.inputs import mapped as mapped_over
from jupyter_flows.drivers.tracebacks import short_repr
from jupyter_flows.engine.triggers import all_successful
from jupyter_flows.errors import BadGraph
from jupyter_flows.model.specs import TaskSpec

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow

_WORDS = ("upstream_tasks", "wait_for", "task_args", "mapped")  # of a call, beside the task's own arguments
_LONGEST = 40  # characters of a name made from an expression


class Structure:
    """What is placed, and what comes before what; every way to add to it.

    Parameters
    ----------
    name
        What people read, and what errors name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.tasks: list[Placed] = []
        self.edges: list[Edge] = []
        self._added: dict[Task[Any, Any], Placed] = {}  # tasks that are in the graph as they are
        self._slugs: dict[str, int] = {}
        self._specs: dict[int, TaskSpec] = {}
        self._order: tuple[Placed, ...] | None = None
        self._made: list[Task[Any, Any]] = []  # while a block is open
        self._stand_ins: dict[Placed, Placed] = {}  # places of other graphs that were added to this one
        self._replaced: set[Placed] = set()

    def note(self, task: Task[Any, Any]) -> None:
        """Remember a task that was made in the block: it should be placed, in this flow or another one."""
        self._made.append(task)

    def place(
        self, task: Task[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any], mapped: bool = False
    ) -> Placed:
        """Add a node for one call of a task; what calling it in the block does.

        Raises
        ------
        TypeError
            For arguments that do not fit the task's function.
        BadGraph
            For a task of another flow, or a parameter with arguments.
        """
        if isinstance(task, Parameter):
            node = self.add_task(task)
            self.give(node, args, kwargs, kwargs.pop("upstream_tasks", None) or (), mapped)
            return node
        words = self._words(task, kwargs) if kwargs else {}
        task.was_placed = True
        if "task_args" in words:
            task = task.with_options(**words["task_args"])
        try:
            arguments = keyed(task.signature, task.signature.bind(*args, **kwargs).arguments)
        except TypeError as problem:
            raise TypeError(f"{task.name}: {problem}") from None
        arguments, mapped = _marked(arguments, mapped or bool(words.get("mapped")))
        arguments, found = self._prepare(task, task.name, arguments, mapped)
        named = (*words.get("upstream_tasks", ()), *words.get("wait_for", ()))
        before = [(self._node_of(one), mapped and not isinstance(one, unmapped)) for one in named]
        node = self._new_node(task)
        node.arguments, node.mapped = arguments, mapped
        for edge in found:
            self._connect(edge._replace(downstream=node))
        for upstream, beside in before:
            self._connect(Edge(upstream, node, None, beside))
        return node

    def _words(self, task: Task[Any, Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Take out of a call's arguments those that are for the graph."""
        words = {word: kwargs.pop(word) for word in _WORDS if word in kwargs}
        for word in words:
            if word in task.signature.parameters:
                why = f"its argument {word!r} has a meaning in every call in a flow's block; choose another name"
                raise BadGraph(self.name, [task.name], why)
        return {word: value for word, value in words.items() if value is not None}

    def place_item(self, node: Placed, key: Any) -> Placed:
        """Add a node that takes one item out of another's value."""
        named = Task(operator.getitem, {"name": f"{node.slug}[{key if isinstance(key, Placed) else repr(key)}]"})
        return self.place(named, (node, key), {})

    def place_operation(self, fn: Callable[..., Any], form: str, *operands: Any) -> Placed:
        """Add a node for an expression, such as ``a + 1``.

        Parameters
        ----------
        fn
            What it does with the operands' values.
        form
            How it reads, with a ``{}`` for each operand; a long one is named after its function.
        """
        told = [str(one) if isinstance(one, Placed | Task) else short_repr(one) for one in operands]
        name = form.format(*told)
        return self.place(Task(fn, {"name": name if len(name) <= _LONGEST else fn.__name__.strip("_")}), operands, {})

    def add_task(self, task: Any) -> Placed:
        """Add a task as it is, once; return its place."""
        if isinstance(task, Placed):
            return self._node_of(task)
        if not isinstance(task, Task):
            raise BadGraph(self.name, [repr(task)], "it is no task")
        node = self._added.get(task)
        if node is None:
            if isinstance(task, Parameter) and task.name in self._slugs:
                raise BadGraph(self.name, [task.name], "a parameter needs a name of its own, and this one is taken")
            node = self._added[task] = self._new_node(task)
            node.as_it_is = True
        return node

    def give(
        self,
        node: Placed,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        before: Iterable[Any] = (),
        mapped: bool = False,
    ) -> None:
        """Give arguments to a node, and tasks that come before it."""
        try:
            arguments = keyed(node.task.signature, node.task.signature.bind_partial(*args, **kwargs).arguments)
        except TypeError as problem:
            raise TypeError(f"{node.slug}: {problem}") from None
        arguments, found = self._prepare(node.task, node.slug, arguments, mapped)
        upstreams = [self._node_of(one) for one in before]
        self._check_room(node, arguments, bool(upstreams))
        self._fill(node, arguments, mapped)
        for edge in found:
            self._connect(edge._replace(downstream=node))
        for upstream in upstreams:
            self._connect(Edge(upstream, node))

    def add_edge(
        self, upstream: Any, downstream: Any, key: str | None = None, mapped: bool = False, flattened: bool = False
    ) -> Edge:
        """Put one task before another.

        Parameters
        ----------
        key
            The argument of ``downstream`` that the value becomes; order only when not given.
        mapped, flattened
            Map ``downstream`` over the value, or over the items of its items.

        Raises
        ------
        BadGraph
            Naming the tasks: a key that is taken or that the function does not have, a parameter with an upstream.
        """
        first, then = self.add_task(upstream), self.add_task(downstream)
        if key is None:
            self._check_room(then, {}, True)
            return self._connect(Edge(first, then))
        arguments = {key: flatten(first) if flattened else first}
        self._check_room(then, arguments, True)
        self._fill(then, arguments, mapped or flattened)
        return self._connect(Edge(first, then, key, mapped, flattened))

    def set_dependencies(
        self,
        task: Any,
        upstream_tasks: Iterable[Any] = (),
        downstream_tasks: Iterable[Any] = (),
        keyword_tasks: Mapping[str, Any] | None = None,
        mapped: bool = False,
    ) -> Placed:
        """Add a task with what comes before and after it, and with its arguments by name."""
        node = self.add_task(task)
        self.give(node, (), dict(keyword_tasks or {}), [self.add_task(one) for one in upstream_tasks], mapped)
        for one in downstream_tasks:
            self.add_edge(node, one)
        return node

    def chain(self, *tasks: Any) -> list[Edge]:
        """Put each task before the next one."""
        return [self.add_edge(first, then) for first, then in itertools.pairwise(tasks)]

    def _new_node(self, task: Task[Any, Any]) -> Placed:
        spec = self._specs.get(id(task))
        if spec is None:
            spec = self._specs[id(task)] = replace(task.spec, trigger=task.spec.trigger or all_successful)
        task.was_placed = True
        slug = task.options.slug or task.name
        count = self._slugs[slug] = self._slugs.get(slug, 0) + 1
        node = Placed(cast("DeclaredFlow", self), task, slug if count == 1 else f"{slug}-{count}", spec)
        self.tasks.append(node)
        self._order = None
        return node

    def _node_of(self, task: Any) -> Placed:
        task = task.value if isinstance(task, unmapped) else task
        if isinstance(task, Task):
            return self.add_task(task)
        if not isinstance(task, Placed):
            raise BadGraph(self.name, [repr(task)], "it is no task")
        if task.graph is not self:
            stand_in = self._stand_ins.get(task)
            if stand_in is None:
                raise BadGraph(self.name, [task.slug], f"it belongs to flow {task.graph.name!r}")
            return stand_in
        if task in self._replaced:
            raise BadGraph(self.name, [task.slug], "it was replaced, and is in this flow no more")
        return task

    def _prepare(
        self, task: Task[Any, Any], name: str, arguments: Mapping[str, Any], mapped: bool
    ) -> tuple[dict[str, Any], list[Edge]]:
        """Replace bare tasks by their places, and find the edges that arguments make."""
        edges: list[Edge] = []
        prepared: dict[str, Any] = {}
        for key, given in arguments.items():
            found: list[Placed] = []

            def note(task: Any, found: list[Placed] = found) -> Placed:
                found.append(self._node_of(task))
                return found[-1]

            prepared[key] = value = replace_tasks(self._flattened(given, mapped), note)
            shared = not mapped or isinstance(value, unmapped)
            if not shared and not isinstance(value, Placed | flatten):
                self._check_mappable(task, name, key, value)
            edges += [Edge(node, node, key, not shared, isinstance(value, flatten)) for node in found]
        if mapped and all(isinstance(value, unmapped) for value in prepared.values()):
            raise BadGraph(self.name, [name], "there is nothing to map over: every argument is unmapped")
        return prepared, edges

    def _flattened(self, value: Any, mapped: bool) -> Any:
        """Where a `flatten` is not mapped over, a node of its own does it."""
        if isinstance(value, unmapped):
            inner = self._flattened(value.value, False)
            return value if inner is value.value else unmapped(inner)
        if mapped or not isinstance(value, flatten):
            return value
        return self.place(Task(_flat, {"name": "flatten"}), (value.value,), {})

    def _check_mappable(self, task: Task[Any, Any], name: str, key: str, value: Any) -> None:
        if not takes(task.signature, key):
            raise BadGraph(self.name, [name], f"*{key} cannot be mapped over; give what is mapped over by name")
        try:
            listed(key, value)
        except NotMappable as problem:
            raise BadGraph(self.name, [name], str(problem)) from None

    def _check_room(self, node: Placed, arguments: Collection[str], upstreams: bool) -> None:
        """Refuse arguments that a node has already or cannot have."""
        if isinstance(node.task, Parameter) and (arguments or upstreams):
            raise BadGraph(self.name, [node.slug], "a parameter has no upstream tasks")
        for key in arguments:
            if key in node.arguments:
                raise BadGraph(self.name, [node.slug], f"its argument {key!r} is given twice")
            if not takes(node.task.signature, key):
                raise BadGraph(self.name, [node.slug], f"its function has no argument {key!r}")

    def _fill(self, node: Placed, arguments: dict[str, Any], mapped: bool) -> None:
        """Give arguments to a node; of a mapped one, those that came without the word are the same for every child."""
        if mapped and not node.mapped:
            node.arguments = {key: unmapped(value) for key, value in node.arguments.items()}
            node.mapped = True
        elif node.mapped and not mapped:
            arguments = {key: unmapped(value) for key, value in arguments.items()}
        node.arguments.update(arguments)

    def _relink(self, edges: Iterable[Edge]) -> None:
        """Make these the edges, in place of all there were."""
        self.edges = []
        for node in self.tasks:
            node.before, node.beside, node.upstreams, node.downstreams = [], [], {}, {}
        for edge in edges:
            self._connect(edge)

    def _connect(self, edge: Edge) -> Edge:
        self.edges.append(edge)
        if edge.key is None:
            (edge.downstream.beside if edge.mapped else edge.downstream.before).append(edge.upstream)
        edge.downstream.upstreams[edge.upstream] = None
        edge.upstream.downstreams[edge.downstream] = None
        self._order = None
        return edge


def _marked(arguments: dict[str, Any], mapped: bool) -> tuple[dict[str, Any], bool]:
    """See to arguments in `mapped(...)`: they make a map of the call, in which all others are the same for each child.

    In a call that is a map anyway the word says nothing new.
    """
    marked = {key for key, value in arguments.items() if isinstance(value, mapped_over)}
    if not marked:
        return arguments, mapped
    plain = {key: value.value if key in marked else value for key, value in arguments.items()}
    if mapped:
        return plain, True
    shared = {key: value if isinstance(value, unmapped) else unmapped(value) for key, value in plain.items()}
    return {key: plain[key] if key in marked else shared[key] for key in plain}, True


def _flat(values: Any) -> list[Any]:
    return [item for part in values for item in part]


__all__ = ["Structure"]
