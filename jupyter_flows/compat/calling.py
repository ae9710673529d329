"""`flow` and `task` whose direct calls give an outcome: the value, and its state."""

from __future__ import annotations

import functools
import inspect
import logging
import warnings
from collections.abc import Callable
from typing import Any, cast

from jupyter_flows.authoring.declared.building import open_graph
from jupyter_flows.authoring.flow import Flow
from jupyter_flows.authoring.task import Task
from jupyter_flows.compat.outcome import Outcome, without_outcomes
from jupyter_flows.drivers.context import current_frame, in_forked_child
from jupyter_flows.model.states import State

_logger = logging.getLogger("jupyter_flows.compat")


class CompatTask(Task[..., Any]):
    """A task whose direct call gives an `Outcome`; in everything else it is a task."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task now, raise what it raised, and return its outcome."""
        __tracebackhide__ = True
        args, kwargs = _plain_arguments(args, kwargs)
        frame = current_frame()
        lazy = frame is not None and frame.run.lazy_calls and not frame.call.number
        if open_graph() is not None or in_forked_child() or lazy or "return_state" in kwargs:
            return super().__call__(*args, **kwargs)
        given = super().__call__(*args, return_state=True, **kwargs)
        return _awaited(given) if inspect.isawaitable(given) else _outcome(given)

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
        changed = super().with_options(**options)
        return CompatTask(changed.fn, changed.given)


class CompatFlow(Flow[..., Any]):
    """A flow whose call gives an `Outcome`; in everything else it is a flow."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the flow now, raise what it raised, and return its outcome."""
        __tracebackhide__ = True
        args, kwargs = _plain_arguments(args, kwargs)
        if kwargs.get("return_state") is not None or self.options.collect:  # of a test, nobody takes the outcome
            return super().__call__(*args, **kwargs)
        given = super().__call__(*args, return_state=True, **kwargs)
        return _awaited(given) if inspect.isawaitable(given) else _outcome(given)

    def with_options(self, **options: Any) -> CompatFlow:
        """See `Flow.with_options`."""
        changed = super().with_options(**options)
        return cast("CompatFlow", CompatFlow(changed.fn, changed.given))


def task(fn: Any = None, /, **options: Any) -> Any:
    """Turn a function into a task; see `jupyter_flows.task` for its options, and `Outcome` for what a call gives."""
    if fn is None:
        return functools.partial(task, **options)
    given = _given("@task", options)
    if given.get("cache_key_fn") is not None and given.get("cache_expiration") is None:
        name = given.get("name") or getattr(fn, "__name__", "task")
        _logger.info("task %s: what its cache_key_fn finds never expires; cache_expiration= sets a time", name)
    return CompatTask(_returning_values(fn), given)


def flow(fn: Any = None, /, **options: Any) -> Any:
    """Turn a function into a flow; see `jupyter_flows.flow` for its options, and `Outcome` for what a call gives."""
    if isinstance(fn, str):
        return Flow(fn, **options)
    if fn is None:
        return functools.partial(flow, **options)
    return CompatFlow(_returning_values(fn), _given("@flow", options))


def _given(what: str, options: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was given as ``...``, as guides write what they do not spell out."""
    left_out = sorted(name for name, value in options.items() if value is ...)
    if left_out:
        warnings.warn(f"{what}: {', '.join(left_out)}=... is taken as not given", UserWarning, stacklevel=3)
    return {name: value for name, value in options.items() if value is not ...}


def _plain_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(map(without_outcomes, args)), {name: without_outcomes(value) for name, value in kwargs.items()}


def _returning_values(fn: Any) -> Any:
    """Let a function that returns an outcome return its value: it ends with the state of the function's own run."""
    if isinstance(fn, staticmethod | classmethod) or inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        return fn
    if inspect.iscoroutinefunction(fn):
        return _awaiting_values(fn)

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        return without_outcomes(fn(*args, **kwargs))

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
