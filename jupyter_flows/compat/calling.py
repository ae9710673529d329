"""`flow` and `task` whose direct calls give an outcome, the value with its state, or what is asked for instead."""

from __future__ import annotations

import functools
import inspect
import logging
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.authoring.declared.building import open_graph
from jupyter_flows.authoring.flow import Flow
from jupyter_flows.authoring.options import changed_options
from jupyter_flows.authoring.task import Task
from jupyter_flows.compat.call_result import CallResult, take_call_result, usual_call_result
from jupyter_flows.compat.outcome import LazyOutcome, Outcome, without_outcomes
from jupyter_flows.drivers.context import current_frame, in_forked_child
from jupyter_flows.model.states import State

if TYPE_CHECKING:
    from jupyter_flows.compat.deployments import Deployment

_logger = logging.getLogger("jupyter_flows.compat")
_MEANINGLESS = {  # what only other systems need, or do
    "@task": ("cache_result_in_memory", "result_storage", "viz_return_value"),
    "@flow": ("cache_result_in_memory", "result_storage", "result_serializer", "persist_result"),
}


class CompatTask(Task[..., Any]):
    """A task whose direct call gives what `CallResult` says; in everything else it is a task."""

    call_result: CallResult | None

    def __init__(self, fn: Any = None, given: dict[str, Any] | None = None, **options: Any) -> None:
        options, self.call_result = take_call_result("@task", {**(given or {}), **options})
        super().__init__(fn, options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task now, raise what it raised, and return its outcome, or what ``call_result`` asks for."""
        __tracebackhide__ = True
        args, kwargs = _plain_arguments(args, kwargs)
        if open_graph() is not None or in_forked_child() or "return_state" in kwargs:
            return super().__call__(*args, **kwargs)
        wanted = self.call_result or usual_call_result()
        if wanted is CallResult.FUTURE:
            return super().submit(*args, **kwargs)
        if wanted is CallResult.OUTCOME and _overlaps():
            return LazyOutcome(super().__call__(*args, **kwargs)._call)
        return _call(super().__call__, args, kwargs, wanted)

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """See `Task.submit`."""
        args, kwargs = _plain_arguments(args, kwargs)
        return super().submit(*args, **kwargs)

    def map(self, *args: Any, **kwargs: Any) -> Any:
        """See `Task.map`."""
        args, kwargs = _plain_arguments(args, kwargs)
        return super().map(*args, **kwargs)

    def with_options(self, **options: Any) -> CompatTask:
        """See `Task.with_options`."""
        changes, wanted = take_call_result("@task", options)
        given = {**changed_options(self.given, changes), "call_result": wanted or self.call_result}
        return CompatTask(self._as_given(), given)


class CompatFlow(Flow[..., Any]):
    """A flow whose call gives what `CallResult` says; in everything else it is a flow.

    ``Flow("name")`` is a flow that is declared as a graph, see `ClassicFlow`.
    """

    call_result: CallResult | None

    def __new__(cls, fn: Any = None, given: dict[str, Any] | None = None, **options: Any) -> Any:
        if not isinstance(fn, str):
            return super().__new__(cls, fn, given, **options)
        from jupyter_flows.compat.classic import ClassicFlow  # deferred: only graphs need it

        return ClassicFlow(fn, **options)

    def __init__(self, fn: Any, given: dict[str, Any] | None = None) -> None:
        options, self.call_result = take_call_result("@flow", given or {})
        super().__init__(fn, options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the flow now, raise what it raised, and return its outcome, or what ``call_result`` asks for."""
        __tracebackhide__ = True
        args, kwargs = _plain_arguments(args, kwargs)
        # Of a test, nobody takes what it gives: a failure must be raised.
        if kwargs.get("return_state") is not None or self.options.collect or in_forked_child():
            return super().__call__(*args, **kwargs)
        return _call(super().__call__, args, kwargs, self.call_result or usual_call_result())

    def to_deployment(self, name: str | None = None, **options: Any) -> Deployment:
        """Return a deployment of this flow, named as it is when no name is given; see `Deployment`."""
        from jupyter_flows.compat.deployments import Deployment  # deferred: a plain run needs no schedules

        return Deployment(self.name if name is None else name, self, **options)

    def deploy(self, name: str | None = None, **options: Any) -> Deployment:
        """Store a deployment of this flow; see `Deployment`."""
        made = self.to_deployment(name, **options)
        made.apply()
        return made

    def serve(self, name: str | None = None, *, workers: int = 0, **options: Any) -> None:
        """Store a deployment of this flow, then be the runner that runs it; see `jupyter_flows.serve`."""
        from jupyter_flows.authoring.serving import serve  # deferred: a plain run needs no runner

        serve(self.to_deployment(name, **options), workers=workers)

    def with_options(self, **options: Any) -> CompatFlow:
        """See `Flow.with_options`."""
        changes, wanted = take_call_result("@flow", options)
        given = {**changed_options(self.given, changes), "call_result": wanted or self.call_result}
        return cast("CompatFlow", CompatFlow(self.fn, given))


def _overlaps() -> bool:
    """Whether a direct call here is only begun: in the body of a flow with ``concurrency="auto"``."""
    frame = current_frame()
    return frame is not None and frame.run.lazy_calls and not frame.call.number


def _call(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], wanted: CallResult) -> Any:
    __tracebackhide__ = True
    if wanted is CallResult.VALUE:
        return call(*args, **kwargs)
    given = call(*args, return_state=True, **kwargs)
    if wanted is not CallResult.OUTCOME:  # a flow's run has ended when its call returns: its future is its state
        return given
    return _awaited(given) if inspect.isawaitable(given) else _outcome(given)


