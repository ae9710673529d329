"""`@flow`: a function that orchestrates tasks."""

from __future__ import annotations

import copy
import functools
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar, cast, overload

from jupyter_flows.authoring.definition import Definition, answer, code_of, entry_of, kind_of, version_of
from jupyter_flows.authoring.deployable import Deployable
from jupyter_flows.authoring.lazy_value import returning_futures
from jupyter_flows.authoring.naming import run_name
from jupyter_flows.authoring.options import FLOW_OPTIONS, changed_options, check_options
from jupyter_flows.authoring.parameters import (
    as_call,
    check_parameters,
    lost_parameters,
    parameter_problems,
    parameters_json,
    restored_parameters,
)
from jupyter_flows.authoring.resuming import check_taken_up, earlier_child, log_plan, plan_for, task_versions
from jupyter_flows.authoring.runs import open_flow_run, reopen_flow_run
from jupyter_flows.authoring.secret_parameters import refuse_secret_looking, reveal, with_secrets
from jupyter_flows.authoring.submitting import upstreams_of
from jupyter_flows.authoring.unrecorded_call import call_unrecorded
from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import current_frame, in_forked_child
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.inputs import resolve
from jupyter_flows.drivers.interrupts import Terminable
from jupyter_flows.drivers.threads import run_in_caller, wait_for_call
from jupyter_flows.engine.attempt import Post
from jupyter_flows.errors import BadOption, ParameterError, RunNotFound
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.model.states import State, failed
from jupyter_flows.services.recovery import Code, ResumePlan
from jupyter_flows.wiring import make_task_runner

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow
    from jupyter_flows.graph.run_graph import RunGraph
    from jupyter_flows.services.subjects import Subject

P = ParamSpec("P")
R = TypeVar("R")
Q = ParamSpec("Q")


