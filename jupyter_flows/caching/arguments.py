"""The arguments of a call by name, as a cache key sees them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

_NONE: Any = object()


class _Names:
    """What a call of one function can name, if it is a plain one: no ``*``, no ``/``, no signature of another's."""

    __slots__ = ("code", "defaults", "keyword_defaults", "known", "plain", "positional")

    def __init__(self, function: FunctionType) -> None:
        self.code = function.__code__
        self.defaults, self.keyword_defaults = function.__defaults__, function.__kwdefaults__
        parameters = inspect.signature(function).parameters
        named = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
        borrowed = vars(function).keys() & {"__wrapped__", "__signature__"}
        self.plain = not borrowed and all(one.kind in named for one in parameters.values())
        self.positional = [name for name, one in parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD]
        self.known = {name: _NONE if one.default is one.empty else one.default for name, one in parameters.items()}

    def fit(self, function: FunctionType) -> bool:
        """Whether the function is still as it was."""
        return (
            self.code is function.__code__
            and self.defaults is function.__defaults__
            and self.keyword_defaults is function.__kwdefaults__
        )


_NAMES: WeakKeyDictionary[FunctionType, _Names] = WeakKeyDictionary()


def bind_arguments(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return every argument by its name, defaults filled in.

    What ``**kwargs`` collects stands under its own names, so that each can be left out of a key; what ``*args``
    collects is one tuple under its name. A call that does not fit, or a function without a signature, gives the
    positional ones under ``*`` and the others under their names.
    """
    if type(function) is FunctionType:
        found = _bind_plainly(function, args, kwargs)
        if found is not None:
            return found
    return _bind(function, args, kwargs)


def _bind_plainly(function: FunctionType, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Bind a call of a plain function that fits, without a signature object: that costs tens of microseconds."""
    names = _NAMES.get(function)
    if names is None or not names.fit(function):
        names = _NAMES[function] = _Names(function)
    known, positional = names.known, names.positional
    if not names.plain or len(args) > len(positional):
        return None
    given = dict(zip(positional, args, strict=False))
    if kwargs:
        if not given.keys().isdisjoint(kwargs) or not kwargs.keys() <= known.keys():
            return None
        given.update(kwargs)
    bound = {**known, **given}
    lacking = len(given) < len(bound) and any(value is _NONE for value in bound.values())
    return None if lacking else bound


def _bind(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    try:
        signature = inspect.signature(function)
        bound = signature.bind(*args, **kwargs)
    except (TypeError, ValueError):
        return {"*": tuple(args), **kwargs}
    bound.apply_defaults()
    arguments = dict(bound.arguments)
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            collected = arguments.pop(name)
            # `def f(a, /, **rest)` may be called with a second `a`: both must count
            arguments |= {
                other if other not in arguments else f"**{other}": value for other, value in collected.items()
            }
    return arguments
