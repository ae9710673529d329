"""Tables to be looked at: rows of dicts, lists, or a frame, as JSON for programs and as a small page for people."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import Any

from jupyter_flows.errors import ArtifactError

MOST_ROWS = 1000
_MOST_COLUMNS = 200
_MOST_CHARACTERS = 2000
_SHOWN_IN_CELL = 20
_WANTED = "give a list of dicts, a dict of lists, or a DataFrame"
_STYLE = (
    "body{font:14px system-ui,sans-serif;color-scheme:light dark}table{border-collapse:collapse}"
    "th,td{padding:.2em .7em;text-align:left;border-bottom:1px solid #8884;vertical-align:top}"
    "caption{text-align:left;padding:.4em .7em}"
)


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of a table.

    Parameters
    ----------
    columns
        Their names.
    rows
        Their values, each None, a boolean, a number or a text.
    total
        How many rows the whole table has.
    """

    columns: list[str]
    rows: list[list[Any]]
    total: int

    def json(self) -> str:
        """The columns, rows and the total as JSON."""
        return json.dumps({"columns": self.columns, "rows": self.rows, "total": self.total}, ensure_ascii=False)

    def html(self, most: int = MOST_ROWS) -> str:
        """The first rows as HTML; every name and value in it is text, whatever it looks like."""
        shown = self.rows[:most]
        left = self.total - len(shown)
        caption = f"<caption>first {len(shown):,} of {self.total:,} rows</caption>" if left else ""
        head = "".join(f"<th>{escape(column)}</th>" for column in self.columns)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in shown)
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def page(self) -> str:
        """The table as a page of its own."""
        return f'<!DOCTYPE html><meta charset="utf-8"><title>table</title><style>{_STYLE}</style>{self.html()}'

    def in_cell(self) -> str:
        """The few rows that a cell shows."""
        return self.html(_SHOWN_IN_CELL)


def table_of(value: Any) -> Table:
    """Read a table.

    Raises
    ------
    ArtifactError
        The value is none.
    """
    if hasattr(value, "to_frame") and not hasattr(value, "columns"):  # a series
        value = value.to_frame()
    if hasattr(value, "itertuples") and hasattr(value, "columns"):  # pandas
        return _of_pandas(value)
    if hasattr(value, "iter_rows") and hasattr(value, "columns"):  # polars
        return _table(value.columns, value.iter_rows(), len(value))
    if isinstance(value, Mapping):
        return _of_columns(value)  # type: ignore[arg-type]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return _of_rows(value)  # type: ignore[arg-type]
    raise ArtifactError("table", f"a {type(value).__name__} is no table; {_WANTED}")


def _of_pandas(frame: Any) -> Table:
    if (
        type(frame.index).__name__ != "RangeIndex" or frame.index.name is not None
    ):  # what names the rows is a part of the table
        names = [str(name) if name is not None else "" for name in frame.index.names]
        rows = ((*(index if isinstance(index, tuple) else (index,)), *row) for index, row in _pandas_rows(frame))
        return _table([*names, *frame.columns], rows, len(frame))
    return _table(frame.columns, (row for _, row in _pandas_rows(frame)), len(frame))


def _pandas_rows(frame: Any) -> Iterable[tuple[Any, tuple[Any, ...]]]:
    head = frame.head(MOST_ROWS)
    return zip(head.index, head.itertuples(index=False, name=None), strict=True)


def _of_columns(columns: Mapping[Any, Any]) -> Table:
    lengths = {len(column) for column in columns.values() if hasattr(column, "__len__")}
    if len(lengths) > 1 or not all(hasattr(c, "__len__") and not isinstance(c, str) for c in columns.values()):
        raise ArtifactError("table", f"the columns of a dict must be lists of one length; {_WANTED}")
    return _table(columns, zip(*columns.values(), strict=True), next(iter(lengths), 0))


def _of_rows(rows: Sequence[Any]) -> Table:
    shown = rows[:MOST_ROWS]
    if all(isinstance(row, Mapping) for row in shown):
        names = list(dict.fromkeys(name for row in shown for name in row))
        return _table(names, ([row.get(name) for name in names] for row in shown), len(rows))
    if all(isinstance(row, list | tuple) for row in shown):
        width = max(map(len, shown))
        return _table(range(width), ([*row, *[None] * (width - len(row))] for row in shown), len(rows))
    raise ArtifactError("table", f"its rows are neither all dicts nor all lists; {_WANTED}")


def _table(columns: Iterable[Any], rows: Iterable[Sequence[Any]], total: int) -> Table:
    names = [_text(name) for name in islice(columns, _MOST_COLUMNS)]
    return Table(names, [[_value(value) for value in row[: len(names)]] for row in islice(rows, MOST_ROWS)], total)


def _value(value: Any) -> Any:
    if hasattr(value, "item") and hasattr(value, "dtype"):  # a number of numpy
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None if math.isnan(value) else str(value)
    return int(value) if isinstance(value, int) and abs(value) < 2**53 else _text(value)


def _text(value: Any) -> str:
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - a user's own __str__ may do anything
        text = f"<{type(value).__name__}, whose text cannot be made>"
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def _cell(value: Any) -> str:
    return f"<td>{'' if value is None else escape(str(value))}</td>"


__all__ = ["MOST_ROWS", "Table", "table_of"]
