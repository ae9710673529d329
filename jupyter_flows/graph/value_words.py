"""A value in a few words, at a cost that does not depend on its size: its type, and its shape or length."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import Any, cast

from jupyter_flows.graph.plain_text import plain

# Libraries whose values know their shape without reckoning; a class of the user's own may do anything when asked.
_SHAPED = frozenset({"numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "xarray", "geopandas"})
_SIZED = (list, tuple, dict, set, frozenset)
_LOOKED_AT = 16  # items whose types are compared
_LONGEST = 24  # letters of a text, digits of a number
_TIMES = "\N{MULTIPLICATION SIGN}"


def value_words(value: object) -> str:
    """Say what a value is.

    Parameters
    ----------
    value
        Any; only values of built-in types and of known libraries are asked for anything.

    >>> [value_words(v) for v in (None, 3, "Rome", [1, 2, 3], {"a": 1}, object())]
    ['None', '3', "'Rome'", 'list of 3 int', 'dict of 1', 'object']
    """
    kind = type(value)
    if value is None or kind in {bool, int, float}:
        said = repr(value) if kind is not int or abs(cast("int", value)) < 10**_LONGEST else ""
        return said or "int"
    if kind is str or kind is bytes:
        return _text(cast("str | bytes", value))
    if kind in _SIZED:
        return _collection(kind.__name__, cast("Sized", value))
    name = plain(kind.__name__, 60)
    return _shaped(name, value) if kind.__module__.partition(".")[0] in _SHAPED else name


def _text(value: str | bytes) -> str:
    if isinstance(value, str) and len(value) <= _LONGEST:
        return repr(plain(value))
    unit = "letters" if isinstance(value, str) else "bytes"
    return f"{type(value).__name__} of {len(value):,} {unit}"


def _collection(name: str, value: Sized) -> str:
    said = f"{name} of {len(value):,}"
    if isinstance(value, list | tuple) and value:
        items = cast("list[Any] | tuple[Any, ...]", value)
        kinds = {type(item).__name__ for item in items[:_LOOKED_AT]}
        if len(kinds) == 1:
            return f"{said} {plain(kinds.pop(), 40)}"
    return said


def _shaped(name: str, value: Any) -> str:
    try:
        shape = value.shape
        if not isinstance(shape, tuple):
            return name
        lengths = cast("Iterable[object]", shape)
        said = f" {_TIMES} ".join(f"{length:,}" if isinstance(length, int) else "?" for length in lengths)
        kind = getattr(value, "dtype", None)
        return " ".join(part for part in (name, said, "" if kind is None else plain(str(kind), 20)) if part)
    except Exception:  # noqa: BLE001 - a subclass in such a library may do anything
        return name


def together(said: Iterable[str]) -> str:
    """Say what several values are, the most frequent words first.

    >>> together(["ndarray 3"]), together(["1", "2", "2"])
    ('ndarray 3', '3 values, such as 2')
    """
    counts: dict[str, int] = {}
    for words in said:
        counts[words] = counts.get(words, 0) + 1
    most = sorted(counts.items(), key=lambda item: -item[1])
    if len(most) == 1 and most[0][1] == 1:
        return most[0][0]
    if len(most) > 3 or (most and all(words[:1] in "-0123456789'" for words, _ in most) and len(most) > 1):
        return f"{sum(counts.values()):,} values, such as {most[0][0]}"
    return ", ".join(f"{count:,} {_TIMES} {words}" for words, count in most)
