"""A picture as one SVG that needs nothing else: no script, no font, no file, no page around it.

Colours stand both as attributes (for readers that strip or do not know style sheets) and as rules that follow the
reader's theme. A state is an icon, a word and a colour, in that order of importance. What many boxes share stands
once: stripes with icons as symbols, colours and type on the groups around boxes, titles and words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from jupyter_flows.graph.palette import RUNNING, Look, along_a_bar, look
from jupyter_flows.graph.picture import (
    FRAME_TITLE,
    TEXT_LEFT,
    TEXT_RIGHT,
    TITLE_SIZE,
    WORDS_SIZE,
    Curve,
    Picture,
    PlacedNode,
    words_offset,
)
from jupyter_flows.graph.plain_text import markup, plain
from jupyter_flows.graph.svg_frame import FOOTER_HEIGHT, HEADER_HEIGHT, footer, header
from jupyter_flows.graph.svg_parts import hatch, number, segments, state_icon
from jupyter_flows.graph.svg_style import FONT, Theme, ink, style, tone
from jupyter_flows.graph.text_width import BOLD, fit, fit_name

_MARGIN = 16.0
_STACK = 3.0  # by how much each card of a stack peeps out
_LEAST_WIDTH = 560.0  # with a header or footer


def svg(picture: Picture, theme: Theme = "auto", *, alone: bool = False) -> str:
    """Draw a picture.

    Parameters
    ----------
    picture
        What to draw.
    theme
        ``auto`` follows the reader's system (and JupyterLab's theme where it is part of the page); ``light`` and
        ``dark`` are fixed.
    alone
        Whether it is shown as an image of its own: then nothing can be pointed at, and there is no page around it.

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
        f'<rect class="bg" x=".5" y=".5" width="{number(width - 1)}" height="{number(height - 1)}" rx="10" '
        f'fill="{tone(theme, "bg")}"/>',
        *(header(picture.header, picture.name, width, theme) if picture.header else ()),
        f'<g transform="translate({number(_MARGIN)} {number(top + _MARGIN + _STACK)})">',
        *_frames(picture, theme),
        *_edges(picture, theme),
        f'<g class="card" fill="{tone(theme, "card")}" stroke="{tone(theme, "line")}">',
        *_boxes(picture, theme, alone),
        "</g>",
        '<g pointer-events="none">'
        f'<g class="t" fill="{tone(theme, "ink")}" font-size="{TITLE_SIZE}" font-weight="600">',
        *map(_title, picture.nodes),
        f'</g><g class="m" fill="{tone(theme, "mut")}">',
        *map(_words, picture.nodes),
        "</g></g></g>",
        *footer(picture, width, top + middle, theme),
        f'<rect class="rule" x=".5" y=".5" width="{number(width - 1)}" height="{number(height - 1)}" rx="10" '
        f'fill="none" stroke="{tone(theme, "line")}"/>',
    ]
    drawn = "".join(body)
    defined = "".join(_definitions(picture, drawn, theme))
    rules = style(picture.name, defined + drawn, theme, alone=alone)
    return f"{_opening(picture, width, height, theme)}<style>{rules}</style><defs>{defined}</defs>{drawn}</svg>"


def label(picture: Picture) -> str:
    """Say in one sentence what the picture shows, for those who do not see it."""
    counts: dict[str, int] = {}
    for placed in picture.nodes:
        counts[placed.node.state_name] = counts.get(placed.node.state_name, 0) + 1
    listed = ", ".join(f"{count} {plain(name)}" for name, count in along_a_bar(counts)) or "no tasks"
    if picture.header is None:
        return f"Graph: {listed}"
    named = ", ".join(plain(part) for part in (picture.header.title, picture.header.state_name) if part)
    return f"Graph of {named}: {listed}"


def _opening(picture: Picture, width: float, height: float, theme: Theme) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{picture.name}" role="img" '
        f'aria-label="{markup(label(picture))}" '
        f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}" '
        f'font-family="{FONT}" font-size="{WORDS_SIZE}" fill="{tone(theme, "ink")}" '
        'stroke-linecap="round" stroke-linejoin="round">'
    )


def _definitions(picture: Picture, drawn: str, theme: Theme) -> Iterator[str]:
    name, symbols = picture.name, "".join(_symbols(picture))
    if f"{name}-h)" in drawn + symbols:
        yield hatch(name, theme)
    if f"{name}-a)" in drawn:
        yield _marker(f"{name}-a", "head", tone(theme, "edge"))
    if f"{name}-l)" in drawn:
        yield _marker(f"{name}-l", RUNNING.css, ink(theme, RUNNING))
    yield symbols


def _symbols(picture: Picture) -> Iterator[str]:
    """Stripe and icon of each look, for each height of a box and of its title."""
    symbols = {_symbol(placed): placed for placed in picture.nodes}
    for symbol, placed in symbols.items():
        height = placed.height
        stripe = f"M8 .5H6A5.5 5.5 0 0 0 .5 6V{number(height - 6)}A5.5 5.5 0 0 0 6 {number(height - 0.5)}H8Z"
        shown = look(placed.node.state_name, placed.node.state_kind)
        yield f'<g id="{picture.name}-{symbol}" stroke="none"><path d="{stripe}" fill="currentColor"/>'
        if shown.hatched:
            yield f'<path d="{stripe}" fill="url(#{picture.name}-h)"/>'
        yield f"{state_icon(shown, 13, _base(placed) - 12.3)}</g>"


