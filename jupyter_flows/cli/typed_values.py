"""Text that was typed as `-p name=value`, read by the type of the parameter it is for."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_type_hints

from jupyter_flows.authoring.secret import Secret
from jupyter_flows.authoring.secret_parameters import refuse_secret_looking
from jupyter_flows.errors import ParameterError
from jupyter_flows.model.secret_reference import PREFIX, SecretReference

_NOTHING = inspect.Parameter.empty
_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def as_named(subject: str, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Turn pairs into a dict.

    Raises
    ------
    ParameterError
        A name was given twice.
    """
    named = dict(pairs)
    if len(named) < len(pairs):
        names = [name for name, _ in pairs]
        raise ParameterError(subject, {name: "is given twice" for name in named if names.count(name) > 1})
    return named


def refuse_in_shell(subject: str, texts: Mapping[str, str]) -> None:
    """Refuse texts that look like secrets: a shell keeps what was typed, and a run its parameters.

    Raises
    ------
    ParameterError
    """
    given = {name: text for name, text in texts.items() if not text.startswith(PREFIX)}
    refuse_secret_looking(subject, given, "add --allow-secret-looking")


def with_references(texts: Mapping[str, str]) -> dict[str, str | SecretReference]:
    """Read the texts that name a secret; the others are as they were typed."""
    return {
        name: SecretReference(text[len(PREFIX) :]) if text.startswith(PREFIX) and text != PREFIX else text
        for name, text in texts.items()
    }


def typed_values(subject: str, fn: Callable[..., Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Read texts as a function's parameters want them; the flow itself then checks them.

    A hinted parameter is read as pydantic would read the text, else as JSON; one with a default only, as the
    default's type; any other as JSON, and as plain text where it is none.

    Raises
    ------
    ParameterError
        Naming every text that does not fit the type of its parameter's default.
    """
    parameters = inspect.signature(fn).parameters
    hints = _hints(fn)

    def read(name: str, text: str) -> Any:
        if hints.get(name, Any) is not Any:
            return _hinted(hints[name], text)
        return _like(parameters[name].default if name in parameters else _NOTHING, text)

    return _read_all(subject, texts, read)


def typed_like(subject: str, defaults: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Read texts as the defaults of the parameters they are for; where there is none, as JSON or plain text.

    Raises
    ------
    ParameterError
        Naming every text that does not fit the type of its parameter's default.
    """
    return _read_all(subject, texts, lambda name, text: _like(defaults.get(name, _NOTHING), text))


def _read_all(subject: str, texts: Mapping[str, str], read: Callable[[str, str], Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, text in texts.items():
        if text == PREFIX:
            problems[name] = f"names no secret; write {PREFIX}NAME"
            continue
        try:
            values[name] = Secret(text[len(PREFIX) :]) if text.startswith(PREFIX) else read(name, text)
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        raise ParameterError(subject, problems)
    return values


def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(fn, include_extras=True)
    except Exception:  # noqa: BLE001 - a hint may name what is imported only for type checkers
        return {}


def _hinted(hint: Any, text: str) -> Any:
    if hint is str:
        return text
    from pydantic import ConfigDict, TypeAdapter, ValidationError  # deferred: heavy
    from pydantic.errors import PydanticUserError

    try:
        try:
            adapter = TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
        except PydanticUserError:  # models bring their own configuration
            adapter = TypeAdapter(hint)
    except PydanticUserError:
        return text
    for value in (text, _json(text)):
        try:
            return adapter.validate_python(value)
        except ValidationError:
            continue
    return text  # the flow says what is wrong with it


def _like(default: Any, text: str) -> Any:
    if isinstance(default, bool):
        return _switch(text)
    if isinstance(default, str):
        return text
    for kind, wanted in ((int, "a whole number"), (float, "a number")):
        if type(default) is kind:
            try:
                return kind(text)
            except ValueError:
                raise ValueError(f"should be {wanted} like its default {default!r} (given {text!r})") from None
    value = _json(text)
    if isinstance(default, list | tuple | dict | set) and not isinstance(value, list | dict):
        wanted = f"should be JSON, a {type(default).__name__} like its default"
        raise ValueError(f"{wanted} (given {text!r})")  # noqa: TRY004 - it is the text that is wrong
    return type(default)(value) if isinstance(default, tuple | set) else value


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError(f"should be true or false (given {text!r})")
    return word in _YES


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
