"""One connected part of a picture: its boxes in columns, its edges as curves, long rows broken where few edges pass."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from math import ceil

from jupyter_flows.graph.crossings import reduce_crossings
from jupyter_flows.graph.layers import Layers, Pair, layered
from jupyter_flows.graph.positions import settle

ARROW = 5.0
_COLUMN_GAP, _WIDEST_GAP, _SLOPE = 40.0, 120.0, 0.07
_STRAIGHT = 4.0  # how far a long edge may pass beside its station
_TURN = 26.0  # how far a curve swings out where a row is broken
_BAND_GAP, _LANE = 46.0, 8.0
_MOST_BROKEN = 2  # edges that may pass from one row to the next


class Arrangement:
    """Positions of one part.

    Parameters
    ----------
    sizes
        Width and height of each node in pixels; nodes are numbered from 0.
    edges
        Pairs without circles, each once.
    order
        Every node, each after everything before it.
    room
        Pixels to the right before a row is broken.
    hanging
        Those of the edges whose target hangs on the source without pulling at it.
    frames
        Nodes that keep a width of their own; all others of a column are as wide as the widest of them.
    """

    def __init__(
        self,
        sizes: Sequence[tuple[float, float]],
        edges: Sequence[Pair],
        order: Sequence[int],
        room: float,
        hanging: Collection[Pair] = (),
        frames: Collection[int] = (),
    ) -> None:
        self._layers = layered(len(sizes), edges, order)
        reduce_crossings(self._layers)
        stations = len(self._layers.left) - len(sizes)
        self._heights = [height for _, height in sizes] + [0.0] * stations
        self._middle = settle(self._layers, self._heights, _first_steps(self._layers, hanging))
        self._widths = [max(sizes[node][0] for node in c if node < len(sizes)) for c in self._layers.columns]
        self._own = _own_widths(self._layers, sizes, self._widths, frames)
        gaps = _gaps(self._layers, self._middle)
        breaks = _breaks(self._layers, self._widths, gaps, room)
        self._lanes: dict[Pair, float] = {}
        self._column = [0] * len(self._middle)
        self._lefts = self._across(gaps, set(breaks))
        self.height = self._down(breaks)
        margin = _TURN if breaks else 0.0
        self.width = max(x + w for x, w in zip(self._lefts, self._widths, strict=True)) + margin

    def _across(self, gaps: Sequence[float], breaks: set[int]) -> list[float]:
        lefts: list[float] = []
        x = start = _TURN if breaks else 0.0
        for index, column in enumerate(self._layers.columns):
            for node in column:
                self._column[node] = index
            lefts.append(x)
            x = start if index in breaks else x + self._widths[index] + gaps[index]
        return lefts

    def _down(self, breaks: Sequence[int]) -> float:
        top = 0.0
        first = 0
        for last in [*breaks, len(self._layers.columns) - 1]:
            nodes = [node for column in self._layers.columns[first : last + 1] for node in column]
            shift = top - min(self._middle[node] - self._heights[node] / 2 for node in nodes)
            for node in nodes:
                self._middle[node] += shift
            top = max(self._middle[node] + self._heights[node] / 2 for node in nodes)
            if last in breaks:
                passing = [(a, b) for a in self._layers.columns[last] for b in self._layers.right[a]]
                for lane, pair in enumerate(passing):
                    self._lanes[pair] = top + _BAND_GAP / 2 + lane * _LANE
                top += _BAND_GAP + max(0, len(passing) - 1) * _LANE
            first = last + 1
        return top

    def box(self, node: int) -> tuple[float, float, float, float]:
        """Left, top, width and height of a node, within this part."""
        column = self._column[node]
        height = self._heights[node]
        return self._lefts[column], self._middle[node] - height / 2, self._own[node], height

    def paths(self, dx: float, dy: float) -> Iterator[str]:
        """Give each edge's curve as SVG path data, in the order of the edges, moved by ``(dx, dy)``."""
        for route in self._layers.routes:
            x, y = self._lefts[self._column[route[0]]] + self._own[route[0]] + dx, self._middle[route[0]] + dy
            path = [f"M{_n(x)} {_n(y)}"]
            for here, there in pairwise(route):
                end = there == route[-1]
                x2 = self._lefts[self._column[there]] + dx - (ARROW if end else 0.0)
                y2 = self._middle[there] + dy
                lane = self._lanes.get((here, there))
                if lane is None and not end and abs(y2 - y) <= _STRAIGHT:
                    continue  # it runs straight on
                if x != (left := self._right_of(here, dx)):
                    path.append(f"H{_n(left)}")
                    x = left
                path.append(_curve(x, y, x2, y2) if lane is None else _turn(x, y, x2, y2, lane + dy))
                x, y = x2, y2
            yield "".join(path)

    def _right_of(self, node: int, dx: float) -> float:
        column = self._column[node]
        return self._lefts[column] + self._widths[column] + dx


