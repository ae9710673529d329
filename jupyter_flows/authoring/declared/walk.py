"""One run of a graph: its nodes are submitted as task runs, and the machine decides over each.

Everything is submitted as early as it can be named, with the numbers of its upstreams. Only what is mapped over a
value waits here, since the value's length decides how many task runs there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast
from zlib import crc32

from jupyter_flows.authoring.declared.columns import Columns, NotMappable
from jupyter_flows.authoring.declared.keys import as_call
from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.declared.replacing import replace_tasks
from jupyter_flows.authoring.declared.states import mapped_state
from jupyter_flows.authoring.mapping import Bounded
from jupyter_flows.authoring.naming import element_name
from jupyter_flows.authoring.submitting import enlist
from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import Frame, current_frame
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.drivers.threads import take_patiently, wait_for_call
from jupyter_flows.engine.rules import graph_end
from jupyter_flows.model.signals import Signal
from jupyter_flows.model.states import State, cancelled

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow

Runs = Call | list[Call]


def place_digest(node: Placed, index: int = -1) -> int:
    """What tells a call of a graph apart in every attempt, whatever order nodes are submitted in: its place there.

    Parameters
    ----------
    index
        Among the calls that the node is mapped to; -1 for its one call.
    """
    return crc32(f"{node.slug}:{index}".encode("utf-8", "surrogatepass"))


class Walk:
    """The code of one flow run.

    Parameters
    ----------
    values
        Of every parameter.
    """

    def __init__(self, graph: DeclaredFlow, values: Mapping[str, Any]) -> None:
        self.graph, self.values = graph, values
        self.runs: dict[Placed, Runs] = {}
        self._nodes = graph.sorted_tasks()
        self._woken: SimpleQueue[None] = SimpleQueue()
        self._watched: set[Call] = set()
        self._frame = cast("Frame", None)
        self._context: Context | None = None

    def __call__(self) -> State:
        """Submit everything, wait for all of it, and let the reference tasks decide."""
        self._frame, self._context = cast("Frame", current_frame()), copy_context()
        blocked = list(self._nodes)
        while blocked:
            left = [node for node in blocked if not self._submitted(node)]
            if len(left) == len(blocked):
                self._wait()
            blocked = left
        last = [node for node in self._nodes if node.mapped or not node.downstreams]
        for call in self._calls([*last, *self._nodes]):
            wait_for_call(call, None)
        paused = [call.name for call in self._calls(self._nodes) if cast("State", call.state).is_paused()]
        ends = [(call.name, cast("State", call.state)) for call in self._calls(self.graph.reference_tasks())]
        state = graph_end(ends, 0.0, self.states(), paused)
        return state if paused else self._last_word(state, [end for _, end in ends])

    def _last_word(self, state: State, ends: list[State]) -> State:
        """Let the user's own function decide over the end, where there is one."""
        handler = self.graph.options.terminal_state_handler
        answer = None if handler is None else handler(self.graph, state, ends)
        if isinstance(answer, Signal):
            answer = answer.to_state(0.0)
        if answer is not None and not isinstance(answer, State):
            raise TypeError(f"terminal_state_handler returned {answer!r}: it must return a state, or None to keep it")
        return state if answer is None else answer

    def states(self) -> dict[Placed, State]:
        """The state of each node as it stands, in the order of the graph."""
        return {node: self._state(node) for node in self._nodes}

    def _state(self, node: Placed) -> State:
        runs = self.runs.get(node)
        if isinstance(runs, list):
            return mapped_state(tuple(_end(call) for call in runs))
        return _end(runs)

    def _calls(self, nodes: Iterable[Placed]) -> list[Call]:
        found: list[Call] = []
        for node in nodes:
            runs = self.runs[node]
            found.extend(runs if isinstance(runs, list) else [runs])
        return found

    # -- submitting ------------------------------------------------------------------------------------------------

    def _submitted(self, node: Placed) -> bool:
        """Submit a node, unless it must wait for what it is mapped over."""
        if any(upstream not in self.runs for upstream in node.upstreams):
            return False
        if not node.mapped:
            self.runs[node] = self._send_one(node)
            return True
        columns = Columns(node, self.runs)
        if any(self._watch(call) for call in columns.awaited()):
            return False
        try:
            rows = columns.rows()
        except NotMappable as problem:
            self.runs[node] = self._send_unmappable(node, problem)
            return True
        lengths = [TaskFuture[Any](call) for call in columns.awaited()]
        self.runs[node] = self._send_children(node, rows, [*self._ordered_after(node), *lengths])
        return True

    def _watch(self, call: Call) -> bool:
        """Whether a run has yet to end; it will wake this walk when it has."""
        if call.state is None and call not in self._watched:
            self._watched.add(call)
            call.add_callback(lambda: self._woken.put(None))
        return call.state is None

    def _wait(self) -> None:
        take_patiently(self._woken)

    def _send_one(self, node: Placed) -> Call:
        if isinstance(node.task, Parameter):
            return self._send(node, {"value": self.values[node.name]}, ())
        arguments = {key: self._futures_in(value) for key, value in node.arguments.items()}
        return self._send(node, arguments, self._ordered_after(node))

    def _send_children(self, node: Placed, rows: list[dict[str, Any]], waits: list[TaskFuture[Any]]) -> list[Call]:
        first = next(iter(node.arguments), "")
        calls: list[Call] = []
        map_id = 0
        bounded = Bounded(node.task, self._frame, node.bound, len(rows))
        for index, row in enumerate(rows):
            arguments = {key: self._futures_in(value) for key, value in row.items()}
            title = "" if node.task.options.run_name else element_name(node.name, row.get(first), index)
            before = [*waits, *self._beside(node, index)]
            call = self._send(node, arguments, before, map_id, index, title, needs=bounded.needs)
            bounded.watch(call)
            map_id = map_id or call.number
            calls.append(call)
        return calls

    def _beside(self, node: Placed, index: int) -> list[TaskFuture[Any]]:
        """What must end before one child: the child of the same place, where there is one."""
        found: list[Call] = []
        for upstream in node.beside:
            runs = self.runs[upstream]
            calls = runs if isinstance(runs, list) else [runs]
            found += calls[index : index + 1] if isinstance(runs, list) and index < len(calls) else calls
        return [TaskFuture(call) for call in found]

    def _send_unmappable(self, node: Placed, problem: NotMappable) -> Call:
        """One run in place of the children: the machine skips or fails it, and if it may run it says the problem."""

        def say_it() -> None:
            raise TypeError(str(problem))

        waits = [TaskFuture[Any](call) for call in self._calls(node.upstreams)]
        return self._send(node, {}, waits, code=UserCode(say_it, node.task))

    def _send(
        self,
        node: Placed,
        arguments: dict[str, Any],
        waits: Iterable[TaskFuture[Any]],
        map_id: int = -1,
        index: int = -1,
        title: str = "",
        code: UserCode | None = None,
        needs: tuple[tuple[str, int], ...] = (),
    ) -> Call:
        task = node.task
        args, kwargs = ((), arguments) if code is not None else as_call(task.signature, arguments)
        call = enlist(task, self._frame, args, kwargs, place_digest(node, index))
        if call.state is not None:
            return call
        call.spec, call.context = node.spec, self._context
        call.code = code or call.code
        if index >= 0:
            call.map_index, call.name = index, title or call.name
        task.send(call, self._frame, waits or None, needs, map_id=call.number if map_id == 0 else max(map_id, 0))
        return call

    def _futures_in(self, value: Any) -> Any:
        return replace_tasks(value, self._future_of)

    def _future_of(self, node: Placed) -> Any:
        runs = self.runs[node]
        return [TaskFuture(call) for call in runs] if isinstance(runs, list) else TaskFuture(runs)

    def _ordered_after(self, node: Placed) -> list[TaskFuture[Any]]:
        """What must end first and gives this node no value."""
        return [TaskFuture[Any](call) for call in self._calls(node.before)]


def _end(call: Call | None) -> State:
    return call.state if call is not None and call.state is not None else cancelled(0.0, "never began", "NotRun")
