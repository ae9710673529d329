"""Make values storable that SQLite cannot take as they are."""

from __future__ import annotations

from dataclasses import fields

from jupyter_flows.store.fold import Row, Rows

_LONGEST = 10_000_000  # characters; SQLite refuses a text of 1 GB
_LARGEST = 2**63 - 1


def scrubbed(rows: Rows) -> Rows:
    """Return the rows with each value replaced that could not be bound; what is lost is only what has no form."""
    return Rows(**{table.name: [_row(row) for row in getattr(rows, table.name)] for table in fields(Rows)})


def _row(row: Row) -> Row:
    return tuple(_value(value) for value in row)


def _value(value: object) -> object:
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, int):
        return max(-_LARGEST, min(_LARGEST, int(value)))
    return storable(str(value)[:_LONGEST])


def storable(text: str) -> str:
    """Return a text that has a UTF-8 form; a lone surrogate stays readable as its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
