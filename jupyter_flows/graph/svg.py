"""A picture as one SVG that needs nothing else: no script, no font, no file, no page around it.

Colours stand both as attributes (for readers that strip or do not know style sheets) and as rules that follow the
reader's theme. A state is an icon, a word and a colour, in that order of importance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from jupyter_flows.graph.node import Node
from jupyter_flows.graph.palette import FAILED, RUNNING, Look, along_a_bar, look
from jupyter_flows.graph.picture import (
    TEXT_LEFT,
    TEXT_RIGHT,
    TITLE_SIZE,
    WORDS_SIZE,
    Curve,
    Picture,
    PlacedNode,
)
from jupyter_flows.graph.plain_text import markup, plain
from jupyter_flows.graph.svg_frame import FOOTER_HEIGHT, HEADER_HEIGHT, footer, header
from jupyter_flows.graph.svg_parts import number, segments, state_icon
from jupyter_flows.graph.svg_style import FONT, Theme, ink, style, tone
from jupyter_flows.graph.text_width import BOLD, fit, fit_name

_MARGIN = 16.0
_STACK = 3.0  # by how much each card of a stack peeps out
_LEAST_WIDTH = 560.0  # with a header or footer


def svg(picture: Picture, theme: Theme = "auto") -> str:
    """Draw a picture.

    Parameters
    ----------
    picture
        What to draw.
    theme
        ``auto`` follows the reader's system (and JupyterLab's theme where it is part of the page); ``light`` and
        ``dark`` are fixed.

    Returns
    -------
    str
        An ``<svg>`` element; ids in it start with the picture's name.
    """
    if theme != "auto":  # the same picture may stand on one page in both themes
        picture = replace(picture, name=f"{picture.name}-{theme}")
    framed = picture.header is not None or bool(picture.notice or picture.cause)
    width = max(picture.width + 2 * _MARGIN, _LEAST_WIDTH if framed else 0.0)
    top = HEADER_HEIGHT if picture.header else 0.0
    middle = picture.height + 2 * _MARGIN + _STACK if picture.nodes else 0.0
    notes = bool(picture.notice) + bool(picture.cause)
    height = top + middle + notes * FOOTER_HEIGHT
    body = [
        _opening(picture, width, height, theme),
        f'<rect class="bg" x=".5" y=".5" width="{number(width - 1)}" height="{number(height - 1)}" rx="10" '
        f'fill="{tone(theme, "bg")}"/>',
        *(header(picture.header, picture.name, width, theme) if picture.header else ()),
        f'<g transform="translate({number(_MARGIN)} {number(top + _MARGIN + _STACK)})">',
        *_edges(picture, theme),
        *(part for placed in picture.nodes for part in _box(placed, picture.name, theme)),
        "</g>",
        *footer(picture, width, top + middle, theme),
        f'<rect class="rule" x=".5" y=".5" width="{number(width - 1)}" height="{number(height - 1)}" rx="10" '
        f'fill="none" stroke="{tone(theme, "line")}"/>',
        "</svg>",
    ]
    return "".join(body)


def label(picture: Picture) -> str:
    """Say in one sentence what the picture shows, for those who do not see it."""
    counts: dict[str, int] = {}
    for placed in picture.nodes:
        counts[placed.node.state_name] = counts.get(placed.node.state_name, 0) + 1
    listed = ", ".join(f"{count} {plain(name)}" for name, count in along_a_bar(counts)) or "no tasks"
    if picture.header is None:
        return f"Graph: {listed}"
    return f"Graph of {plain(picture.header.title)}, {plain(picture.header.state_name)}: {listed}"


def _looks(picture: Picture) -> Iterator[Look]:
    yield from (RUNNING, FAILED)
    for placed in picture.nodes:
        yield look(placed.node.state_name, placed.node.state_kind)
        yield from map(look, placed.node.counts)
    if picture.header:
        yield look(picture.header.state_name, picture.header.state_kind)
        yield from map(look, picture.header.counts)


def _opening(picture: Picture, width: float, height: float, theme: Theme) -> str:
    name = picture.name
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" aria-label="{markup(label(picture))}" '
        f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}" '
        f'font-family="{FONT}" font-size="{WORDS_SIZE}" fill="{tone(theme, "ink")}" '
        'stroke-linecap="round" stroke-linejoin="round">'
        f"<style>{style(name, _looks(picture), theme)}</style><defs>"
        f'<pattern id="{name}-h" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path class="hatch" d="M1.2 0V5" stroke="{tone(theme, "card")}" stroke-width="2"/></pattern>'
        f"{_marker(name + '-a', 'head', tone(theme, 'edge'))}{_marker(name + '-l', RUNNING.css, ink(theme, RUNNING))}"
        "</defs>"
    )


def _marker(name: str, css: str, colour: str) -> str:
    fill = f'fill="{colour}"' if css == "head" else f'color="{colour}" fill="currentColor"'
    return (
        f'<marker id="{name}" viewBox="0 0 6 6" refX="3" refY="3" markerWidth="6" markerHeight="6" '
        f'orient="auto-start-reverse" markerUnits="userSpaceOnUse"><path class="{css}" d="M0 0L6 3L0 6z" {fill}/>'
        "</marker>"
    )


def _edges(picture: Picture, theme: Theme) -> Iterator[str]:
    # What many edges share stands once, on their group; live ones lie on top.
    shared = 'fill="none" stroke-width="1.6" stroke-linecap="butt"'
    quiet = f'class="edge" stroke="{tone(theme, "edge")}"'
    loud = f'class="{RUNNING.css}" color="{ink(theme, RUNNING)}" stroke="currentColor" stroke-dasharray="5 4"'
    for live, look_of_group, end in ((False, quiet, "a"), (True, loud, "l")):
        marker = f"url(#{picture.name}-{end})"
        curves = [_edge(curve, marker) for curve in picture.curves if curve.live == live]
        if curves:
            yield f'<g {shared} {look_of_group} marker-end="{marker}">{"".join(curves)}</g>'


def _edge(curve: Curve, marker: str) -> str:
    dash = ' stroke-dasharray="2 4"' if curve.calls and not curve.live else ""
    turned = f' marker-start="{marker}" marker-end="none"' if curve.turned else ""
    return f'<path d="{curve.path}"{dash}{turned}/>'


def _box(placed: PlacedNode, name: str, theme: Theme) -> Iterator[str]:
    node, w, h = placed.node, placed.width, placed.height
    shown = look(node.state_name, node.state_kind)
    colour = ink(theme, shown)
    yield f'<g class="{shown.css}" color="{colour}" transform="translate({number(placed.x)} {number(placed.y)})">'
    yield f"<title>{_tooltip(node)}</title>"
    dash = ' stroke-dasharray="4 3"' if shown.dashed else ""
    card = f'class="card" width="{number(w)}" height="{number(h)}" rx="8" fill="{tone(theme, "card")}"'
    for back in (2, 1) if node.kind == "map" else ():
        yield f'<rect {card} x="{number(back * _STACK)}" y="{number(-back * _STACK)}" stroke="{tone(theme, "line")}"/>'
    border = ' style="stroke:currentColor" stroke-width="1.5"' if shown.css in _LOUD and not shown.dashed else ""
    yield f'<rect {card} stroke="{tone(theme, "line")}"{dash}{border}/>'
    stripe = f'd="M8 .5H6A5.5 5.5 0 0 0 .5 6V{number(h - 6)}A5.5 5.5 0 0 0 6 {number(h - 0.5)}H8Z"'
    yield f'<path {stripe} fill="currentColor"/>'
    if shown.hatched:
        yield f'<path {stripe} fill="url(#{name}-h)"/>'
    yield from _words(node, shown, w, h)
    if node.counts:
        yield from segments(node.counts, (TEXT_LEFT, h - 11, w - TEXT_LEFT - TEXT_RIGHT, 4), name, theme)
    yield "</g>"


# States whose card has a border of their colour: where a person looks first.
_LOUD = frozenset({"running", "retrying", "failed", "crashed", "paused"})


def _words(node: Node, shown: Look, width: float, height: float) -> Iterator[str]:
    room = width - TEXT_LEFT - TEXT_RIGHT + 4
    title = markup(fit_name(plain(node.title), TITLE_SIZE * BOLD, room)) or "·"
    tall = height - (8 if node.counts else 0)
    base = tall / 2 - 4 if node.subtitle else tall / 2 + 4.5
    quiet = "m" if shown.dashed else "t"
    yield state_icon(shown, 13, base - 12.3)
    yield (
        f'<text class="{quiet}" x="{number(TEXT_LEFT)}" y="{number(base)}" font-size="{TITLE_SIZE}" '
        f'font-weight="600">{title}</text>'
    )
    if node.subtitle:
        words = markup(fit(plain(node.subtitle), WORDS_SIZE, room))
        yield f'<text class="m" x="{number(TEXT_LEFT)}" y="{number(base + 16)}">{words}</text>'


def _tooltip(node: Node) -> str:
    state = node.state_name + (f" ({_listed(node.counts)})" if node.counts else "")
    return " · ".join(markup(part) for part in (node.title, state, node.subtitle, node.tooltip) if part)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in along_a_bar(counts))
