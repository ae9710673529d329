"""What a direct call of a task gives in an auto-parallel flow: a stand-in for the value, there at once.

It is handed on as a future is, so that a task which is given it waits for its run and the caller does not. Everything
else that asks something of it (an operator, an attribute, iteration, `bool`, `str`, `isinstance`, ...) waits for the
run and is answered by the value itself, or raises what the task raised.

Where Python decides by the exact type (see `authoring.stand_in`), `plain` gives the value itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from jupyter_flows.authoring.stand_in import StandIn, stands_for
from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.drivers.inputs import FutureLike, find_calls, resolve
from jupyter_flows.drivers.threads import wait_for_call


class LazyValue(StandIn, FutureLike):
    """Stands for the value of a task run that may not have ended."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        object.__setattr__(self, "_call", call)


def _result(lazy: LazyValue) -> Any:
    __tracebackhide__ = True
    return TaskFuture[Any](lazy._call).result()


stands_for(LazyValue, _result, lambda lazy: lazy._call.name)


def plain(value: Any) -> Any:
    """Return a value with every stand-in and future in it (in collections and dataclasses too) replaced by its value.

    Waits for the runs. ``json.dumps(rows, default=plain)`` writes stand-ins as their values.

    Raises
    ------
    BaseException
        What the first run that failed raised.
    """
    found: list[tuple[Call, bool]] = []
    find_calls(value, found)
    for call, _ in found:
        wait_for_call(call, None)
    for call, allowed in found:
        TaskFuture[Any](call).result(raise_on_failure=not allowed)
    return resolve(value)


def returning_futures(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a flow's function so that a stand-in it returns leaves as a future: the flow's end asks for its state."""

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        value = fn(*args, **kwargs)
        return TaskFuture[Any](value._call) if issubclass(type(value), LazyValue) else value

    return call


__all__ = ["LazyValue", "plain", "returning_futures"]
