"""Flows that are declared as a graph, under the classic words: projects first, and results that are read both ways."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from jupyter_flows.authoring.declared.graph import DeclaredFlow
from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.declared.states import GraphState
from jupyter_flows.authoring.deploying import Deployment
from jupyter_flows.authoring.stand_in import StandIn, stands_for
from jupyter_flows.model.states import State

_OF_A_FLOW = ("storage", "run_config", "result")
_OF_A_PROJECT = ("labels", "idempotency_key", "add_default_labels", "no_url", "version_group_id")


class ClassicFlow(DeclaredFlow):
    """A declared flow; where its runs' values are stored and by what they are run is left out, with a warning."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **_with_meaning("Flow", _OF_A_FLOW, options))

    def run(self, parameters: Mapping[str, Any] | None = None, **values: Any) -> ClassicState:
        """See `DeclaredFlow.run`."""
        return _classic(super().run(parameters, **values))

    def resume(
        self, run: str | None = None, *, again: Iterable[str] = (), only: Iterable[int] | None = None, **values: Any
    ) -> ClassicState:
        """See `DeclaredFlow.resume`."""
        return _classic(super().resume(run, again=again, only=only, **values))

    def deploy(  # pyright: ignore[reportIncompatibleMethodOverride] - the project comes first in the guides
        self, project_name: str = "", *, name: str | None = None, **options: Any
    ) -> Deployment:
        """Keep this in a project, for a runner to run; see `DeclaredFlow.deploy`."""
        return super().deploy(name, project_name=project_name, **_with_meaning("deploy", _OF_A_PROJECT, options))

    def register(self, project_name: str = "", **options: Any) -> Deployment:
        """Do what `deploy` does, whose later name this is."""
        return self.deploy(project_name, **options)


class ClassicState(GraphState):
    """How a run of a graph ended: ``state.result[task].result`` is the value of ``state[task].result()``."""

    __slots__ = ()

    @property
    def result(self) -> Results:  # pyright: ignore[reportIncompatibleMethodOverride] - it is called as well
        """The states of its tasks; called, what `State.result` gives."""
        return Results(self)


class Results(Mapping[Placed, Any]):
    """The states of the tasks of a run, by task; called, what the run itself gives, or raises."""

    __slots__ = ("_state",)

    def __init__(self, state: ClassicState) -> None:
        self._state = state

    def __getitem__(self, task: Any) -> Any:
        return TaskState(self._state[task])

    def __iter__(self) -> Iterator[Placed]:
        return iter(self._state.tasks)

    def __len__(self) -> int:
        return len(self._state.tasks)

    def __call__(self, raise_on_failure: bool = True) -> Any:
        """See `State.result`."""
        return GraphState.result(self._state, raise_on_failure)

    def __repr__(self) -> str:
        return repr(dict(self._state.tasks))


class TaskState(StandIn):
    """The state of a task; its ``result`` is the value, or the exception, and may be called as well."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        object.__setattr__(self, "_state", state)

    @property
    def result(self) -> Any:
        """The value, or the exception of a run that failed."""
        return TaskResult(_state(self))


class TaskResult(StandIn):
    """The value of a task, or its exception; called, what `State.result` gives."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        object.__setattr__(self, "_state", state)

    def __call__(self, raise_on_failure: bool = True) -> Any:
        """See `State.result`."""
        return _state(self).result(raise_on_failure)


def _state(told: Any) -> State:
    return object.__getattribute__(told, "_state")


stands_for(TaskState, _state, lambda _: "of this task")
stands_for(TaskResult, lambda told: _state(told).result(raise_on_failure=False), lambda _: "of this task")


def _classic(state: GraphState) -> ClassicState:
    return ClassicState(*(getattr(state, field.name) for field in fields(state)))


def _with_meaning(what: str, known: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    """Leave out the options of other systems' storage and projects."""
    given = dict(options)
    left_out = [name for name in known if given.pop(name, None) is not None]
    if left_out:
        warnings.warn(f"{what}: {', '.join(left_out)} means nothing here: left out", UserWarning, stacklevel=3)
    return given


__all__ = ["ClassicFlow", "ClassicState", "Results", "TaskResult", "TaskState"]
