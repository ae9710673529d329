"""A flow's parameters: bound, checked and coerced before anything runs, every bad value at once."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Container, Mapping
from datetime import date
from pathlib import PurePath
from typing import Any, get_type_hints

from jupyter_flows.drivers.tracebacks import short_repr
from jupyter_flows.errors import CannotResume, ParameterError
from jupyter_flows.model.exact_json import exact_json
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.secret_reference import SecretReference, referred

_PLAIN = (bool, int, float, str, bytes, list, dict, tuple, set, type(None))
_COLLECTING = frozenset({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})
_MOST_CHARACTERS = 4096
_MOST_ITEMS = 500


def check_parameters(
    subject: str,
    fn: Callable[..., Any],
    signature: inspect.Signature,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    validate: bool = True,
) -> dict[str, Any]:
    """Match arguments to parameter names, fill in defaults, check values against type hints and coerce them.

    Unhinted values pass, and those whose hint is a builtin class that they already are need no pydantic, and so no
    import of it.

    Parameters
    ----------
    subject
        Whose parameters they are, for the error.
    validate
        Whether type hints count.

    Raises
    ------
    ParameterError
        Naming every missing, unknown and ill-fitting parameter.
    """
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        problems = _misfits(signature, args, kwargs) or {"call": str(error)}
        known = {name: value for name, value in kwargs.items() if name in signature.parameters}
        if validate:
            problems |= _coerced(fn, signature, {**dict(zip(signature.parameters, args, strict=False)), **known})[1]
        raise ParameterError(subject, problems) from None
    bound.apply_defaults()
    if not validate:
        return bound.arguments
    coerced, problems = _coerced(fn, signature, bound.arguments)
    if problems:
        raise ParameterError(subject, problems)
    return {**bound.arguments, **coerced}


def parameter_problems(
    fn: Callable[..., Any], signature: inspect.Signature, given: Mapping[str, Any], validate: bool = True
) -> dict[str, str]:
    """Say what is wrong with parameters as JSON values; those that name a secret are judged by their names alone.

    Parameters
    ----------
    given
        Parameter name to value.
    validate
        Whether type hints count.
    """
    problems = _misfits(signature, (), given)
    plain = {name: value for name, value in given.items() if name not in problems and referred(value) is None}
    known = {name: value for name, value in plain.items() if name in signature.parameters}
    return {**problems, **(_coerced(fn, signature, known)[1] if validate else {})}


def _misfits(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, str]:
    parameters = signature.parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    positional = [p.name for p in parameters.values() if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    filled = set(positional[: len(args)]) | set(kwargs)
    problems: dict[str, str] = {}
    if len(args) > len(positional) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        problems["arguments"] = f"{len(args)} given by position, {len(positional)} can be taken"
    needed = [p.name for p in parameters.values() if p.default is p.empty and p.kind not in _COLLECTING]
    problems.update({name: "is missing" for name in needed if name not in filled})
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        known = ", ".join(parameters) or "none"
        problems.update({name: f"is not a parameter (known: {known})" for name in kwargs if name not in parameters})
    problems.update({name: "is given twice" for name in kwargs if name in positional[: len(args)]})
    return problems


def _coerced(
    fn: Callable[..., Any], signature: inspect.Signature, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that type hints change, and what is wrong with those that do not fit."""
    hints = _hints(fn)
    doubtful = {
        name: value
        for name, value in values.items()
        if name in hints
        and signature.parameters[name].kind not in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
        and not (hints[name] in _PLAIN and type(value) is hints[name])
    }
    return _validate(hints, doubtful) if doubtful else ({}, {})


def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    if not getattr(fn, "__annotations__", None):
        return {}
    try:
        hints = get_type_hints(fn, include_extras=True)
    except Exception:  # noqa: BLE001 - a hint may name what is imported only for type checkers
        hints = {name: hint for name, hint in fn.__annotations__.items() if not isinstance(hint, str)}
    hints.pop("return", None)
    return {name: hint for name, hint in hints.items() if hint is not Any}


