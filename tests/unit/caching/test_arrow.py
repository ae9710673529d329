from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from jupyter_flows.caching.content import content_hash

pa = pytest.importorskip("pyarrow")

COLUMNS = {
    "int": pa.array([1, 2, None, 4]),
    "no null": pa.array([1, 2, 3, 4]),
    "zero for null": pa.array([1, 2, 0, 4]),
    "small int": pa.array([1, 2, None, 4], pa.int8()),
    "float": pa.array([1.0, 2.0, None, 4.0]),
    "bool": pa.array([True, False, None, True]),
    "other bool": pa.array([True, True, None, True]),
    "text": pa.array(["ab", "c", None, ""]),
    "shifted text": pa.array(["a", "bc", None, ""]),
    "large text": pa.array(["ab", "c", None, ""], pa.large_string()),
    "viewed text": pa.array(["ab", "c", None, ""], pa.string_view()),
    "bytes": pa.array([b"ab", b"c", None, b""]),
    "fixed bytes": pa.array([b"ab", b"cd", None, b"ef"], pa.binary(2)),
    "date": pa.array([date(2024, 1, 1), None, None, None]),
    "moment": pa.array([0, 1, None, 2], pa.timestamp("us")),
    "moment in a zone": pa.array([0, 1, None, 2], pa.timestamp("us", "UTC")),
    "decimal": pa.array([Decimal("1.5"), None, None, None]),
    "list": pa.array([[1, 2], [], None, [3]]),
    "shifted list": pa.array([[1], [2], None, [3]]),
    "struct": pa.array([{"a": 1}, {"a": None}, None, {"a": 2}]),
    "dictionary": pa.array(["ab", "c", None, ""]).dictionary_encode(),
    "nulls": pa.nulls(4),
}


def test_different_columns_have_different_hashes():
    hashes = {name: content_hash(column) for name, column in COLUMNS.items()}
    assert len(set(hashes.values())) == len(hashes)


@pytest.mark.parametrize("name", COLUMNS)
def test_chunks_and_offsets_do_not_count(name):
    column = COLUMNS[name]
    table = pa.table({"a": column})
    chunked = pa.chunked_array([column[:1], column[1:1], column[1:]])
    within = pa.concat_arrays([column, column])[4:]
    assert content_hash(pa.table({"a": chunked})) == content_hash(table)
    assert content_hash(pa.table({"a": within})) == content_hash(table)


def test_names_order_and_metadata_count():
    tables = [
        pa.table({"a": [1], "b": [2]}),
        pa.table({"b": [2], "a": [1]}),
        pa.table({"a": [1], "c": [2]}),
        pa.table({"a": [1], "b": [2]}).replace_schema_metadata({"unit": "m"}),
        pa.table({"a": [1], "b": [2]}).to_batches()[0],
        pa.table({"a": [1], "b": [2]}).schema,
        pa.table({}),
        pa.scalar(1),
        pa.scalar(1, pa.int8()),
        pa.int8(),
    ]
    assert len({content_hash(table) for table in tables}) == len(tables)