class _Checked(NamedTuple):
    """The arguments of one call: as the function takes them, by name, as they may be shown, and as they are stored."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    values: dict[str, Any]
    shown: dict[str, Any]
    text: str


class Flow(Definition, Deployable, Generic[P, R]):
    """A function whose runs are recorded, with every task run in them.

    Calling it runs it now and returns its plain value (a coroutine of it for an async flow).

    ``Flow("name")`` is another thing: a flow that is declared as a graph, see `DeclaredFlow`.
    """

    __test__ = False  # pytest must not take a flow named test_... for a test, unless it is asked to

    @overload
    def __new__(cls, fn: str, **options: Any) -> DeclaredFlow: ...
    @overload
    def __new__(cls, fn: Callable[P, R], given: dict[str, Any] | None = None) -> Flow[P, R]: ...

    def __new__(cls, fn: Any = None, given: dict[str, Any] | None = None, **options: Any) -> Any:
        if not isinstance(fn, str):
            return super().__new__(cls)
        from jupyter_flows.authoring.declared.graph import DeclaredFlow  # deferred: only graphs need it

        return DeclaredFlow(fn, **options)

    def __init__(self, fn: Callable[P, R], given: dict[str, Any] | None = None) -> None:
        if not callable(fn):
            raise BadOption("@flow", "function", fn, "decorate a function")
        self.fn = fn
        self.given = dict(given or {})
        self.options = check_options("@flow", FLOW_OPTIONS, self.given)
        functools.update_wrapper(self, fn)
        self.signature = inspect.signature(fn)
        reserved = {"return_state", "wait_for"} & set(self.signature.parameters)
        if reserved:
            raise BadOption(
                "@flow", "parameter", reserved.pop(), "this name has a meaning in every call; choose another"
            )
        self.prepare()

    def prepare(self) -> None:
        """Derive what the engine needs from the options."""
        options = self.options
        self.name: str = options.name or getattr(self.fn, "__name__", type(self.fn).__name__).replace("_", "-")
        self.__test__ = options.collect
        if options.collect and any(one.default is one.empty for one in self.signature.parameters.values()):
            raise BadOption("@flow", "collect", True, "pytest gives it no arguments: each parameter needs a default")
        kind, lazy = kind_of(self.fn), options.concurrency == "auto"
        if lazy and kind.startswith("async"):
            raise BadOption("@flow", "concurrency", "auto", "in an async flow, await asyncio.gather(...) of the calls")
        self.code = UserCode(
            returning_futures(self.fn) if lazy else self.fn,
            self,
            kind,
            options.log_prints,
            None,
            {k: v for k, v in options.hooks.items() if v},
            handlers=options.handlers,
        )
        self.spec = FlowSpec(
            self.name,
            "flow",
            self.version,
            options.tags,
            options.retry,
            options.timeout_seconds,
            frozenset(options.hooks) - {"running"},
            options.final_state == "return",
            self._entry(),
            handled=bool(options.handlers),
        )

    @functools.cached_property
    def version(self) -> str:
        """The option of that name, else a hash of the function's source."""
        if self.options.version:
            return self.options.version
        code = code_of(self.fn)
        return version_of(code) if code is not None else ""

    def _entry(self) -> str:
        code = code_of(self.fn)
        return "" if code is None else entry_of(self.fn.__module__, code.co_filename)

    def with_options(self, **options: Any) -> Flow[P, R]:
        """Return a new flow with some options changed; this one stays as it is."""
        return Flow(self.fn, changed_options(self.given, options))

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Flow[P, R]: ...
    @overload
    def __get__(self: Flow[Concatenate[Any, Q], R], instance: object, owner: type | None = None) -> Flow[Q, R]: ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind a method's flow to its instance, as a function would be bound."""
        if instance is None:
            return self
        bound = copy.copy(self)
        bound.fn = self.fn.__get__(instance)  # type: ignore[attr-defined]
        bound.signature = inspect.signature(bound.fn)
        bound.prepare()
        return bound

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(self, *args: Any, return_state: bool, wait_for: Iterable[Any] | None = None, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, *args: Any, wait_for: Iterable[Any] | None, **kwargs: Any) -> R: ...

    def __call__(
        self, *args: Any, return_state: bool = False, wait_for: Iterable[Any] | None = None, **kwargs: Any
    ) -> Any:
        """Run the flow now and return its value.

        Parameters
        ----------
        return_state
            Return the final `State` instead of the value; a failure is then not raised.
        wait_for
            Futures that must have ended first.

        Raises
        ------
        ParameterError
            Before anything runs or is written, with every parameter that does not fit.
        BaseException
            What the flow raised.
        """
        __tracebackhide__ = True
        if in_forked_child():
            return call_unrecorded(self, args, kwargs, wait_for, return_state)
        if self.code.is_async:
            from jupyter_flows.authoring.asynchronous import call_flow  # deferred: asyncio is heavy

            return call_flow(self, args, kwargs, wait_for, return_state)
        for upstream in upstreams_of(args, kwargs, wait_for):
            wait_for_call(upstream, None)
        try:
            begun = self.begin(args, kwargs)
        except ParameterError as error:
            if not return_state:
                raise
            return failed(0.0, error, str(error))
        return answer(begun if isinstance(begun, State) else self._run_here(*begun), return_state)

    def _run_here(self, run: FlowRunHandle, opening: Post) -> State:
        with Terminable() if current_frame() is None else nullcontext():
            state = run_in_caller(cast("Call", run.call), opening)
        self.close_own_runner(run)
        return state

    def resume(
        self,
        run: str | None = None,
        *,
        again: Iterable[str] = (),
        only: Iterable[int] | None = None,
        return_state: bool = False,
        **parameters: Any,
    ) -> Any:
        """Take a run up again that failed, crashed, was cancelled or suspended: its next attempt, in this process.

        Every task run that completed and whose value was kept is re-used; what must run again is logged with its
        reason before it starts. ``None`` and JSON values of up to 4 KB are always kept, others by
        ``persist_result=True``.

        Parameters
        ----------
        run
            Its id, a unique start of the id, or its name; the flow's newest run when not given.
        again
            Names of tasks that are to run again all the same.
        only
            Numbers of the task runs that are to be tried again, of those that failed by themselves; the others are
            left failed. All are tried when not given.
        return_state
            Return the final `State` instead of the value; a failure is then not raised.
        parameters
            Those of which only a text was kept. The run's parameters stay as they were.

        Raises
        ------
        CannotResume
            With the reason: it completed or is still running, another process took it up, a parameter differs.
        RunNotFound, AmbiguousRun
        """
        __tracebackhide__ = True
        if self.code.is_async:
            from jupyter_flows.authoring.asynchronous import resume_flow  # deferred: asyncio is heavy

            return resume_flow(self, lambda: self.plan_resume(run, again, only), parameters, return_state)
        handle, opening = self.reopen(log_plan(self.plan_resume(run, again, only)), parameters)
        return answer(check_taken_up(handle, self._run_here(handle, opening)), return_state)

    def plan_resume(
        self, run: str | None = None, again: Iterable[str] = (), only: Iterable[int] | None = None
    ) -> ResumePlan:
        """Return what `resume` would re-use and run again; nothing is started.

        Raises
        ------
        CannotResume, RunNotFound, AmbiguousRun
        """
        return plan_for(self.name, run, Code(self.version, task_versions(self.fn)), again, only=only)

    def reopen(self, plan: ResumePlan, given: dict[str, Any] | None = None) -> tuple[FlowRunHandle, Post]:
        """Make the handle of a run's next attempt, with the event that begins it."""
        values = restored_parameters(self.name, plan.run, given or {})
        revealed = reveal(self.signature, *as_call(self.signature, with_secrets(values)))
        values = check_parameters(self.name, self.fn, self.signature, revealed.args, revealed.kwargs)
        call_args, call_kwargs = as_call(self.signature, values)
        run, opening = reopen_flow_run(
            self.spec,
            self.code,
            make_task_runner(self.options.task_runner),
            plan,
            args=call_args,
            kwargs=call_kwargs,
            parameters={**values, **{name: str(secret) for name, secret in revealed.references.items()}},
        )
        run.lazy_calls = self.options.concurrency == "auto"
        return run, opening

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> State | tuple[FlowRunHandle, Post]:
        """Begin a run, or the next attempt of the one that this call made in an earlier attempt of the flow around it.

        Returns
        -------
        State or tuple
            How that run ended, where it completed and its value was kept; else the handle, with the event that begins.
        """
        checked = self._checked(args, kwargs)
        child = earlier_child(self.name, checked.text)
        if child is None:
            return self._open(checked)
        if child.state.is_completed() and child.value is not None:
            return replace(child.state, data=json.loads(child.value))
        return self.reopen(plan_for(self.name, child.id, Code(self.version), of_child=True), checked.values)

    def open(
        self,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        directory: str | None = None,
    ) -> tuple[FlowRunHandle, Post]:
        """Check the parameters and make the handle of a new run, with the event that begins it."""
        return self._open(self._checked(args, kwargs or {}), directory)

    def _checked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Checked:
        named = {name: resolve(value) for name, value in kwargs.items()}
        positional = tuple(map(resolve, args))
        if not self.options.allow_secret_looking and (positional or named):
            given = {**dict(zip(self.signature.parameters, positional, strict=False)), **named}
            refuse_secret_looking(self.name, given, "decorate the flow with allow_secret_looking=True")
        positional, named, references = reveal(self.signature, positional, named)
        validate = self.options.validate_parameters
        values = check_parameters(self.name, self.fn, self.signature, positional, named, validate)
        call_args, call_kwargs = as_call(self.signature, values)
        values |= references  # from here on they are only names
        text = parameters_json(values) if values else "{}"
        shown = {**values, **{name: str(secret) for name, secret in references.items()}}
        return _Checked(call_args, call_kwargs, values, shown, text)

    def _open(self, checked: _Checked, directory: str | None = None) -> tuple[FlowRunHandle, Post]:
        template, values = self.options.run_name, checked.values
        run, opening = open_flow_run(
            self.spec,
            self.code,
            make_task_runner(self.options.task_runner),
            args=checked.args,
            kwargs=checked.kwargs,
            parameters=checked.shown,
            parameters_json=checked.text,
            lost_parameters=lost_parameters(values, getattr(self.fn, "__annotations__", ())) if values else (),
            name=None if template is None else lambda default: run_name(template, values, default),
            directory=directory,
        )
        run.lazy_calls = self.options.concurrency == "auto"
        return run, opening

    def visualize(self, run: str | None = None) -> RunGraph:
        """Return the graph of a run of this flow, with its states: the newest one, or the one named.

        The graph of a flow is decided while it runs, so that it must have run once.

        Raises
        ------
        RunNotFound
            The flow has not run yet, or there is no such run.
        """
        from jupyter_flows.authoring.history import find_run, newest_graph  # deferred: reads load SQLAlchemy

        return newest_graph(self.name) if run is None else find_run(run).graph()

    def graph(self) -> RunGraph:
        """Return a graph to watch: the newest run, and the next one as soon as it begins.

        In a notebook with the extension loaded it is live: show it, then call the flow. A flow that has not run yet
        gives an empty graph that waits for its first run.
        """
        from jupyter_flows.authoring.history import coming_graph, newest_graph  # deferred: reads load SQLAlchemy
        from jupyter_flows.graph.picture import Header, picture
        from jupyter_flows.graph.run_graph import RunGraph

        try:
            return newest_graph(self.name)
        except RunNotFound:
            nothing = picture([], header=Header(self.name), notice="has not run yet")
            return coming_graph(self.name, RunGraph(nothing))

    def deployment_subject(self, notebook: str | Path | None = None, kernel: str = "") -> Subject:
        """See `Deployable.deployment_subject`."""
        from jupyter_flows.authoring.own_place import check_in_module, entry_or_notebook  # deferred: notebooks
        from jupyter_flows.services.subjects import flow_subject

        check_in_module(self, self.spec.entry)

        def problems(given: Mapping[str, Any]) -> dict[str, str]:
            return parameter_problems(self.fn, self.signature, given, self.options.validate_parameters)

        return flow_subject(self.name, entry_or_notebook(self.spec.entry, notebook), Path.cwd(), problems)

    def deployment_defaults(self) -> dict[str, Any]:
        """See `Deployable.deployment_defaults`."""
        about = self.description.strip().partition("\n")[0]
        return {
            "description": about,
            "tags": self.options.tags,
            "allow_secret_looking": self.options.allow_secret_looking,
        }

    def close_own_runner(self, run: FlowRunHandle) -> None:
        """Let the threads of a task runner that this flow named end, with its run."""
        if self.options.task_runner is not None:
            run.close_task_runner()

    def __repr__(self) -> str:
        return f"<Flow {self.name}>"