def _validate(hints: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    from pydantic import ConfigDict, TypeAdapter, ValidationError  # deferred: heavy
    from pydantic.errors import PydanticUserError

    checked: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, value in values.items():
        try:
            try:
                adapter = TypeAdapter(hints[name], config=ConfigDict(arbitrary_types_allowed=True))
            except PydanticUserError:  # models bring their own configuration
                adapter = TypeAdapter(hints[name])
            checked[name] = adapter.validate_python(value)
        except ValidationError as error:
            problems[name] = "; ".join(_explain(problem) for problem in error.errors(include_url=False))
        except PydanticUserError:
            checked[name] = value  # a hint that pydantic cannot read says nothing about the value
    return checked, problems


def _explain(problem: Mapping[str, Any]) -> str:
    where = ".".join(str(step) for step in problem["loc"])
    given = short_repr(problem.get("input"))
    return f"{where + ': ' if where else ''}{problem['msg']} (given {given})"


def as_call(signature: inspect.Signature, values: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Turn named values back into the arguments of a call."""
    bound = inspect.BoundArguments(signature, dict(values))  # type: ignore[arg-type]
    return bound.args, bound.kwargs


def parameters_json(values: Mapping[str, Any]) -> str:
    """Write parameters down: JSON where a value is small and has such a form, else its shortened repr for people."""
    return json.dumps({name: _shown(value)[0] for name, value in values.items()})


def lost_parameters(values: Mapping[str, Any], hinted: Container[str]) -> tuple[str, ...]:
    """Names of the parameters that cannot be had again from their JSON.

    Parameters
    ----------
    hinted
        Names of those whose type hint turns the JSON into what it was.
    """
    return tuple(
        name for name, value in values.items() if not _shown(value)[1] or (name not in hinted and not _is_kept(value))
    )


def _is_kept(value: Any) -> bool:
    return isinstance(value, SecretReference) or exact_json(value) is not None


def _shown(value: Any) -> tuple[Any, bool]:
    """What is written down of a value, and whether that is all of it."""
    if value is None or isinstance(value, bool | int | float):
        return value, True
    if isinstance(value, SecretReference):
        return value.as_json(), True
    if isinstance(value, date | PurePath):  # datetime is a date
        return str(value), True
    if isinstance(value, str):
        fits = len(value) <= _MOST_CHARACTERS
        return (value if fits else short_repr(value)), fits
    if hasattr(value, "model_dump"):  # a pydantic model
        try:
            value = value.model_dump(mode="json")
        except Exception:  # noqa: BLE001 - a user's own serializer
            return short_repr(value), False
    if isinstance(value, list | tuple | dict) and len(value) <= _MOST_ITEMS:  # type: ignore[arg-type]
        try:
            text = json.dumps(value)
        except (TypeError, ValueError, RecursionError):
            return short_repr(value), False
        if len(text) <= _MOST_CHARACTERS:
            return value, True
    return short_repr(value), False


def restored_parameters(flow: str, run: FlowRun, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a recorded run, for its next attempt.

    Parameters
    ----------
    given
        What the caller passes: needed for those that cannot be had again, and refused where it differs.

    Raises
    ------
    CannotResume
        A parameter differs, or is needed and was not given.
    """
    stored = json.loads(run.parameters)
    written = json.loads(parameters_json(given))
    different = [name for name in given if name not in stored or written[name] != stored[name]]
    if different:
        listed = ", ".join(f"{name} was {json.dumps(stored.get(name))}" for name in different)
        raise CannotResume(run.name, f"its parameters stay as they were ({listed}); run {flow} anew for other ones")
    missing = [name for name in run.lost_parameters if name not in given]
    if missing:
        names = ", ".join(missing)
        raise CannotResume(run.name, f"of {names} only a text was kept; give it again: resume(run, {missing[0]}=...)")
    return {**stored, **given}
