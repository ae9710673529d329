"""Texts that know the event: ``{event.payload[path]}``.

A reader of its own, because an event's texts are hostile and `str.format` would let a template look into objects: a
template names one of a closed list of fields, and keys of JSON values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from jupyter_flows.errors import BadOption
from jupyter_flows.model.stored_event import StoredEvent

FIELDS = (
    "name", "resource", "run_id", "at", "kind", "state", "message", "flow", "deployment", "tags", "payload",
    "parameters",
)  # fmt: skip
_PIECE = re.compile(r"\{\{|\}\}|\{event([^{}]*)\}")
_PATH = re.compile(r"\.([a-z_]+)((?:\[[^\[\]{}]{1,100}\])*)")
_KEY = re.compile(r"\[([^\]]*)\]")
_HINT = f"write {{event.FIELD}} or {{event.payload[KEY]}}; fields: {', '.join(FIELDS)}"


def check_templates(what: str, option: str, value: Any) -> None:
    """Refuse a template that cannot be filled, whatever the event.

    Raises
    ------
    BadOption
    """

    def check(text: str) -> str:
        for found in _PIECE.finditer(text):
            if found[1] is not None:
                path = _PATH.fullmatch(found[1])
                if path is None or path[1] not in FIELDS:
                    raise BadOption(what, option, found[0], _HINT)
        return text

    _mapped(value, check)


def filled(value: Any, event: StoredEvent, *, escape: bool = False) -> Any:
    """Return JSON values with the event's in the place of templates.

    A text that is one template takes the value as it is, also a number or a list; in a longer one it becomes text.

    Parameters
    ----------
    escape
        Double the braces of what is filled in, for who reads the text as a template of the time thereafter.

    Raises
    ------
    LookupError
        The event has nothing of the name.
    """

    def fill(text: str) -> Any:
        whole = _PIECE.fullmatch(text)
        if whole is not None and whole[1] is not None:
            return _escaped(_looked_up(whole[0], whole[1], event), escape)
        return _PIECE.sub(lambda found: found[0] if found[1] is None else _told(found, event, escape), text)

    return _mapped(value, fill)


def _told(found: re.Match[str], event: StoredEvent, escape: bool) -> str:
    value = _looked_up(found[0], found[1], event)
    text = value if isinstance(value, str) else repr(value) if isinstance(value, int | float) else _plain(value)
    return str(_escaped(text, escape))


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, cast("list[Any]", value)))
    return "" if value is None else str(value)


def _looked_up(template: str, path: str, event: StoredEvent) -> Any:
    parts = _PATH.fullmatch(path)
    if parts is None or parts[1] not in FIELDS:
        raise LookupError(f"{template} names nothing of an event; {_HINT}")
    value: Any = getattr(event, parts[1])
    value = list(value) if isinstance(value, tuple) else value
    for key in _KEY.findall(parts[2]):
        if isinstance(value, Mapping) and key in value:
            value = cast("Mapping[str, Any]", value)[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(cast("list[Any]", value)):
            value = cast("list[Any]", value)[int(key)]
        else:
            raise LookupError(f"the event {event.name} has no {template[1:-1]}")
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else value


def _escaped(value: Any, escape: bool) -> Any:
    return _mapped(value, lambda text: text.replace("{", "{{").replace("}", "}}")) if escape else value


def _mapped(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, change) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in cast("list[Any]", value)]
    return value


__all__ = ["check_templates", "filled"]
