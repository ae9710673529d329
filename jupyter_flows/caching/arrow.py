"""Tokens of Arrow tables, record batches and arrays.

They count by schema (with its metadata) and content, whatever the chunks, the offsets and what lies under a null.
Buffers of numbers and texts go straight into the hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from jupyter_flows.caching.containers import encode_items
from jupyter_flows.caching.tokens import Unhashable, Walk, atom, node, text, type_name

_TOGETHER = 65_536  # values of a nested type that are converted at a time


def encode_arrow(walk: Walk, value: Any) -> bytes:
    """Encode a table, batch, array, scalar, schema or type of Arrow, or refuse it."""
    import pyarrow as pa

    if isinstance(value, pa.Table | pa.RecordBatch):
        columns = (_column(walk, value.column(place)) for place in range(value.num_columns))
        kind = type(value).__name__.encode()
        return node(kind, (walk.token(value.schema), b"%d;" % value.num_rows, *columns))
    if isinstance(value, pa.ChunkedArray | pa.Array):
        kind = b"ChunkedArray" if isinstance(value, pa.ChunkedArray) else b"Array"
        return node(kind, (b"%d;" % len(value), _column(walk, value)))
    if isinstance(value, pa.Schema | pa.DataType | pa.Field):
        return node(b"arrowtype", (text(b"class", type(value).__name__), text(b"type", _described(value))))
    if isinstance(value, pa.Scalar):
        return node(b"arrowscalar", (walk.token(value.type), walk.token(value.as_py())))
    raise Unhashable(type_name(type(value)), "nothing is known of its content")


def _described(value: Any) -> str:
    if not hasattr(value, "to_string"):
        return str(value)
    return (
        value.to_string(show_field_metadata=True, show_schema_metadata=True) if hasattr(value, "names") else str(value)
    )


def _column(walk: Walk, column: Any) -> bytes:
    import pyarrow as pa

    walk.spent += 1 + len(column)
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    form = walk.token(column.type)
    if column.null_count:
        form += atom(b"missing", _digest(_bits(chunk.is_null()) for chunk in chunks))
    return node(b"column", (form, *_parts(walk, column.type, [chunk for chunk in chunks if len(chunk)])))


def _bits(chunk: Any) -> Any:
    """Return one byte for each of a boolean chunk's values."""
    return chunk.to_numpy(zero_copy_only=False)


def _parts(walk: Walk, kind: Any, chunks: list[Any]) -> Iterator[bytes]:
    import pyarrow as pa

    types = pa.types
    present = (chunk.drop_null() if chunk.null_count else chunk for chunk in chunks)
    if types.is_boolean(kind):
        yield atom(b"values", _digest(_bits(chunk) for chunk in present))
    elif types.is_primitive(kind) or types.is_decimal(kind) or types.is_fixed_size_binary(kind):
        yield atom(b"values", _digest(_fixed(chunk, kind.bit_width // 8) for chunk in present if len(chunk)))
    elif types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        wide = 8 if types.is_large_string(kind) or types.is_large_binary(kind) else 4
        texts = [chunk for chunk in present if len(chunk)]
        yield atom(b"lengths", _digest(_lengths(chunk, wide) for chunk in texts))
        yield atom(b"texts", _digest(_texts(chunk, wide) for chunk in texts))
    else:
        yield node(b"values", (encode_items(walk, _objects(chunks)),))


def _digest(buffers: Iterable[Any]) -> bytes:
    digest = sha256()
    for buffer in buffers:
        digest.update(buffer)
    return digest.digest()


def _fixed(chunk: Any, width: int) -> memoryview:
    start = chunk.offset * width
    return memoryview(chunk.buffers()[1])[start : start + len(chunk) * width]


def _ends(chunk: Any, wide: int) -> Any:
    import numpy as np

    kind = np.int64 if wide == 8 else np.int32
    return np.frombuffer(chunk.buffers()[1], kind, len(chunk) + 1, chunk.offset * wide)


def _lengths(chunk: Any, wide: int) -> Any:
    import numpy as np

    return np.diff(_ends(chunk, wide))


def _texts(chunk: Any, wide: int) -> memoryview | bytes:
    ends = _ends(chunk, wide)
    data = chunk.buffers()[2]
    return b"" if data is None else memoryview(data)[int(ends[0]) : int(ends[-1])]


def _objects(chunks: list[Any]) -> Iterator[Any]:
    for chunk in chunks:
        for start in range(0, len(chunk), _TOGETHER):
            yield from chunk.slice(start, _TOGETHER).to_pylist()
