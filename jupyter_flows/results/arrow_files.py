"""Arrow and Parquet files, for pandas DataFrames and Arrow tables."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from jupyter_flows.errors import MissingExtra
from jupyter_flows.results.secrecy import refuse_secrets

try:
    import pyarrow as pa
except ImportError as error:
    raise MissingExtra("the serializer arrow or parquet", "pyarrow", "results") from error

_KIND = b"jupyter_flows"  # schema metadata: what the value was


def is_plain(value: object) -> bool:
    """Whether a DataFrame comes back from Arrow as it was, judged by its types and labels: no value is copied."""
    frame: Any = value
    if frame.attrs or not frame.flags.allows_duplicate_labels or not _has_plain_labels(frame):
        return False
    if any(str(dtype) == "object" and not _is_text(frame, place) for place, dtype in enumerate(frame.dtypes)):
        return False
    try:
        back: Any = pa.Table.from_pandas(frame.iloc[:1]).slice(0, 0).to_pandas()
    except (pa.ArrowException, TypeError, ValueError):
        return False
    return (
        list(back.dtypes) == list(frame.dtypes)
        and back.columns.dtype == frame.columns.dtype
        and back.columns.equals(frame.columns)
        and back.index.dtype == frame.index.dtype
        and type(back.index) is type(frame.index)
    )


def _has_plain_labels(frame: Any) -> bool:
    index, columns = frame.index, frame.columns
    return (
        columns.nlevels == 1
        and columns.name is None
        and columns.is_unique
        and all(type(label) is str for label in columns)
        and index.nlevels == 1
        and index.dtype != object
        and getattr(index, "freq", None) is None  # Arrow keeps the instants, not their rhythm
        and (index.name is None or type(index.name) is str)
    )


def _is_text(frame: Any, place: int) -> bool:
    # In pandas 2 a column of text is one of objects; only if each is a string, Arrow gives back the same.
    pandas: Any = sys.modules["pandas"]
    return pandas.api.types.infer_dtype(frame.iloc[:, place], skipna=False) == "string"


def _table(value: Any) -> Any:
    pandas: Any = sys.modules.get("pandas")
    if isinstance(value, pa.Table):
        table, kind = value, b"table"
    elif pandas is not None and isinstance(value, pandas.DataFrame):
        table, kind = pa.Table.from_pandas(value), b"pandas"
    else:
        raise TypeError("only a pandas DataFrame or an Arrow table has this form")
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _KIND: kind})


def _value(table: Any) -> object:
    metadata = dict(table.schema.metadata or {})
    kind = metadata.pop(_KIND, b"table")
    table = table.replace_schema_metadata(metadata or None)
    return table if kind == b"table" else table.to_pandas()


def _contents(table: Any) -> Iterator[memoryview]:
    """The bytes that a table is made of, as they are in memory: nothing is copied."""
    chunks = (chunk for column in table.columns for chunk in column.chunks)
    return (memoryview(buffer) for chunk in chunks for buffer in chunk.buffers() if buffer is not None)


class ArrowSerializer:
    """Arrow's IPC files: every type as it is, read without a copy."""

    suffix = ".arrow"

    def dump(self, value: object, file: BinaryIO) -> None:
        table = _table(value)
        with pa.PythonFile(file, mode="w") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)

    def load(self, content: bytearray) -> object:
        return _value(pa.ipc.open_file(pa.py_buffer(content)).read_all())


class ParquetSerializer:
    """Parquet files: smaller, and read by many other tools; some types change, as pandas and Arrow describe."""

    suffix = ".parquet"

    def dump(self, value: object, file: BinaryIO) -> None:
        from pyarrow import parquet

        table = _table(value)
        refuse_secrets(_contents(table))
        with pa.PythonFile(file, mode="w") as sink:
            parquet.write_table(table, sink)

    def load(self, content: bytearray) -> object:
        from pyarrow import parquet

        return _value(parquet.read_table(pa.BufferReader(pa.py_buffer(content))))
