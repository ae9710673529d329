"""Which encoder a type has. A type that is not known here has none: it is refused, never guessed."""

from __future__ import annotations

import dataclasses
import functools
import operator
import re
import sys
import types
import typing
from collections.abc import Callable
from datetime import datetime, time, tzinfo
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from jupyter_flows.caching.arrays import encode_array, encode_dtype, encode_scalar
from jupyter_flows.caching.arrow import encode_arrow
from jupyter_flows.caching.containers import COLLECTIONS
from jupyter_flows.caching.definitions import (
    encode_builtin,
    encode_module,
    encode_wrapped,
    is_wrapped,
    named,
)
from jupyter_flows.caching.frames import encode_pandas
from jupyter_flows.caching.records import (
    encode_attrs,
    encode_dataclass,
    encode_enum,
    encode_method,
    encode_model,
    encode_named_tuple,
    encode_partial,
    encode_plain,
    encode_reduced,
    encode_slice,
)
from jupyter_flows.caching.scalars import encode_path, encode_pattern, encode_time, encode_view, encode_zone
from jupyter_flows.caching.tokens import Walk, text

Encoder = Callable[[Any, Any], bytes]

_BUILTIN_METHODS = (types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType)


def _encode_printed(_walk: Walk, value: Any) -> bytes:
    return text(b"printed", f"{type(value).__name__} {value!r}")


def _encode_builtin_method(_walk: Walk, value: Any) -> bytes:
    return text(b"name", f"{value.__objclass__.__module__}.{value.__qualname__}")


def _encode_callable(walk: Walk, value: Any) -> bytes:
    return named(value) or encode_plain(walk, value)


_EXACT: dict[Any, Encoder] = {
    **COLLECTIONS,
    datetime: encode_time,
    time: encode_time,
    memoryview: encode_view,
    re.Pattern: encode_pattern,
    slice: encode_slice,
    UUID: _encode_printed,
    functools.partial: encode_partial,
    types.MethodType: encode_method,
    types.ModuleType: encode_module,
    types.BuiltinFunctionType: encode_builtin,
    types.MethodWrapperType: encode_builtin,
    types.GenericAlias: _encode_printed,
    types.UnionType: _encode_printed,
    **dict.fromkeys(_BUILTIN_METHODS, _encode_builtin_method),
    **dict.fromkeys((operator.itemgetter, operator.attrgetter, operator.methodcaller), encode_reduced),
}

# What holds more than its fields tell, when a class with fields inherits from it.
_CONTAINERS = (list, tuple, dict, set, frozenset, str, bytes, bytearray, int, float)


def find_encoder(kind: type) -> Encoder:
    """Choose how values of a type are encoded."""
    return _EXACT.get(kind) or _of_library(kind) or _of_family(kind) or _of_records(kind) or encode_plain


def _of_library(kind: type) -> Encoder | None:
    library = kind.__module__.partition(".")[0]
    if library == "pandas":
        return encode_pandas
    if library == "pyarrow":
        return encode_arrow
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    for base, encode in ((numpy.ndarray, encode_array), (numpy.generic, encode_scalar), (numpy.dtype, encode_dtype)):
        if issubclass(kind, base):
            return encode
    return _encode_callable if library == "numpy" else None


def _of_family(kind: type) -> Encoder | None:
    if issubclass(kind, Enum):
        return encode_enum
    if issubclass(kind, PurePath):
        return encode_path
    if issubclass(kind, tzinfo):
        return encode_zone
    if is_wrapped(kind):
        return encode_wrapped
    return _encode_printed if kind.__module__ == typing.__name__ else None


def _of_records(kind: type) -> Encoder | None:
    if issubclass(kind, tuple) and hasattr(kind, "_fields") and not kind.__dictoffset__:
        return encode_named_tuple
    if issubclass(kind, _CONTAINERS):
        return None
    if dataclasses.is_dataclass(kind):
        return encode_dataclass
    if hasattr(kind, "__attrs_attrs__"):
        return encode_attrs
    if hasattr(kind, "__pydantic_fields__") and hasattr(kind, "__pydantic_private__"):
        return encode_model
    return None