@overload
def flow(fn: Callable[P, R], /) -> Flow[P, R]: ...
@overload
def flow(fn: None = None, /, **options: Any) -> Callable[[Callable[P, R]], Flow[P, R]]: ...


def flow(fn: Any = None, /, **options: Any) -> Any:
    """Turn a function into a flow: ``@flow`` or ``@flow(retries=1, ...)``.

    Parameters
    ----------
    name, description, version, tags, flow_run_name
        What people read; the default name is the function's with ``-`` for ``_``, the default version a content hash.
    retries, retry_delay_seconds
        Further attempts of the whole function; task runs that completed are not run again.
    timeout_seconds
        Time limit of one attempt.
    validate_parameters
        Check and coerce parameters by their type hints (the default).
    allow_secret_looking
        Take parameters that look like secrets, which are refused otherwise: give them as ``Secret("NAME")``.
    task_runner
        ``"threads"``, ``"processes"``, ``"sequential"`` or a task runner object.
    concurrency
        ``"auto"``: a direct call of a task in the flow's body gives a stand-in for its value at once, so that
        independent calls overlap; ``"manual"`` (the default): only what is submitted or mapped does.
    log_prints
        Keep what the flow and its tasks print with the run.
    final_state
        ``"strict"``: a failed task run that nobody awaited fails the flow. ``"return"``: only what is returned counts.
    on_running, on_completion, on_failure, on_cancellation, on_crashed
        Hooks ``(flow, flow_run, state)``; one or a list. An ``on_failure`` of two arguments, ``(flow, state)``, is
        called at each failure, also before a retry.
    state_handlers
        Functions ``(flow, old_state, new_state)`` that see each state before it is entered, and may return another.
    collect
        Let pytest take a flow named ``test_...`` for a test; it leaves flows alone otherwise.

    Raises
    ------
    UnknownOption, BadOption
        At decoration.
    """
    if fn is None:
        check_options("@flow", FLOW_OPTIONS, options)
        return lambda function: Flow(function, options)
    if not callable(fn):
        raise BadOption("@flow", "function", fn, "decorate a function, or give options by name")
    return Flow(fn, options)


__all__ = ["Flow", "flow"]