def _symbol(placed: PlacedNode) -> str:
    """Name what a box bears by how it looks: of two pictures of a run on one page, each finds the right one."""
    css = look(placed.node.state_name, placed.node.state_kind).css
    return f"{css[:3]}{placed.height:.0f}{'w' if placed.node.subtitle else ''}{'c' if placed.node.counts else ''}"


def _marker(name: str, css: str, colour: str) -> str:
    fill = f'fill="{colour}"' if css == "head" else f'color="{colour}" fill="currentColor"'
    return (
        f'<marker id="{name}" viewBox="0 0 6 6" refX="3" refY="3" markerWidth="6" markerHeight="6" '
        f'orient="auto-start-reverse" markerUnits="userSpaceOnUse"><path class="{css}" d="M0 0L6 3L0 6z" {fill}/>'
        "</marker>"
    )


def _frames(picture: Picture, theme: Theme) -> Iterator[str]:
    # Under the edges, which would be hidden otherwise where they run inside.
    for placed in picture.nodes:
        if placed.is_open:
            box = f'x="{number(placed.x)}" y="{number(placed.y)}"'
            size = f'width="{number(placed.width)}" height="{number(placed.height)}"'
            yield f'<rect class="soft" {box} {size} rx="8" fill="{tone(theme, "soft")}"/>'


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


def _boxes(picture: Picture, theme: Theme, alone: bool) -> Iterator[str]:
    for shown, together in groupby(picture.nodes, lambda placed: look(placed.node.state_name, placed.node.state_kind)):
        yield f'<g class="{shown.css}" color="{ink(theme, shown)}">'
        for placed in together:
            yield from _box(placed, shown, picture.name, theme, alone)
        yield "</g>"


def _box(placed: PlacedNode, shown: Look, name: str, theme: Theme, alone: bool) -> Iterator[str]:
    node, w, h = placed.node, placed.width, placed.height
    yield f'<g transform="translate({number(placed.x)} {number(placed.y)})">'
    if not alone:
        yield f"<title>{_tooltip(placed)}</title>"
    dash = ' stroke-dasharray="4 3"' if shown.dashed else ""
    card = f'width="{number(w)}" height="{number(h)}" rx="8"'
    for back in (2, 1) if node.kind == "map" and not placed.is_open else ():
        yield f'<rect {card} x="{number(back * _STACK)}" y="{number(-back * _STACK)}"/>'
    border = ' stroke="currentColor" stroke-width="1.5"' if shown.css in _LOUD and not shown.dashed else ""
    ground = ' fill="none"' if placed.is_open else ""
    yield f'<rect {card}{dash}{border}{ground}/><use href="#{name}-{_symbol(placed)}"/>'
    if node.counts and not placed.is_open:
        bar = segments(node.counts, (TEXT_LEFT, h - 11, w - TEXT_LEFT - TEXT_RIGHT, 4), name, theme)
        yield f'<g stroke="none">{"".join(bar)}</g>'
    yield "</g>"


# States whose card has a border of their colour: where a person looks first.
_LOUD = frozenset({"running", "retrying", "failed", "crashed", "paused"})


def _base(placed: PlacedNode) -> float:
    """How far below a box's top its title stands."""
    if placed.is_open:
        return FRAME_TITLE
    tall = placed.height - (8 if placed.node.counts else 0)
    return tall / 2 - 4 if placed.node.subtitle else tall / 2 + 4.5


def _room(placed: PlacedNode) -> float:
    return placed.width - TEXT_LEFT - TEXT_RIGHT + 4


def _title(placed: PlacedNode) -> str:
    title = markup(fit_name(plain(placed.node.title), TITLE_SIZE * BOLD, _room(placed))) or "·"
    quiet = ' class="m"' if look(placed.node.state_name, placed.node.state_kind).dashed else ""
    place = f'x="{number(placed.x + TEXT_LEFT)}" y="{number(placed.y + _base(placed))}"'
    return f"<text{quiet} {place}>{title}</text>"


def _words(placed: PlacedNode) -> str:
    words = markup(fit(plain(placed.node.subtitle), WORDS_SIZE, _room(placed)))
    right, down = words_offset(placed)
    place = f'x="{number(placed.x + right)}" y="{number(placed.y + _base(placed) + down)}"'
    return f"<text {place}>{words}</text>" if words else ""


def _tooltip(placed: PlacedNode) -> str:
    """What the box does not show: its state's word, and what was cut."""
    node, room = placed.node, _room(placed)
    title, words = plain(node.title), plain(node.subtitle)
    title = "" if fit_name(title, TITLE_SIZE * BOLD, room) == title else title
    words = "" if fit(words, WORDS_SIZE, room) == words else words
    state = node.state_name + (f" ({_listed(node.counts)})" if node.counts else "")
    return " · ".join(markup(part) for part in (title, state, words, node.tooltip) if part)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in along_a_bar(counts))
