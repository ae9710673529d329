"""Futures inside arguments: found in collections and dataclasses, replaced by values when the task starts.

A DataFrame, an array, or anything in `quote(...)` is never walked; a list of plain values costs one pass in C.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, NoReturn, Self

from jupyter_flows.drivers.calls import Call
from jupyter_flows.errors import UpstreamFailed
from jupyter_flows.model.states import State

_ATOMS = frozenset({int, float, str, bool, bytes, complex, type(None), range, type, type(len), type(lambda: None)})


class Wrapped:
    """A value with a word on how it is to be taken."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class quote(Wrapped):  # noqa: N801 - reads as a verb where it is used
    """Do not look inside this value for futures: it is handed on as it is."""

    __slots__ = ()


class unmapped(Wrapped):  # noqa: N801
    """Give this value to every child of a map as it is."""

    __slots__ = ()


class allow_failure(Wrapped):  # noqa: N801
    """Run even where this future fails; its exception takes the value's place."""

    __slots__ = ()


class flatten(Wrapped):  # noqa: N801
    """Remove one level of nesting before a map."""

    __slots__ = ()


class mapped(Wrapped):  # noqa: N801
    """In a declared flow: map the call over this argument, and give all others to every child as they are."""

    __slots__ = ()


class FutureLike:
    """What marks a future for the walk; `TaskFuture` derives from it.

    It is asked for before anything else: to ask a value that stands in for another one for its class is to wait for it.
    """

    __slots__ = ()
    _call: Call

    def __copy__(self) -> Self:
        return self  # a handle on the same run

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"the future of task {self._call.name} is of this process alone: give its value, by .result()")


class FuturesLike:
    """What marks a list of futures that can be waited for as one: its values are a plain list."""

    __slots__ = ()


def holds_nothing(value: Any) -> bool:
    """Whether a value can hold no future, told by its type alone."""
    kind = type(value)
    if kind in _ATOMS:
        return True
    if kind in {list, tuple, set, frozenset}:
        return set(map(type, value)) <= _ATOMS
    if kind is dict:
        return set(map(type, value.values())) <= _ATOMS
    return not (
        isinstance(value, FutureLike | Wrapped | State | list | tuple | set | dict)
        or hasattr(kind, "__dataclass_fields__")
    )


def find_calls(value: Any, found: list[tuple[Call, bool]], allowed: bool = False) -> bool:
    """Collect the runs whose futures are in a value, each with whether its failure is allowed.

    Returns
    -------
    bool
        Whether the value must be resolved before use (it holds a future, a state or a marker).

    Raises
    ------
    TypeError
        For `mapped`, which has no meaning in a plain call.
    """
    if holds_nothing(value):
        return False
    if isinstance(value, FutureLike):
        found.append((value._call, allowed))
        return True
    if isinstance(value, State | quote):
        return True
    if isinstance(value, Wrapped):
        if isinstance(value, mapped):
            raise TypeError("mapped(...) is for calls in the block of a declared flow; use .map(...) here")
        find_calls(value.value, found, allowed or isinstance(value, allow_failure))
        return True
    holds = False
    for item in _items(value):  # every one must be visited
        holds |= find_calls(item, found, allowed)
    return holds


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    return [getattr(value, field.name, None) for field in fields(value)]


def resolve(value: Any, allowed: bool = False) -> Any:
    """Replace every future by its value; collections without futures stay the very same objects.

    Raises
    ------
    UpstreamFailed
        For a state that did not complete.
    """
    if holds_nothing(value):
        return value
    if isinstance(value, FutureLike):
        return _value_of(value._call.state, allowed)
    if isinstance(value, State):
        return _value_of(value, allowed)
    if isinstance(value, Wrapped):
        if isinstance(value, quote):
            return value.value
        return resolve(value.value, allowed or isinstance(value, allow_failure))
    return rebuild(value, lambda item: resolve(item, allowed))


def _value_of(state: State | None, allowed: bool) -> Any:
    if state is None or (allowed and state.is_paused()):
        if allowed:  # a trigger that fires early did not wait for it
            return None
        raise UpstreamFailed("an upstream has not ended")
    if state.is_completed():
        return state.data
    if allowed:
        return state.result(raise_on_failure=False)
    raise UpstreamFailed(f"needs a run that ended as {state!r}")


def rebuild(value: Any, change: Callable[[Any], Any]) -> Any:
    """Change the items of a collection, or the fields of a dataclass; where none changes, it stays the same object."""
    if isinstance(value, dict):
        changed = {key: change(item) for key, item in value.items()}
        if all(changed[key] is item for key, item in value.items()):
            return value
        return changed if type(value) is dict else _like(value, changed)
    if isinstance(value, list | tuple | set | frozenset):
        before = list(value)
        after = [change(item) for item in before]
        if all(new is old for new, old in zip(after, before, strict=True)):
            return value
        if hasattr(value, "_fields"):
            return type(value)(*after)
        return after if isinstance(value, FuturesLike) else type(value)(after)
    before = {field.name: getattr(value, field.name, None) for field in fields(value) if field.init}
    after = {name: change(item) for name, item in before.items()}
    return replace(value, **after) if any(after[name] is not before[name] for name in before) else value


def _like(value: Any, items: dict[Any, Any]) -> Any:
    copy = value.copy()
    copy.update(items)
    return copy
