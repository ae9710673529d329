"""Pieces that several parts of a drawing share: icons and segmented bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jupyter_flows.graph.palette import Look, along_a_bar, look
from jupyter_flows.graph.svg_style import Theme, ink, tone

_LEAST, _BETWEEN = 3.0, 1.5  # pixels of the smallest segment, and between two
_LEAST_HATCHED = 8.0  # enough to see that it is


def number(value: float) -> str:
    """Write a length as short as it can be."""
    return f"{value:.1f}".removesuffix(".0")


def state_icon(shown: Look, x: float, y: float, scale: float = 1.0) -> str:
    """Draw a state's icon in the colour of its surroundings, 16 pixels wide at scale 1."""
    place = f'transform="translate({number(x)} {number(y)})' + (f" scale({scale})" if scale != 1.0 else "") + '"'
    if shown.filled:
        return f'<path d="{shown.icon}" {place} fill="currentColor"/>'
    return f'<path d="{shown.icon}" {place} fill="none" stroke="currentColor" stroke-width="1.9"/>'


def hatch(name: str, theme: Theme) -> str:
    """Define the hatch of a drawing, to fill with as ``url(#NAME-h)``."""
    return (
        f'<pattern id="{name}-h" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path class="hatch" d="M1.2 0V5" stroke="{tone(theme, "card")}" stroke-width="2"/></pattern>'
    )


def segments(
    counts: Mapping[str, int], box: tuple[float, float, float, float], name: str, theme: Theme
) -> Iterator[str]:
    """Draw a bar with one segment for each look; failed ones are hatched and stand at the right end.

    Parameters
    ----------
    counts
        State name to number.
    box
        Left, top, width and height in pixels.
    name
        Id of the drawing, for its hatch.
    theme
        Of the drawing.
    """
    x, y, width, height = box
    merged: dict[str, tuple[Look, int]] = {}
    for state, count in along_a_bar(counts):
        shown = look(state)
        merged[shown.css] = (shown, merged.get(shown.css, (shown, 0))[1] + count)
    total = sum(count for _, count in merged.values())
    least = {css: _LEAST_HATCHED if shown.hatched else _LEAST for css, (shown, _) in merged.items()}
    free = width - (len(merged) - 1) * _BETWEEN - sum(least.values())
    for css, (shown, count) in merged.items():
        long = least[css] + free * count / total
        rect = f'x="{number(x)}" y="{number(y)}" width="{number(long)}" height="{number(height)}" rx="1.5"'
        faint = ' opacity=".4"' if shown.dashed and not shown.hatched else ""
        yield f'<rect class="{shown.css}" color="{ink(theme, shown)}" {rect} fill="currentColor"{faint}/>'
        if shown.hatched:
            yield f'<rect {rect} fill="url(#{name}-h)"/>'
        x += long + _BETWEEN
