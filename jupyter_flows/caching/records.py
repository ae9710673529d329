"""Tokens of values with named parts: dataclasses, named tuples, models, enums, partials and bound methods.

A record counts with the full name of its class; with the class's code too where it is met by a function's name for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from jupyter_flows.caching.tokens import Unhashable, Walk, node, text, type_name

_MISSING = b"missing:0:"  # a field that was deleted, or never set


def encode_parts(walk: Walk, value: Any, tag: bytes, parts: Iterable[tuple[str, Any]]) -> bytes:
    """Encode a value by the name of its class and its named parts."""
    named = (text(b"name", name) + walk.token(part) for name, part in parts)
    return node(tag, (walk.kind(type(value)), *named))


def encode_dataclass(walk: Walk, value: Any) -> bytes:
    """Encode a dataclass instance by all its fields, and by what was put on it besides."""
    names = [field.name for field in dataclasses.fields(value)]
    extra = sorted(set(getattr(value, "__dict__", ())) - set(names))
    return _attributes(walk, value, b"dataclass", (*names, *extra))


def encode_attrs(walk: Walk, value: Any) -> bytes:
    """Encode an instance of an attrs class by its attributes."""
    return _attributes(walk, value, b"attrs", [attribute.name for attribute in type(value).__attrs_attrs__])


def _attributes(walk: Walk, value: Any, tag: bytes, names: Iterable[str]) -> bytes:
    missing = object()
    found = ((name, getattr(value, name, missing)) for name in names)
    named = (text(b"name", name) + (_MISSING if part is missing else walk.token(part)) for name, part in found)
    return node(tag, (walk.kind(type(value)), *named))


def encode_model(walk: Walk, value: Any) -> bytes:
    """Encode a pydantic model by its fields, its extra fields and its private attributes."""
    parts = {"fields": dict(vars(value)), "extra": value.__pydantic_extra__, "private": value.__pydantic_private__}
    return encode_parts(walk, value, b"model", parts.items())


def encode_named_tuple(walk: Walk, value: Any) -> bytes:
    """Encode a named tuple."""
    names: tuple[str, ...] = type(value)._fields  # noqa: SLF001 - its public name
    return encode_parts(walk, value, b"namedtuple", zip(names, value, strict=True))


def encode_enum(walk: Walk, value: Any) -> bytes:
    """Encode a member of an enumeration by its name and value."""
    return encode_parts(walk, value, b"enum", [("name", value._name_), ("value", value._value_)])


def encode_partial(walk: Walk, value: Any) -> bytes:
    """Encode a partial call: the function and what is bound."""
    parts = [("func", value.func), ("args", value.args), ("keywords", value.keywords)]
    return encode_parts(walk, value, b"partial", parts)


def encode_method(walk: Walk, value: Any) -> bytes:
    """Encode a bound method: the function and what it is bound to."""
    return encode_parts(walk, value, b"method", [("func", value.__func__), ("self", value.__self__)])


def encode_slice(walk: Walk, value: slice) -> bytes:
    """Encode a slice."""
    return encode_parts(walk, value, b"slice", [("start", value.start), ("stop", value.stop), ("step", value.step)])


def encode_reduced(walk: Walk, value: Any) -> bytes:
    """Encode a callable of the `operator` module by its class and arguments."""
    return encode_parts(walk, value, b"reduced", [("made from", value.__reduce__()[1])])


def encode_plain(_walk: Walk, value: Any) -> bytes:
    """Refuse an object of a class that does not say what its content is."""
    raise Unhashable(
        type_name(type(value)),
        "it does not say what its content is (plain data, dataclasses, pydantic models, arrays and data frames do)",
    )