def _own_widths(
    layers: Layers, sizes: Sequence[tuple[float, float]], widths: Sequence[float], frames: Collection[int]
) -> list[float]:
    own = [0.0] * len(layers.left)
    for column, width in zip(layers.columns, widths, strict=True):
        usual = max((sizes[node][0] for node in column if node < len(sizes) and node not in frames), default=width)
        for node in column:
            own[node] = sizes[node][0] if node in frames else usual
    return own


def _first_steps(layers: Layers, edges: Collection[Pair]) -> set[Pair]:
    return {
        (route[0], route[1]) for route in layers.routes if (route[0], route[-1]) in edges and _routed(layers, route)
    }


def _routed(layers: Layers, route: Sequence[int]) -> bool:
    return len(route) > 2 or route[1] in layers.right[route[0]]


def _gaps(layers: Layers, middle: Sequence[float]) -> list[float]:
    # Steep curves need room.
    gaps: list[float] = []
    for column in layers.columns:
        climb = max([abs(middle[a] - middle[b]) for a in column for b in layers.right[a]], default=0.0)
        gaps.append(min(_COLUMN_GAP + climb * _SLOPE, _WIDEST_GAP))
    return gaps


def _breaks(layers: Layers, widths: Sequence[float], gaps: Sequence[float], room: float) -> list[int]:
    # The columns after which a new row begins.
    total = sum(widths) + sum(gaps[:-1])
    if total <= room or not all(_routed(layers, route) for route in layers.routes):
        return []
    # Rows of about equal length, so that the last is no stump.
    room = min(room, total / ceil(total / room) + max(widths))
    breaks: list[int] = []
    width, fitting, fewest = 0.0, -1, 0
    for index, column in enumerate(layers.columns):
        width += widths[index]
        if width > room and fitting >= 0:
            breaks.append(fitting)
            width = sum(widths[fitting + 1 : index + 1]) + sum(gaps[fitting + 1 : index])
            fitting = -1
        passing = sum(len(layers.right[node]) for node in column)
        # As late as it goes, but not where more edges pass than somewhere in the row's second half.
        if passing <= _MOST_BROKEN and (fitting < 0 or passing <= fewest):
            fitting, fewest = index, passing if width > room / 2 else _MOST_BROKEN
        width += gaps[index]
    return breaks


def _curve(x: float, y: float, x2: float, y2: float) -> str:
    if abs(y - y2) < 0.5:
        return f"H{_n(x2)}" if round(y) == round(y2) else f"L{_n(x2)} {_n(y2)}"
    # Steps from where the path has come to, in whole pixels: a saved picture is mostly made of these.
    wide, tall = round(x2) - round(x), round(y2) - round(y)
    return f"c{wide // 2} 0 {wide // 2} {tall} {wide} {tall}"


def _turn(x: float, y: float, x2: float, y2: float, lane: float) -> str:
    out, back = x + _TURN, x2 - _TURN + ARROW
    return (
        f"C{_n(out)} {_n(y)} {_n(out)} {_n(lane)} {_n(x)} {_n(lane)}H{_n(x2)}"
        f"C{_n(back)} {_n(lane)} {_n(back)} {_n(y2)} {_n(x2)} {_n(y2)}"
    )


def _n(value: float) -> str:
    return str(round(value))