def task(fn: Any = None, /, **options: Any) -> Any:
    """Turn a function into a task; see `jupyter_flows.task` for its options, and `CallResult` for what a call gives."""
    if fn is None:
        return functools.partial(task, **options)
    given = _given("@task", options)
    if given.get("cache_key_fn") is not None and given.get("cache_expiration") is None:
        name = given.get("name") or getattr(fn, "__name__", "task")
        _logger.info("task %s: what its cache_key_fn finds never expires; cache_expiration= sets a time", name)
    return CompatTask(_returning_values(fn), given)


def flow(fn: Any = None, /, **options: Any) -> Any:
    """Turn a function into a flow; see `jupyter_flows.flow` for its options, and `CallResult` for what a call gives."""
    if isinstance(fn, str):
        return CompatFlow(fn, **options)
    if fn is None:
        return functools.partial(flow, **options)
    return CompatFlow(_returning_values(fn), _given("@flow", options))


def _given(what: str, options: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was given as ``...``, as guides write what they do not spell out, and what means nothing here."""
    left_out = sorted(name for name, value in options.items() if value is ...)
    if left_out:
        warnings.warn(f"{what}: {', '.join(left_out)}=... is taken as not given", UserWarning, stacklevel=3)
    given = {name: value for name, value in options.items() if value is not ...}
    empty = sorted(name for name in _MEANINGLESS[what] if given.pop(name, None) is not None)
    if empty:
        hint = "; a task keeps its value by persist_result=True" if what == "@flow" else ""
        warnings.warn(f"{what}: {', '.join(empty)} means nothing here: left out{hint}", UserWarning, stacklevel=3)
    return given


def _plain_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(map(without_outcomes, args)), {name: without_outcomes(value) for name, value in kwargs.items()}


def _returning_values(fn: Any) -> Any:
    """Let a function that returns an outcome return its value: it ends with the state of the function's own run."""
    as_it_is = isinstance(fn, staticmethod | classmethod) or not callable(fn)
    if as_it_is or inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        return fn
    if inspect.iscoroutinefunction(fn):
        return _awaiting_values(fn)

    function = cast("Callable[..., Any]", fn)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return without_outcomes(function(*args, **kwargs))

    return call


def _awaiting_values(fn: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fn)
    async def call(*args: Any, **kwargs: Any) -> Any:
        return without_outcomes(await fn(*args, **kwargs))

    return call


def _outcome(state: State) -> Outcome:
    __tracebackhide__ = True
    state.result()  # raises what the run raised
    return Outcome(state)


async def _awaited(state: Any) -> Outcome:
    __tracebackhide__ = True
    return _outcome(await state)


__all__ = ["CompatFlow", "CompatTask", "flow", "task"]
