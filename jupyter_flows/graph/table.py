"""A picture in words: a table for screen readers and pages without pictures, and a plain listing."""

from __future__ import annotations

from jupyter_flows.graph.node import Node
from jupyter_flows.graph.palette import along_a_bar
from jupyter_flows.graph.picture import Picture
from jupyter_flows.graph.plain_text import markup, plain


def html_table(picture: Picture) -> str:
    """Give the picture as an HTML table: task, state, words, what it comes after.

    Returns
    -------
    str
        A ``<table>`` with caption and header cells; every name is escaped.
    """
    after = _after(picture)
    rows = "".join(
        f"<tr><th>{markup(node.title)}</th><td>{markup(_state(node))}</td>"
        f"<td>{markup(node.subtitle)}</td><td>{markup(', '.join(after[node.key]))}</td></tr>"
        for node in (placed.node for placed in picture.nodes)
    )
    notes = "".join(f"<p>{markup(note)}</p>" for note in (picture.notice, picture.cause) if note)
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Task", "State", "Details", "After"))
    caption = f"<caption>{markup(_headline(picture))}</caption>"
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{notes}"


def text(picture: Picture) -> str:
    """Give the picture as lines of text that are the same for every run that went the same way: no ids, no times."""
    after = _after(picture)
    lines = [_headline(picture)]
    for node in (placed.node for placed in picture.nodes):
        follows = f", after {plain(', '.join(after[node.key]), 200)}" if after[node.key] else ""
        lines.append(f"  {plain(node.title, 100) or '(no name)'}: {_state(node)}{follows}")
    if picture.notice:
        lines.append(f"  ({plain(picture.notice)})")
    return "\n".join(lines)


def _headline(picture: Picture) -> str:
    if picture.header is None:
        count = len(picture.nodes)
        return f"Graph of {count} {'task' if count == 1 else 'tasks'}"
    name, state = plain(picture.header.title, 100), plain(picture.header.state_name)
    return f"{name}: {state}" if state else name


def _state(node: Node) -> str:
    if not node.counts:
        return plain(node.state_name)
    return ", ".join(f"{count} {plain(name)}" for name, count in along_a_bar(node.counts))


def _after(picture: Picture) -> dict[str, list[str]]:
    titles = {placed.node.key: placed.node.title for placed in picture.nodes}
    after: dict[str, list[str]] = {key: [] for key in titles}
    for curve in picture.curves:
        caller = " (calls it)" if curve.calls else ""
        after[curve.target].append(titles[curve.source] + caller)
    return after
