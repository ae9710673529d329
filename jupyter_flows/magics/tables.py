"""Small tables that a notebook shows as HTML, and everything else as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from jupyter_flows.graph.plain_text import plain

_MOST = 200


class Table:
    """Rows of words.

    Parameters
    ----------
    heads
        One for each column.
    rows
        Any text: names and messages are shown as they read, never as markup.
    title
        What stands above.
    empty
        What is said where there are no rows.
    """

    def __init__(self, heads: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", empty: str = "") -> None:
        self.heads, self.title, self.empty = list(heads), title, empty
        self.rows = [[plain(word, _MOST) for word in row] for row in rows]

    def __repr__(self) -> str:
        if not self.rows:
            return self.empty
        every = [self.heads, *self.rows]
        widths = [max(len(row[column]) for row in every) for column in range(len(self.heads))]
        lines = [
            "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in every
        ]
        return "\n".join([self.title, *lines] if self.title else lines)

    def _repr_html_(self) -> str:
        if not self.rows:
            return f"<p>{escape(self.empty)}</p>"
        heads = "".join(f'<th scope="col" style="text-align:left">{escape(head)}</th>' for head in self.heads)
        body = "".join(f"<tr>{_html_row(row)}</tr>" for row in self.rows)
        caption = f"<caption>{escape(plain(self.title))}</caption>" if self.title else ""
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _html_row(row: Sequence[str]) -> str:
    first, *rest = (escape(word) for word in row)
    cells = "".join(f'<td style="text-align:left">{word}</td>' for word in rest)
    return f'<th scope="row" style="text-align:left">{first}</th>{cells}'
