"""The lines around a drawn graph: which run and where it stands above; what is folded and why it failed below."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_flows.graph.palette import FAILED, Look, look
from jupyter_flows.graph.picture import Header, Picture
from jupyter_flows.graph.plain_text import markup, plain
from jupyter_flows.graph.svg_parts import number, segments, state_icon
from jupyter_flows.graph.svg_style import Theme, ink, tone
from jupyter_flows.graph.text_width import BOLD, fit, text_width

HEADER_HEIGHT, FOOTER_HEIGHT = 52.0, 34.0
_SIDE, _BASE, _APART = 16.0, 27.0, 10.0
_TITLE, _WORDS, _PILL = 14.0, 12.0, 11.5


def header(shown: Header, name: str, width: float, theme: Theme) -> Iterator[str]:
    """Draw the line above: flow, run and parameters, state, alert, time, and the bar over all task runs."""
    pills: list[tuple[Look, str]] = []
    if shown.state_name:
        pills.append((look(shown.state_name, shown.state_kind), plain(shown.state_name, 30)))
    if shown.alert:
        pills.append((FAILED, plain(shown.alert, 30)))
    time = plain(shown.time, 30)
    taken = sum(_pill_width(text) + _APART for _, text in pills) + text_width(time, _WORDS) + 2 * _SIDE + 2 * _APART
    title = fit(plain(shown.title), _TITLE * BOLD, max(80.0, (width - taken) * 0.7))
    x = _SIDE
    yield _text("t", x, title, _TITLE, ' font-weight="650"')
    x += text_width(title, _TITLE) * BOLD + _APART
    subtitle = fit(plain(shown.subtitle), _WORDS, max(0.0, width - taken - x + _SIDE))
    if subtitle:
        yield _text("m", x, subtitle, _WORDS)
        x += text_width(subtitle, _WORDS) + _APART
    for pill_look, text in pills:
        yield from _pill(x, pill_look, text, theme)
        x += _pill_width(text) + _APART
    if time:
        yield _text("m", x, time, _WORDS)
    if any(shown.counts.values()):
        yield from segments(shown.counts, (_SIDE, HEADER_HEIGHT - 9, width - 2 * _SIDE, 4), name, theme)


def _text(css: str, x: float, text: str, size: float, more: str = "", y: float = _BASE) -> str:
    return f'<text class="{css}" x="{number(x)}" y="{number(y)}" font-size="{size}"{more}>{markup(text)}</text>'


def _pill_width(text: str) -> float:
    return text_width(text, _PILL) * BOLD + 34


def _pill(x: float, shown: Look, text: str, theme: Theme) -> Iterator[str]:
    width = _pill_width(text)
    yield f'<g class="{shown.css}" color="{ink(theme, shown)}">'
    yield (
        f'<rect x="{number(x)}" y="{_BASE - 15.5}" width="{number(width)}" height="21" rx="10.5" fill="none" '
        'stroke="currentColor" stroke-opacity=".4"/>'
    )
    yield state_icon(shown, x + 9, _BASE - 11, 0.75)
    words = f'<text x="{number(x + 25)}" y="{_BASE - 1}" font-size="{_PILL}" font-weight="600" fill="currentColor">'
    yield f"{words}{markup(text)}</text></g>"


def footer(picture: Picture, width: float, top: float, theme: Theme) -> Iterator[str]:
    """Draw the lines below: the notice, then the cause of a failure."""
    if picture.notice:
        yield from _strip(picture.notice, None, width, top, theme)
        top += FOOTER_HEIGHT
    if picture.cause:
        yield from _strip(picture.cause, FAILED, width, top, theme)


def _strip(text: str, shown: Look | None, width: float, top: float, theme: Theme) -> Iterator[str]:
    base = top + FOOTER_HEIGHT / 2 + 4
    rect = f'x="1" y="{number(top)}" width="{number(width - 2)}" height="{number(FOOTER_HEIGHT - 1)}" rx="9"'
    yield f'<rect class="soft" {rect} fill="{tone(theme, "soft")}"/>'
    yield f'<path class="rule" d="M.5 {number(top)}H{number(width - 0.5)}" stroke="{tone(theme, "line")}"/>'
    x = _SIDE
    if shown:
        icon = state_icon(shown, x, base - 11, 0.9)
        yield f'<g class="{shown.css}" color="{ink(theme, shown)}">{icon}</g>'
        x += 24
    line = fit(plain(text), _WORDS, width - x - _SIDE)
    yield f"<g><title>{markup(text)}</title>{_text('t' if shown else 'm', x, line, _WORDS, y=base)}</g>"
