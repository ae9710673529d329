"""A flow declared as a graph: what is placed in it, and in which order it runs."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Collection, Iterable, Mapping
from contextvars import Token
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from jupyter_flows.authoring.declared.building import OPEN, Building
from jupyter_flows.authoring.declared.columns import NotMappable, listed
from jupyter_flows.authoring.declared.drawing import draw
from jupyter_flows.authoring.declared.keys import keyed, missing, takes
from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.declared.placed import Edge, Placed
from jupyter_flows.authoring.declared.replacing import replace_tasks
from jupyter_flows.authoring.declared.running import run_graph
from jupyter_flows.authoring.declared.states import GraphState
from jupyter_flows.authoring.options import GRAPH_OPTIONS, check_options
from jupyter_flows.authoring.task import Task
from jupyter_flows.drivers.context import Frame, current_frame
from jupyter_flows.drivers.inputs import flatten, unmapped
from jupyter_flows.engine.triggers import all_successful
from jupyter_flows.errors import BadGraph, BadOption
from jupyter_flows.graph.dag import Dag
from jupyter_flows.model.specs import FlowSpec, TaskSpec

if TYPE_CHECKING:
    from jupyter_flows.graph.run_graph import RunGraph

_WORDS = ("upstream_tasks", "wait_for", "task_args")  # of a call in the block, beside the task's own arguments


class DeclaredFlow:
    """Tasks and the edges between them; nothing runs until `run`.

    In its ``with`` block, calling a task only places it. Tasks can also be added and ordered one by one.

    Parameters
    ----------
    name
        What people read.
    reference_tasks
        Whose ends decide how a run ends; the terminal tasks when not given.
    options
        ``description, version, tags, task_runner, log_prints`` and the hooks ``on_...``.
    """

    def __init__(self, name: str, *, reference_tasks: Iterable[Any] | None = None, **options: Any) -> None:
        if not isinstance(name, str) or not name:
            raise BadOption("Flow", "name", name, "give a text")
        self.name = name
        self.options = check_options("Flow", GRAPH_OPTIONS, options)
        self.spec = FlowSpec(
            name, "flow", self.options.version, self.options.tags, hooked=frozenset(self.options.hooks) - {"running"}
        )
        self.tasks: list[Placed] = []
        self.edges: list[Edge] = []
        self.frame: Frame | None = None
        self._tokens: list[tuple[Token[Building | None], Frame | None]] = []
        self._added: dict[Task[Any, Any], Placed] = {}  # tasks that are in the graph as they are
        self._slugs: dict[str, int] = {}
        self._specs: dict[int, TaskSpec] = {}
        self._references: list[Placed] | None = None
        self._order: tuple[Placed, ...] | None = None
        if reference_tasks is not None:
            self.set_reference_tasks(reference_tasks)

    def __enter__(self) -> DeclaredFlow:
        before, self.frame = self.frame, current_frame()
        self._tokens.append((OPEN.set(self), before))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        token, self.frame = self._tokens.pop()
        OPEN.reset(token)
        if kind is None:
            self.validate()

    # -- placing ---------------------------------------------------------------------------------------------------

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
        words = {word: kwargs.pop(word) for word in _WORDS if kwargs.get(word) is not None} if kwargs else {}
        if "task_args" in words:
            task = task.with_options(**words["task_args"])
        try:
            arguments = keyed(task.signature, task.signature.bind(*args, **kwargs).arguments)
        except TypeError as problem:
            raise TypeError(f"{task.name}: {problem}") from None
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

    def place_item(self, node: Placed, key: Any) -> Placed:
        """Add a node that takes one item out of another's value."""
        named = Task(operator.getitem, {"name": f"{node.slug}[{key if isinstance(key, Placed) else repr(key)}]"})
        return self.place(named, (node, key), {})

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
        count = self._slugs[task.name] = self._slugs.get(task.name, 0) + 1
        node = Placed(self, task, task.name if count == 1 else f"{task.name}-{count}", spec)
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
            raise BadGraph(self.name, [task.slug], f"it belongs to flow {task.graph.name!r}")
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

            prepared[key] = value = replace_tasks(given, note)
            shared = not mapped or isinstance(value, unmapped)
            if not shared and not isinstance(value, Placed | flatten):
                self._check_mappable(task, name, key, value)
            edges += [Edge(node, node, key, not shared, isinstance(value, flatten)) for node in found]
        if mapped and all(isinstance(value, unmapped) for value in prepared.values()):
            raise BadGraph(self.name, [name], "there is nothing to map over: every argument is unmapped")
        return prepared, edges

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

    def _connect(self, edge: Edge) -> Edge:
        self.edges.append(edge)
        if edge.key is None:
            (edge.downstream.beside if edge.mapped else edge.downstream.before).append(edge.upstream)
        edge.downstream.upstreams[edge.upstream] = None
        edge.upstream.downstreams[edge.downstream] = None
        self._order = None
        return edge

    # -- looking ---------------------------------------------------------------------------------------------------

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
            self._order = Dag(self.tasks, ((edge.upstream, edge.downstream) for edge in self.edges)).order()
        return self._order

    def root_tasks(self) -> list[Placed]:
        """Tasks without upstreams."""
        return [node for node in self.tasks if not node.upstreams]

    def terminal_tasks(self) -> list[Placed]:
        """Tasks without downstreams."""
        return [node for node in self.tasks if not node.downstreams]

    def reference_tasks(self) -> list[Placed]:
        """The tasks whose ends decide how a run ends."""
        return self.terminal_tasks() if self._references is None else list(self._references)

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

    def get_tasks(self, name: str | None = None, slug: str | None = None, tags: Iterable[str] = ()) -> list[Placed]:
        """The placed tasks of a name, of a slug, or with all of these tags."""
        wanted = set(tags)
        return [
            node
            for node in self.tasks
            if name in {None, node.name} and slug in {None, node.slug} and wanted <= set(node.task.tags)
        ]

    def parameters(self) -> list[Parameter]:
        """The parameters, in the order in which they were used."""
        return [node.task for node in self.tasks if isinstance(node.task, Parameter)]

    # -- running ---------------------------------------------------------------------------------------------------

    def run(self, parameters: Mapping[str, Any] | None = None, **values: Any) -> GraphState:
        """Run the graph now and return how it ended; a failure is not raised.

        Parameters
        ----------
        parameters, values
            The values of parameters, by name, in either way.

        Raises
        ------
        ParameterError
            Before anything runs, naming every one that is missing or unknown.
        BadGraph
            Inside the ``with`` block, or where the graph cannot run.
        """
        if self._tokens:
            raise BadGraph(self.name, [], "run it after its `with` block, not inside")
        self.validate()
        return run_graph(self, {**(parameters or {}), **values})

    def visualize(self, state: GraphState | None = None) -> RunGraph:
        """Return the graph as a picture, coloured by the states of a run where one is given."""
        return draw(self, state)

    def __repr__(self) -> str:
        return f"<Flow {self.name}: {len(self.tasks)} tasks>"
