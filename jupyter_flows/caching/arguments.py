"""The arguments of a call by name, as a cache key sees them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any


def bind_arguments(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return every argument by its name, defaults filled in.

    What ``**kwargs`` collects stands under its own names, so that each can be left out of a key; what ``*args``
    collects is one tuple under its name. A call that does not fit, or a function without a signature, gives the
    positional ones under ``*`` and the others under their names.
    """
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
