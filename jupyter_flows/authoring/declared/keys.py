"""A call's arguments by name, and back."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import Any


def keyed(signature: inspect.Signature, bound: Mapping[str, Any]) -> dict[str, Any]:
    """Bound arguments by name, those in ``**kwargs`` by their own names."""
    arguments = dict(bound)
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments.update(arguments.pop(parameter.name, {}))
    return arguments


def as_call(signature: inspect.Signature, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what to call the function with."""
    parameters = signature.parameters.values()
    if all(parameter.kind not in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL} for parameter in parameters):
        return (), arguments
    args: list[Any] = []
    left = dict(arguments)
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            args.extend(left.pop(parameter.name, ()))
        elif parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD} and parameter.name in left:
            args.append(left.pop(parameter.name))
        else:
            break
    return tuple(args), left


def takes(signature: inspect.Signature, key: str) -> bool:
    """Whether a function can be given an argument of that name."""
    parameter = signature.parameters.get(key)
    if parameter is not None and parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}:
        return True
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.parameters.values())


def missing(signature: inspect.Signature, arguments: Collection[str]) -> list[str]:
    """The arguments that a function must get and is not given."""
    return [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
        and parameter.name not in arguments
    ]
