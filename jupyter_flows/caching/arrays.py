"""Tokens of NumPy arrays and scalars.

An array counts by its dtype, its shape and its elements in C order, whatever its strides. A contiguous buffer goes
straight into the hash; any other is read in blocks of about a megabyte, so that no second array ever exists. Elements
count by their bits: two NaNs of different bits, and ``0.0`` and ``-0.0``, differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jupyter_flows.caching.containers import encode_items
from jupyter_flows.caching.tokens import Unhashable, Walk, atom, node, text, type_name

if TYPE_CHECKING:
    import numpy as np

BLOCK = 1 << 20  # bytes copied at a time where a buffer has gaps
_BY_BITS = "?biufcmMSUV"  # kinds of dtype whose elements are their bytes
_PADDED = {("f", 12), ("f", 16), ("c", 24), ("c", 32)}  # extended precision: some bytes are never written
_PLAIN = {"ndarray", "memmap", "matrix", "recarray"}  # classes of array that hold nothing but their elements


def encode_array(walk: Walk, value: np.ndarray[Any, Any]) -> bytes:
    """Encode an array of a class that is known to hold nothing but its elements (and mask)."""
    name = type(value).__name__
    if name == "MaskedArray":
        masked: Any = value
        return node(b"masked", map(walk.token, (masked.data, masked.mask, masked.fill_value)))
    if name not in _PLAIN or type(value).__module__.partition(".")[0] != "numpy":
        raise Unhashable(type_name(type(value)), "it is an array that may hold more than its elements")
    return node(b"array", (text(b"class", name), text(b"shape", str(value.shape)), encode_elements(walk, value)))


def encode_scalar(walk: Walk, value: Any) -> bytes:
    """Encode a NumPy scalar by its dtype and bits."""
    import numpy as np

    return node(b"npscalar", (encode_elements(walk, np.asarray(value)),))


def encode_dtype(_walk: Walk, value: np.dtype[Any]) -> bytes:
    """Encode a dtype, also of records, with its offsets."""
    return text(b"dtype", f"{value!r} {value.itemsize} {value.str}")


def encode_elements(walk: Walk, value: np.ndarray[Any, Any]) -> bytes:
    """Encode the dtype and the elements, without the shape."""
    import numpy as np

    value = value.view(np.ndarray)
    walk.spent += 1 + value.nbytes // 64
    dtype = value.dtype
    form = encode_dtype(walk, dtype)
    if dtype.names is not None:
        fields = (text(b"field", name) + encode_elements(walk, value[name]) for name in dtype.names)
        return node(b"records", (form, *fields))
    if dtype.kind in "OT" or (dtype.kind, dtype.itemsize) in _PADDED:
        return form + node(b"objects", (encode_items(walk, _objects(value)),))
    if dtype.kind not in _BY_BITS or dtype.hasobject:
        raise Unhashable("numpy.ndarray", f"nothing is known of the elements of dtype {dtype}")
    digest = sha256()
    feed(digest.update, value)
    return form + atom(b"bits", digest.digest())


def _objects(value: np.ndarray[Any, Any]) -> Iterator[Any]:
    flat = value.flat
    exact = value.dtype.kind in "OT"
    for start in range(0, value.size, 4096):
        run: list[Any] = flat[start : start + 4096].tolist()
        yield from run if exact else map(repr, flat[start : start + 4096])


def feed(update: Callable[[Any], None], value: np.ndarray[Any, Any]) -> None:
    """Give the elements' bytes in C order to a hash, without a copy of the whole."""
    import numpy as np

    if not value.size:
        return
    if value.flags.c_contiguous or value.nbytes <= BLOCK:
        update(np.ascontiguousarray(value).reshape(-1).view(np.uint8))
        return
    row = value.nbytes // len(value)
    rows = max(1, BLOCK // row)
    for start in range(0, len(value), rows):
        feed(update, value[start] if rows == 1 else value[start : start + rows])
