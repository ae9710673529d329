"""A timeline as one SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from jupyter_flows.graph.durations import duration_words
from jupyter_flows.graph.palette import RUNNING, look
from jupyter_flows.graph.plain_text import markup, plain
from jupyter_flows.graph.svg_parts import hatch, number
from jupyter_flows.graph.svg_style import FONT, Theme, ink, style, tone
from jupyter_flows.graph.text_width import BOLD, fit_name
from jupyter_flows.graph.timeline import Piece, Timeline

_LABELS, _ROOM, _RIGHT = 176.0, 720.0, 30.0
_ROW, _BAR, _TOP, _AXIS, _LINE = 22.0, 14.0, 14.0, 24.0, 20.0
_SIZE = 11.5
_LEAST, _LEAST_MARKED = 2.0, 16.0


def timeline_svg(timeline: Timeline, theme: Theme = "auto") -> str:
    """Draw a timeline.

    Parameters
    ----------
    timeline
        What to draw.
    theme
        ``auto`` follows the reader's system and JupyterLab's theme; ``light`` and ``dark`` are fixed.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    if theme != "auto":  # the same drawing may stand on one page in both themes
        timeline = replace(timeline, name=f"{timeline.name}-{theme}")
    notes = [note for note in (timeline.sentence, timeline.notice) if note]
    width = _LABELS + _ROOM + _RIGHT
    bottom = _TOP + len(timeline.rows) * _ROW
    height = bottom + _AXIS + len(notes) * _LINE + 6
    size = f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
    parts = [
        f"<defs>{hatch(timeline.name, theme)}</defs>",
        f'<rect class="bg" width="{number(width)}" height="{number(height)}" rx="10" fill="{tone(theme, "bg")}"/>',
        *_grid(timeline, bottom, theme),
        *_drawn_rows(timeline, theme),
        *_now(timeline, bottom, theme),
    ]
    for index, note in enumerate(notes):
        y = bottom + _AXIS + (index + 1) * _LINE - 6
        parts.append(f'<text class="m" x="16" y="{number(y)}" fill="{tone(theme, "mut")}">{markup(note)}</text>')
    drawn = "".join(parts)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{timeline.name}" role="img" aria-label="{label(timeline)}" '
        f'{size} font-family="{FONT}" font-size="{_SIZE}">'
    )
    return f"{opening}<style>{style(timeline.name, drawn, theme)}</style>{drawn}</svg>"


def label(timeline: Timeline) -> str:
    """Say in a sentence what it shows, escaped: for those who do not see it."""
    return markup(f"Timeline of {plain(timeline.title)}, {duration_words(timeline.length)}. {timeline.sentence}")


def _at(timeline: Timeline, seconds: float) -> float:
    return _LABELS + _ROOM * min(1.0, seconds / timeline.length)


def _grid(timeline: Timeline, bottom: float, theme: Theme) -> Iterator[str]:
    for seconds, words in timeline.ticks:
        x = number(_at(timeline, seconds))
        yield f'<path class="rule" d="M{x} {_TOP - 4}V{number(bottom)}" stroke="{tone(theme, "line")}"/>'
        yield (
            f'<text class="m" x="{x}" y="{number(bottom + 16)}" text-anchor="middle" fill="{tone(theme, "mut")}">'
            f"{words}</text>"
        )


def _drawn_rows(timeline: Timeline, theme: Theme) -> Iterator[str]:
    for index, row in enumerate(timeline.rows):
        top = _TOP + index * _ROW
        if row.label:
            label = markup(fit_name(plain(row.label), _SIZE * BOLD, _LABELS - 28))
            loud = ' font-weight="600" text-decoration="underline"' if row.slow else ""
            css, fill = ("t", "ink") if row.slow else ("m", "mut")
            yield (
                f'<text class="{css}" x="{number(_LABELS - 12)}" y="{number(top + 12)}" text-anchor="end" '
                f'fill="{tone(theme, fill)}"{loud}>{label}</text>'
            )
        for piece in row.pieces:
            yield from _piece(timeline, piece, top, theme)
        if row.usual is not None and row.usual <= timeline.length:
            x = number(_at(timeline, row.usual))
            yield (
                f'<g class="usual" stroke="{tone(theme, "ink")}" stroke-width="1.5"><title>usually ends here</title>'
                f'<path d="M{x} {number(top)}v{number(_ROW - 4)}"/></g>'
            )


def _piece(timeline: Timeline, piece: Piece, top: float, theme: Theme) -> Iterator[str]:
    shown = look(piece.state_name)
    x = _at(timeline, piece.start)
    wide = max(_LEAST, _at(timeline, piece.end) - x)
    yield f'<g class="{shown.css}" color="{ink(theme, shown)}"><title>{markup(piece.label)}</title>'
    if piece.waits:
        line = f"M{number(x)} {number(top + _ROW / 2 - 2)}h{number(wide)}"
        yield f'<path d="{line}" stroke="currentColor" stroke-width="1.5" stroke-dasharray="1.5 3"/></g>'
        return
    rect = f'x="{number(x)}" y="{number(top + 2)}" width="{number(wide)}" height="{number(_BAR)}" rx="3"'
    yield f'<rect {rect} fill="currentColor"/>'
    if shown.hatched:
        yield f'<rect {rect} fill="url(#{timeline.name}-h)"/>'
    if piece.mark and wide >= _LEAST_MARKED:
        yield (
            f'<text x="{number(x + wide / 2)}" y="{number(top + 13)}" text-anchor="middle" font-weight="700" '
            f'paint-order="stroke" stroke="currentColor" stroke-width="3" fill="#ffffff">{markup(piece.mark)}</text>'
        )
    yield "</g>"


def _now(timeline: Timeline, bottom: float, theme: Theme) -> Iterator[str]:
    if timeline.now is None:
        return
    x = number(_at(timeline, timeline.now))
    yield f'<g class="{RUNNING.css}" color="{ink(theme, RUNNING)}">'
    yield f'<path d="M{x} 4V{number(bottom)}" stroke="currentColor" stroke-width="1.5"/>'
    yield f'<text x="{x}" y="{_TOP - 2}" dx="-4" text-anchor="end" fill="currentColor">now</text></g>'
