"""Branches of a graph: only the one whose condition holds is run, the others are skipped with all that follows them."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.authoring.declared.building import open_graph
from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.task import Task
from jupyter_flows.engine.triggers import not_all_skipped
from jupyter_flows.errors import BadGraph
from jupyter_flows.model.signals import Skipped

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow


def switch(condition: Any, cases: Mapping[Any, Any]) -> None:
    """Run the task whose key equals the condition's value; the others, and what follows only them, are skipped.

    Parameters
    ----------
    condition
        A task, or a value.
    cases
        Value to task.
    """
    graph = _graph("switch")
    for value, branch in cases.items():
        graph.add_edge(_comparison(graph, condition, value), branch)


def ifelse(condition: Any, true_task: Any, false_task: Any) -> None:
    """Run one task where the condition is true and the other where it is not; either may be None."""
    truth = _graph("ifelse").place(Task(_truth, {"name": "is true"}), (condition,), {})
    switch(truth, {value: task for value, task in ((True, true_task), (False, false_task)) if task is not None})


def merge(*tasks: Any) -> Placed:
    """Bring branches together: the value of the first, in this order, that has one.

    It is skipped only where every branch was.
    """
    options = {"name": "merge", "trigger": not_all_skipped, "skip_on_upstream_skip": False}
    return _graph("merge").place(Task(_first, options), tasks, {})


class case:  # noqa: N801 - reads as a word where it is used
    """``with case(condition, value):`` the tasks placed in the block are run where the condition's value equals it.

    Parameters
    ----------
    condition
        A task.
    value
        What to compare with; no task.
    """

    def __init__(self, condition: Any, value: Any) -> None:
        if isinstance(value, Placed | Task):
            raise BadGraph(_graph("case").name, [str(value)], "compare with a value, not with a task")
        self._condition, self._value = condition, value

    def __enter__(self) -> case:
        self._flow = _graph("case")
        self._before = len(self._flow.tasks)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        inside = [node for node in self._flow.tasks[self._before :] if not isinstance(node.task, Parameter)]
        if kind is None and inside:
            first = [node for node in inside if not any(upstream in inside for upstream in node.upstreams)]
            comparison = _comparison(self._flow, self._condition, self._value)
            for node in first:
                self._flow.add_edge(comparison, node)


def _graph(word: str) -> DeclaredFlow:
    graph = open_graph()
    if graph is None:
        raise BadGraph("?", [], f"{word} belongs in the `with` block of a flow")
    return cast("DeclaredFlow", graph)


def _comparison(graph: DeclaredFlow, condition: Any, value: Any) -> Placed:
    def compare(condition: Any) -> Any:
        if not bool(condition == value):
            raise Skipped(f"the condition is not {value!r}")
        return condition

    return graph.place(Task(compare, {"name": f"is {value!r}"}), (condition,), {})


def _truth(value: Any) -> bool:
    return bool(value)


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
