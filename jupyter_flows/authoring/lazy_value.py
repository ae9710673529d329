"""What a direct call of a task gives in an auto-parallel flow: a stand-in for the value, there at once.

It is handed on as a future is, so that a task which is given it waits for its run and the caller does not. Everything
else that asks something of it (an operator, an attribute, iteration, `bool`, `str`, `isinstance`, ...) waits for the
run and is answered by the value itself, or raises what the task raised.

What Python decides by the exact type cannot be answered so: ``x is None``, ``json.dumps(x)``, ``"".join([x])``. There,
`plain` gives the value itself. A stand-in is not callable and no iterator even where its value is, since libraries
take whatever is callable for a function.
"""

from __future__ import annotations

import copy
import functools
import math
import operator as op
import os
from collections.abc import Callable
from typing import Any

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.drivers.inputs import FutureLike, find_calls, resolve
from jupyter_flows.drivers.threads import wait_for_call


class LazyValue(FutureLike):
    """Stands for the value of a task run that may not have ended."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        object.__setattr__(self, "_call", call)

    @property
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The value's class: `isinstance` is asked about the value."""
        return _attribute(self, "__class__")

    def __getattr__(self, name: str) -> Any:
        return _attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_value(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_value(self), name)

    def __dir__(self) -> list[str]:
        return dir(_value(self))

    @property
    def __iter__(self) -> Any:
        """Missing where the value has none: who looks for it takes the value for a collection."""
        try:
            value = _value(self)
        except BaseException:  # noqa: BLE001 - raised by the call: Python would go on with __getitem__ after it
            return functools.partial(_value, self)
        return value.__iter__

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle the value, not the stand-in."""
        return _itself, (_value(self),)

    def __copy__(self) -> Any:
        return copy.copy(_value(self))

    def __array__(self, *args: Any, **options: Any) -> Any:
        import numpy as np  # deferred: only NumPy asks

        return np.array(_value(self), *args, **options)

    # NumPy leaves its operators to the value's: an array plus a DataFrame is a DataFrame.
    __array_priority__ = 1e6

    def __enter__(self) -> Any:
        return _value(self).__enter__()

    def __exit__(self, *error: Any) -> Any:
        return _value(self).__exit__(*error)


def _value(given: Any) -> Any:
    """The value that a stand-in stands for; anything else as it is."""
    if type(given) is not LazyValue:
        return given
    __tracebackhide__ = True
    return TaskFuture[Any](given._call).result()


def _attribute(lazy: LazyValue, name: str) -> Any:
    __tracebackhide__ = True
    try:
        value = _value(lazy)
    except AttributeError as error:
        # `hasattr`, `getattr` with a default and `isinstance` would take a task's own error for a missing attribute.
        raise RuntimeError(f"the task run {lazy._call.name!r} failed: {error}") from error
    return getattr(value, name)


def _itself(value: Any) -> Any:
    return value


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
        return TaskFuture[Any](value._call) if type(value) is LazyValue else value

    return call


def _asking(question: Callable[..., Any]) -> Callable[..., Any]:
    """A method that puts a question to the value; the other operands may be stand-ins as well."""

    def method(self: LazyValue, *others: Any) -> Any:
        __tracebackhide__ = True
        return question(_value(self), *map(_value, others))

    return method


def _reflected(question: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: LazyValue, other: Any) -> Any:
        __tracebackhide__ = True
        return question(other, _value(self))

    return method


_QUESTIONS = (
    *(op.lt, op.le, op.eq, op.ne, op.gt, op.ge, op.neg, op.pos, op.abs, op.invert, op.index),
    *(op.getitem, op.setitem, op.delitem, op.contains, op.length_hint, len, reversed),
    *(math.trunc, math.floor, math.ceil, round, divmod, bool, int, float, complex),
    *(str, bytes, repr, format, hash, os.fspath),
)
_OPERATORS = (
    *(op.add, op.sub, op.mul, op.matmul, op.truediv, op.floordiv, op.mod),
    *(op.lshift, op.rshift, op.and_, op.xor, op.or_),
)


def _teach(name: str, method: Callable[..., Any]) -> None:
    method.__name__ = f"__{name}__"
    method.__qualname__ = f"{LazyValue.__qualname__}.{method.__name__}"
    setattr(LazyValue, method.__name__, method)


def _teach_all() -> None:
    for question in _QUESTIONS:
        _teach(question.__name__, _asking(question))
    for question in (*_OPERATORS, pow):
        name = question.__name__.rstrip("_")
        _teach(name, _asking(question))
        _teach(f"r{name}", _reflected(question))
        # In place: the value itself is changed where it can be, and takes the stand-in's place under its name.
        _teach(f"i{name}", _asking(getattr(op, f"i{name}")))
    _teach("rdivmod", _reflected(divmod))


_teach_all()

__all__ = ["LazyValue", "plain", "returning_futures"]
