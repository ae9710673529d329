"""Reading a request's query and body by the operation's contract; all that is wrong with them is told at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from jupyter_flows.errors import RequestRefused
from jupyter_flows.server.shapes.shape import Shape

# What Jupyter's front ends and authentication add to any URL.
_OTHERS = frozenset({"token", "_xsrf", "no_track_activity"})
_MOST_TOLD = 20


def read_query(shape: type[Shape], arguments: Mapping[str, Sequence[bytes]]) -> Shape:
    """Read what stands after the question mark.

    Parameters
    ----------
    arguments
        Name to the values that were given for it.

    Raises
    ------
    RequestRefused
    """
    lists = {
        field.alias or name for name, field in shape.model_fields.items() if str(field.annotation).startswith("list")
    }
    given: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, values in arguments.items():
        if name in _OTHERS or name.isdigit():  # a number alone keeps caches away
            continue
        try:
            texts = [value.decode("utf-8") for value in values]
        except UnicodeDecodeError:
            problems[name] = "it is no UTF-8"
            continue
        if name not in lists and len(texts) > 1:
            problems[name] = "it is given twice"
        given[name] = texts if name in lists else texts[-1]
    if problems:
        raise RequestRefused(problems)
    return _read(shape, given)


def read_form(shape: type[Shape], body: bytes) -> Shape:
    """Read a JSON object.

    Raises
    ------
    RequestRefused
    """
    try:
        given = json.loads(body.decode("utf-8") or "{}", parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RequestRefused({"body": f"it is not JSON: {error}"}) from None
    if not isinstance(given, dict):
        raise RequestRefused({"body": "give a JSON object"})
    return _read(shape, given)


def _read(shape: type[Shape], given: Mapping[str, Any]) -> Shape:
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)[:_MOST_TOLD]
        raise RequestRefused({".".join(map(str, one["loc"])): one["msg"] for one in found}) from None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


__all__ = ["read_form", "read_query"]
