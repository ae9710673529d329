"""A stand-in for a value: whatever is asked of it is asked of the value.

What Python decides by the exact type cannot be answered so: ``x is None``, ``json.dumps(x)``, ``"".join([x])``. A
stand-in is not callable and no iterator even where its value is, since libraries take whatever is callable for a
function.
"""

from __future__ import annotations

import copy
import functools
import math
import operator as op
import os
from collections.abc import Callable
from typing import Any


class StandIn:
    """Stands for a value; a class of it says which one by `stands_for`."""

    __slots__ = ()

    @property
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The value's class: `isinstance` is asked about the value."""
        return _attribute(self, "__class__")

    def __getattr__(self, name: str) -> Any:
        return _attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(value_of(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(value_of(self), name)

    def __dir__(self) -> list[str]:
        return dir(value_of(self))

    @property
    def __iter__(self) -> Any:
        """Missing where the value has none: who looks for it takes the value for a collection."""
        try:
            value = value_of(self)
        except BaseException:  # noqa: BLE001 - raised by the call: Python would go on with __getitem__ after it
            return functools.partial(value_of, self)
        return value.__iter__

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle the value, not the stand-in."""
        return _itself, (value_of(self),)

    def __copy__(self) -> Any:
        return copy.copy(value_of(self))

    def __array__(self, *args: Any, **options: Any) -> Any:
        import numpy as np  # deferred: only NumPy asks

        return np.array(value_of(self), *args, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Show the value: notebooks choose how to show something by its exact type, as they do for figures."""
        from IPython.core.getipython import get_ipython  # deferred: only a notebook asks

        shell: Any = get_ipython()
        if shell is None:
            return {"text/plain": repr(value_of(self))}
        return shell.display_formatter.format(value_of(self), include, exclude)

    # NumPy leaves its operators to the value's: an array plus a DataFrame is a DataFrame.
    __array_priority__ = 1e6

    def __enter__(self) -> Any:
        return value_of(self).__enter__()

    def __exit__(self, *error: Any) -> Any:
        return value_of(self).__exit__(*error)


# Class of stand-ins -> what gives the value that one of them stands for, or raises; and whose value it is. By the exact
# class: asking a stand-in for its attributes would be asking the value.
_FINDERS: dict[type[Any], Callable[[Any], Any]] = {}
_NAMES: dict[type[Any], Callable[[Any], str]] = {}


def stands_for(kind: type[Any], find: Callable[[Any], Any], name: Callable[[Any], str]) -> None:
    """Say how the value is found that a class of stand-ins stands for, and the name of the run that gives it."""
    _FINDERS[kind], _NAMES[kind] = find, name


def value_of(given: Any) -> Any:
    """The value that a stand-in stands for; anything else as it is."""
    find = _FINDERS.get(type(given))
    if find is None:
        return given
    __tracebackhide__ = True
    return find(given)


def _attribute(stand_in: Any, name: str) -> Any:
    __tracebackhide__ = True
    try:
        value = value_of(stand_in)
    except AttributeError as error:
        # `hasattr`, `getattr` with a default and `isinstance` would take a task's own error for a missing attribute.
        raise RuntimeError(f"the task run {_NAMES[type(stand_in)](stand_in)!r} failed: {error}") from error
    return getattr(value, name)


def _itself(value: Any) -> Any:
    return value


def _asking(question: Callable[..., Any]) -> Callable[..., Any]:
    """A method that puts a question to the value; the other operands may be stand-ins as well."""

    def method(self: StandIn, *others: Any) -> Any:
        __tracebackhide__ = True
        return question(value_of(self), *map(value_of, others))

    return method


def _reflected(question: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: StandIn, other: Any) -> Any:
        __tracebackhide__ = True
        return question(other, value_of(self))

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
    method.__qualname__ = f"{StandIn.__qualname__}.{method.__name__}"
    setattr(StandIn, method.__name__, method)


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

__all__ = ["StandIn", "stands_for", "value_of"]
