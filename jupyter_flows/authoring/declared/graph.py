"""A flow declared as a graph: its block, its options and its runs."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from contextvars import Token
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from jupyter_flows.authoring.declared.building import OPEN, Building
from jupyter_flows.authoring.declared.describing import describe
from jupyter_flows.authoring.declared.drawing import draw
from jupyter_flows.authoring.declared.editing import Editing
from jupyter_flows.authoring.declared.running import (
    open_graph_run,
    plan_of,
    problems_of_values,
    reopen_graph_run,
    resume_graph,
    run_graph,
)
from jupyter_flows.authoring.declared.states import GraphState
from jupyter_flows.authoring.definition import calling_entry
from jupyter_flows.authoring.deployable import Deployable
from jupyter_flows.authoring.options import GRAPH_OPTIONS, check_options
from jupyter_flows.drivers.context import Frame, current_frame
from jupyter_flows.errors import BadGraph, BadOption
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.services.recovery import ResumePlan

if TYPE_CHECKING:
    from jupyter_flows.drivers.flow_runs import FlowRunHandle
    from jupyter_flows.engine.attempt import Post
    from jupyter_flows.graph.run_graph import RunGraph
    from jupyter_flows.services.subjects import Subject


class DeclaredFlow(Editing, Deployable):
    """Tasks and the edges between them; nothing runs until `run`.

    In its ``with`` block, calling a task only places it. Tasks can also be added and ordered one by one.

    Parameters
    ----------
    name
        What people read.
    tasks
        Tasks to add as they are.
    edges
        Edges between them: each an `Edge`, or a tuple ``(upstream, downstream)`` that may go on with ``key``,
        ``mapped`` and ``flattened``.
    reference_tasks
        Whose ends decide how a run ends; the terminal tasks when not given.
    schedule, environment
        What `deploy` takes where it is given none: when it runs, and the image that it is meant for. `run` runs now.
    options
        ``description, version, tags, task_runner, log_prints, state_handlers, allow_secret_looking``, the hooks
        ``on_...``, and ``terminal_state_handler(flow, state, reference_task_states)``, which has the last word on how
        a run ends.
    """

    def __init__(
        self,
        name: str,
        *,
        tasks: Iterable[Any] = (),
        edges: Iterable[Any] = (),
        reference_tasks: Iterable[Any] | None = None,
        schedule: Any = None,
        environment: Any = None,
        **options: Any,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise BadOption("Flow", "name", name, "give a text")
        super().__init__(name)
        self._given = {**options, "schedule": schedule, "environment": environment}
        self.schedule, self.environment = schedule, environment
        self.options = check_options("Flow", GRAPH_OPTIONS, options)
        self.spec = FlowSpec(
            name,
            "flow",
            self.options.version,
            self.options.tags,
            hooked=frozenset(self.options.hooks) - {"running"},
            entry=calling_entry(),
            handled=bool(self.options.handlers),
        )
        self.frame: Frame | None = None
        self._tokens: list[tuple[Token[Building | None], Frame | None]] = []
        for task in tasks:
            self.add_task(task)
        for edge in edges:
            self.add_edge(*edge)
        if reference_tasks is not None:
            self.set_reference_tasks(reference_tasks)

    def __enter__(self) -> DeclaredFlow:
        before, self.frame = self.frame, current_frame()
        self._tokens.append((OPEN.set(self), before))
        self._made = []
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        token, self.frame = self._tokens.pop()
        OPEN.reset(token)
        if kind is not None:
            return
        self.validate()
        made, self._made = self._made, []
        unplaced = ", ".join(task.name for task in made if not task.was_placed)
        if unplaced:
            message = f"flow {self.name!r}: made in its block and never placed: {unplaced}; call each of them there"
            warnings.warn(f"{message}, or make it outside the block", stacklevel=2)

    def copy(self, name: str | None = None) -> DeclaredFlow:
        """Return a flow with the same options, tasks and edges; what stands for a task here does so there as well."""
        copied = type(self)(name or self.name, **self._given)
        copied.update(self)
        if self._references is not None:
            copied.set_reference_tasks(self._references)
        return copied

    def serialize(self, build: bool = False) -> dict[str, Any]:
        """Describe the graph in plain data that JSON can hold: parameters, tasks, edges and reference tasks.

        Parameters
        ----------
        build
            Check the whole graph first; see `validate`.

        Returns
        -------
        dict
            ``name, description, version, tags, parameters, tasks, edges, reference_tasks``; tasks are told apart by
            their slugs. A constant that JSON cannot hold is described by its shortened repr.
        """
        if build:
            self.validate()
        return describe(self)

    def run(self, parameters: Mapping[str, Any] | None = None, **values: Any) -> GraphState:
        """Run the graph now and return how it ended; a failure is not raised.

        Parameters
        ----------
        parameters, values
            The values of parameters, by name, in either way.

        Raises
        ------
        ParameterError
            Before anything runs, naming every one that is missing, unknown, or looks like a secret: that is given as
            ``Secret("NAME")``. Of the classic options of a run,
            ``run_on_schedule=False`` is what happens anyhow; for each of the others it says what to use instead.
        SecretNotFound
            A parameter is a secret that has no value here.
        BadGraph
            Inside the ``with`` block, or where the graph cannot run.
        """
        self._check_runnable()
        return run_graph(self, {**(parameters or {}), **values})

    def open(self, parameters: Mapping[str, Any], timeout_seconds: float = 0.0) -> tuple[FlowRunHandle, Post]:
        """Make the handle of a new run, with the event that begins it; see `run` for what is refused."""
        self._check_runnable()
        return open_graph_run(self, parameters, timeout_seconds)[:2]

    def allowing_secret_looking(self) -> DeclaredFlow:
        """Return a copy that takes parameters which look like secrets."""
        copied = self.copy()
        copied.options, copied.spec = replace(self.options, allow_secret_looking=True), self.spec
        return copied

    def deployment_subject(self, notebook: str | Path | None = None, kernel: str = "") -> Subject:
        """See `Deployable.deployment_subject`."""
        from jupyter_flows.authoring.own_place import check_in_module, entry_or_notebook  # deferred: notebooks
        from jupyter_flows.services.subjects import flow_subject

        self._check_runnable()
        check_in_module(self, self.spec.entry)
        entry = entry_or_notebook(self.spec.entry, notebook)
        return flow_subject(self.name, entry, Path.cwd(), lambda given: problems_of_values(self, given))

    def deployment_defaults(self) -> dict[str, Any]:
        """See `Deployable.deployment_defaults`."""
        options = self.options
        about = (options.description or "").partition("\n")[0]
        told = {"description": about, "tags": options.tags, "allow_secret_looking": options.allow_secret_looking}
        return told if self.schedule is None else {**told, "schedule": self.schedule}

    def close_own_runner(self, run: FlowRunHandle) -> None:
        """Let the threads of a task runner that this flow named end, with its run."""
        if self.options.task_runner is not None:
            run.close_task_runner()

    def _check_runnable(self) -> None:
        if self._tokens:
            raise BadGraph(self.name, [], "run it after its `with` block, not inside")
        self.validate()

    def resume(
        self, run: str | None = None, *, again: Iterable[str] = (), only: Iterable[int] | None = None, **values: Any
    ) -> GraphState:
        """Take a run up again that failed, crashed, was cancelled or suspended: its next attempt, in this process.

        See `jupyter_flows.authoring.flow.Flow.resume`; without ``run`` it is the flow's newest one. Here the edges tell
        which values are needed: a task run whose value was not kept is spared where everything that took it is re-used.

        Raises
        ------
        CannotResume, RunNotFound, AmbiguousRun
        """
        return resume_graph(self, self.plan_resume(run, again, only), values)

    def plan_resume(
        self, run: str | None = None, again: Iterable[str] = (), only: Iterable[int] | None = None
    ) -> ResumePlan:
        """Return what `resume` would re-use and run again; nothing is started.

        Raises
        ------
        CannotResume, RunNotFound, AmbiguousRun
        """
        self._check_runnable()
        return plan_of(self, run, again, only=only)

    def reopen(self, plan: ResumePlan, given: Mapping[str, Any] | None = None) -> tuple[FlowRunHandle, Post]:
        """Make the handle of a run's next attempt, with the event that begins it."""
        return reopen_graph_run(self, plan, given or {})[:2]

    def visualize(self, state: GraphState | None = None) -> RunGraph:
        """Return the graph as a picture, coloured by the states of a run where one is given."""
        return draw(self, state)

    def graph(self) -> RunGraph:
        """Return a graph to watch: as declared, and with the states of the next run as soon as that begins.

        In a notebook with the extension loaded it is live: show it, then run the flow.
        """
        from jupyter_flows.authoring.history import coming_graph  # deferred: reads load SQLAlchemy

        return coming_graph(self.name, draw(self, None))

    def __repr__(self) -> str:
        return f"<Flow {self.name}: {len(self.tasks)} tasks>"


__all__ = ["DeclaredFlow"]
