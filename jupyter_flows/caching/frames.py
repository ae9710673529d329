"""Tokens of pandas data frames, series, indexes, extension arrays and scalars.

They count by content: dtypes, names, index, columns in their order, and elements. A column that is one buffer goes
straight into the hash; columns that share a buffer row by row are read together, block by block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jupyter_flows.caching.arrays import BLOCK, encode_dtype, encode_elements
from jupyter_flows.caching.containers import encode_items
from jupyter_flows.caching.tokens import Unhashable, Walk, atom, node, text, type_name

if TYPE_CHECKING:
    import pandas as pd

_TOGETHER = 65_536  # elements of an extension array that are converted at a time


def encode_frame(walk: Walk, value: pd.DataFrame) -> bytes:
    """Encode a data frame."""
    columns = [value.iloc[:, place].array for place in range(value.shape[1])]
    scattered = _scattered(columns)
    digests = _together([columns[place].to_numpy(copy=False) for place in scattered])
    tokens = dict(zip(scattered, digests, strict=True))
    walk.spent += value.size // 8
    held = (tokens[place] if place in tokens else _elements(walk, array) for place, array in enumerate(columns))
    about = (text(b"shape", str(value.shape)), walk.token(value.columns), walk.token(value.index))
    return node(b"DataFrame", (*about, walk.token(value.attrs), *held))


def _scattered(columns: Sequence[Any]) -> list[int]:
    """Return the places of large numeric columns whose elements do not lie side by side."""
    return [
        place
        for place, column in enumerate(columns)
        if type(column).__name__ == "NumpyExtensionArray"
        and column.dtype.numpy_dtype.kind in "?biufc"
        and column.dtype.numpy_dtype.itemsize <= 8
        and column.nbytes > BLOCK
        and not column.to_numpy(copy=False).flags.c_contiguous
    ]


def _together(arrays: Sequence[Any]) -> list[bytes]:
    """Encode the elements of strided columns of one length as `encode_elements` would, reading memory once."""
    import numpy as np

    if not arrays:
        return []
    digests: list[Any] = [sha256() for _ in arrays]
    rows = max(2048, BLOCK // sum(array.itemsize for array in arrays))
    for start in range(0, len(arrays[0]), rows):
        for digest, array in zip(digests, arrays, strict=True):
            digest.update(np.ascontiguousarray(array[start : start + rows]))
    forms = (encode_dtype(_NO_WALK, array.dtype) for array in arrays)
    return [_numpy(form + atom(b"bits", digest.digest())) for form, digest in zip(forms, digests, strict=True)]


_NO_WALK: Any = None  # a dtype holds no values


def _numpy(elements: bytes) -> bytes:
    return node(b"numpy", (elements,))


def encode_series(walk: Walk, value: pd.Series) -> bytes:
    """Encode a series."""
    parts = map(walk.token, (value.name, value.index, value.attrs))
    return node(b"Series", (*parts, text(b"length", str(len(value))), _elements(walk, value.array)))


def encode_index(walk: Walk, value: pd.Index) -> bytes:
    """Encode an index of any kind; of several levels level by level."""
    kind = text(b"kind", type(value).__name__)
    names = walk.token(list(value.names))
    if type(value).__name__ == "RangeIndex":
        bounds: Any = value
        return node(b"Index", (kind, names, walk.token(range(bounds.start, bounds.stop, bounds.step))))
    if type(value).__name__ == "MultiIndex":
        levels = (walk.token(value.get_level_values(level)) for level in range(value.nlevels))
        return node(b"Index", (kind, names, *levels))
    frequency = text(b"freq", str(getattr(value, "freqstr", None)))
    return node(b"Index", (kind, names, frequency, text(b"length", str(len(value))), _elements(walk, value.array)))


def encode_extension(walk: Walk, value: Any) -> bytes:
    """Encode an extension array, such as a `Categorical`."""
    return node(b"extension", (text(b"length", str(len(value))), _elements(walk, value)))


def _elements(walk: Walk, array: Any) -> bytes:
    """Encode the dtype and the elements of any array that a series can hold."""
    dtype, kind = array.dtype, type(array).__name__
    if kind == "NumpyExtensionArray":
        return _numpy(encode_elements(walk, array.to_numpy(copy=False)))
    walk.spent += 1 + len(array)
    form = text(b"dtype", f"{kind} {dtype!r}")
    if kind == "Categorical":
        parts = (walk.token(array.categories), walk.token(array.ordered), encode_elements(walk, array.codes))
        return node(b"categorical", parts)
    if kind in {"DatetimeArray", "TimedeltaArray", "PeriodArray"}:
        return node(b"moments", (form, encode_elements(walk, array.asi8)))
    if kind == "IntervalArray":
        return node(b"intervals", (form, walk.token(array.left), walk.token(array.right)))
    if kind in {"IntegerArray", "FloatingArray", "BooleanArray"}:
        return node(b"nullable", (form, *_nullable(walk, array)))
    if hasattr(array, "__arrow_array__") and "Arrow" in kind:
        return node(b"arrow", (form, walk.token(array.__arrow_array__())))
    return node(b"objects", (form, encode_items(walk, _objects(array))))


def _nullable(walk: Walk, array: Any) -> Iterator[bytes]:
    for start in range(0, len(array), _TOGETHER):
        part = array[start : start + _TOGETHER]
        yield encode_elements(walk, part.isna())
        yield encode_elements(walk, part.to_numpy(dtype=array.dtype.numpy_dtype, na_value=0))


def _objects(array: Any) -> Iterator[Any]:
    for start in range(0, len(array), _TOGETHER):
        yield from array[start : start + _TOGETHER].to_numpy(dtype=object).tolist()


def encode_moment(walk: Walk, value: Any) -> bytes:
    """Encode a `Timestamp` or `Timedelta` with its unit and zone."""
    zone = getattr(value, "tzinfo", None)
    fold = getattr(value, "fold", 0)
    return node(b"moment", map(walk.token, (type(value).__name__, value.asm8, zone, fold)))


def encode_span(walk: Walk, value: Any) -> bytes:
    """Encode a `Period` or an `Interval`."""
    if type(value).__name__ == "Period":
        return node(b"period", map(walk.token, (value.freqstr, value.ordinal)))
    return node(b"interval", map(walk.token, (value.left, value.right, value.closed)))


def encode_nothing(_walk: Walk, value: Any) -> bytes:
    """Encode `NaT` and `NA`."""
    return text(b"nothing", type(value).__name__)


_ENCODERS = {
    "DataFrame": encode_frame,
    "Series": encode_series,
    "Timestamp": encode_moment,
    "Timedelta": encode_moment,
    "Period": encode_span,
    "Interval": encode_span,
    "NaTType": encode_nothing,
    "NAType": encode_nothing,
}


def encode_pandas(walk: Walk, value: Any) -> bytes:
    """Encode anything of pandas, or refuse it."""
    import pandas as pd

    name = type(value).__name__
    if name in _ENCODERS:
        return _ENCODERS[name](walk, value)
    if isinstance(value, pd.Index):
        return encode_index(walk, value)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return encode_extension(walk, value)
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return text(b"pandasdtype", repr(value))
    raise Unhashable(type_name(type(value)), "nothing is known of its content")
