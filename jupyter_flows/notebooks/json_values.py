"""Which values may travel in a notebook: those that JSON can hold, unchanged by the journey."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import PurePath

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]

_ADVICE = {
    "set": "use a sorted list",
    "frozenset": "use a sorted list",
    "bytes": "use text, or write it to a file and pass its path",
    "bytearray": "use text, or write it to a file and pass its path",
    "complex": "use a list of two numbers",
    "DataFrame": "use .to_dict('records'), or write it to a file and pass its path",
    "Series": "use .tolist() or .to_dict()",
    "ndarray": "use .tolist()",
    "Decimal": "use str(...) or float(...)",
    "NotebookResult": "pass one of its .values, or a path of its files",
    "Timestamp": "use .isoformat()",
}


def to_json(value: object, *, convert: bool = False) -> JsonValue:
    """Return ``value`` as plain JSON types; tuples become lists.

    Parameters
    ----------
    value
        Anything.
    convert
        Whether dates and times become ISO text and paths become text. Without it they are refused.

    Raises
    ------
    TypeError
        The value, or something inside it, has no faithful JSON form. The message says where and what to do.
    """
    return _to_json(value, "", convert)


def _to_json(value: object, where: str, convert: bool) -> JsonValue:
    if value is None or type(value) in (bool, int):
        return value  # pyright: ignore[reportReturnType]
    found = next((function for types, function in _BY_TYPE if isinstance(value, types)), _refused)
    return found(value, where, convert)


def _text(value: str, where: str, _convert: bool) -> JsonValue:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise TypeError(f"{_place(where)}text with lone surrogates cannot be written as UTF-8") from None
    return str(value)


def _number(value: float, where: str, _convert: bool) -> JsonValue:
    if not math.isfinite(value):
        raise TypeError(f"{_place(where)}{value} has no JSON form; use None")
    # numpy's float64 is a float too: `float` makes it a plain one.
    return float(value)


def _list(value: list[object] | tuple[object, ...], where: str, convert: bool) -> JsonValue:
    return [_to_json(item, f"{where}[{index}]", convert) for index, item in enumerate(value)]


def _mapping(value: Mapping[object, object], where: str, convert: bool) -> JsonValue:
    found: dict[str, JsonValue] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"{_place(where)}the key {key!r} is no text; JSON keys are text")
        _text(key, where, convert)
        found[str(key)] = _to_json(item, f"{where}[{key!r}]", convert)
    return found


def _iso(value: date | time, where: str, convert: bool) -> JsonValue:
    # pandas' Timestamp is a datetime that may be "NaT": only the standard types are sure.
    if not convert or type(value) not in (date, datetime, time):
        return _refused(value, where, convert)
    return value.isoformat()


def _path(value: PurePath, where: str, convert: bool) -> JsonValue:
    return _text(str(value), where, convert) if convert else _refused(value, where, convert)


def _refused(value: object, where: str, _convert: bool) -> JsonValue:
    name = type(value).__name__
    advice = _ADVICE.get(name)
    if advice is None:
        advice = "use str(...)" if isinstance(value, date | time | PurePath) else "use numbers, text, lists or dicts"
        advice = "use .item()" if hasattr(value, "item") and hasattr(value, "dtype") else advice
    raise TypeError(f"{_place(where)}a {name} has no JSON form; {advice}")


def _place(where: str) -> str:
    return f"at {where}: " if where else ""


_BY_TYPE: tuple[tuple[type | tuple[type, ...], Callable[..., JsonValue]], ...] = (
    (str, _text),
    (int, lambda value, _where, _convert: int(value)),
    (float, _number),
    ((list, tuple), _list),
    (Mapping, _mapping),
    ((date, time), _iso),
    (PurePath, _path),
)
