"""A graph with a place for everything, from left to right: what SVG, widget and panel draw alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from zlib import crc32

from jupyter_flows.graph.arrangement import Arrangement
from jupyter_flows.graph.layers import Pair, forward
from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.packing import grid_columns, parts, shelves
from jupyter_flows.graph.palette import RETRYING, RUNNING, look
from jupyter_flows.graph.paths import moved
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.positions import GAP
from jupyter_flows.graph.text_width import BOLD, fit_name, text_width
from jupyter_flows.model.states import StateKind

TITLE_SIZE, WORDS_SIZE = 12.5, 11.5
TEXT_LEFT, TEXT_RIGHT = 36.0, 12.0
_HEIGHT, _STACK_HEIGHT = 48.0, 56.0
_LEAST_WIDTH, _MOST_WIDTH = 124.0, 236.0
_PART_GAP, _GRID_GAP = 30.0, 28.0
FRAME_TOP, FRAME_SIDE = 40.0, 14.0  # what a frame has above, and around, what is in it
SWITCH = 16.0  # beside the title, to unfold a box
FRAME_TITLE = 23.0  # how far below a frame's top its title stands
_SHORT = 0xFFFFFF  # of an id: it stands before every other one in the drawing
ROOM = 1180.0  # of a row before it is broken: about the width of a cell's output


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A node and its box, in pixels from the top left of the graph.

    Parameters
    ----------
    is_open
        Whether it is unfolded: a frame around the nodes that follow it and whose keys begin with its own.
    """

    node: Node
    x: float
    y: float
    width: float
    height: float
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """An edge and its curve.

    Parameters
    ----------
    source, target
        Keys of nodes.
    path
        SVG path data, leftmost end first.
    calls
        Whether the source called the target.
    live
        Whether what it leads to is under way.
    turned
        Whether the edge points left (it closes a circle): the arrow's head is at the path's start.
    """

    source: str
    target: str
    path: str
    calls: bool = False
    live: bool = False
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The line above a run's picture.

    Parameters
    ----------
    title, subtitle
        The flow's name; which run, and with which parameters.
    state_kind, state_name
        Where the run stands.
    alert
        A few words that must not be missed while it runs, such as ``1 failed``.
    time
        How long it took, or has taken so far.
    counts
        State name to number of task runs: the bar over the whole run.
    """

    title: str
    subtitle: str = ""
    state_kind: StateKind | None = None
    state_name: str = ""
    alert: str = ""
    time: str = ""
    counts: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph with a place for everything.

    Parameters
    ----------
    nodes, curves
        Nodes in the order they were given, what is in a frame after the frame; curves too, calls after all others.
    width, height
        Of the graph itself, in pixels.
    name
        Deterministic start of every id in the drawing, a valid XML name; differs from picture to picture.
    header
        The line above, if any.
    notice
        What is not shown, such as how many nodes are folded.
    cause
        For a failed run: which task, which exception.
    hidden
        How many boxes were folded away.
    """

    nodes: tuple[PlacedNode, ...]
    curves: tuple[Curve, ...]
    width: float
    height: float
    name: str
    header: Header | None = None
    notice: str = ""
    cause: str = ""
    hidden: int = 0


def picture(
    nodes: Iterable[Node],
    edges: Iterable[Edge] = (),
    *,
    name: str = "",
    room: float = ROOM,
    header: Header | None = None,
    notice: str = "",
    cause: str = "",
    hidden: int = 0,
    like: Picture | None = None,
    insides: Mapping[str, Picture] | None = None,
) -> Picture:
    """Give every node and edge a place.

    Layered from left to right; parts without an edge between them are packed side by side, nodes without any edge
    stand in a block. The same input always gives the same picture; the order of input breaks all ties.

    Parameters
    ----------
    nodes, edges
        Edges to themselves, repeated ones and ones with an unknown end are left out; of an edge given both
        as a call and plainly, the plain one stays.
    name
        Start of every id in the drawing, such as the run's id; made from the content when empty.
    room
        Pixels to the right before a long row is broken, where at most two edges pass.
    header, notice, cause, hidden
        Words around the graph, and how many boxes are folded away.
    like
        An earlier picture of the same run: boxes never shrink from one to the next, and as long as no node, edge or
        width is new, everything keeps its place.
    insides
        Of nodes that are unfolded, what is in them; their own nodes have keys that no other node has.

    Returns
    -------
    Picture
    """
    unique = list({node.key: node for node in nodes}.values())
    kept = _kept(unique, edges)
    opened = insides or {}
    sizes = _sizes(unique, like, opened)
    identity = _identifier(name, unique, kept)
    if like is not None and not opened and (places := _unmoved(like, unique, kept, sizes)) is not None:
        return replace(
            like,
            nodes=places[0],
            curves=places[1],
            name=identity,
            header=header,
            notice=notice,
            cause=cause,
            hidden=hidden,
        )
    number = {node.key: index for index, node in enumerate(unique)}
    pairs = [(number[edge.source], number[edge.target]) for edge in kept]
    order, turned = forward(len(unique), pairs)
    straight = [(b, a) if index in turned else (a, b) for index, (a, b) in enumerate(pairs)]
    hanging = {pair for edge, pair in zip(kept, straight, strict=True) if edge.calls}
    frames = {number[key] for key in opened if key in number}
    # Rows are broken where they were before something was unfolded in them.
    room += sum(max(0.0, sizes[frame][0] - _size(unique[frame])[0]) for frame in frames)
    boxes, paths, width, height = _arranged(sizes, straight, order, room, hanging, frames)
    placed: list[PlacedNode] = []
    curves = [
        Curve(edge.source, edge.target, paths[pair], edge.calls, _live(unique[number[edge.target]]), index in turned)
        for index, (edge, pair) in enumerate(zip(kept, straight, strict=True))
    ]
    for node, box in zip(unique, boxes, strict=True):
        placed.append(frame := PlacedNode(node, *box, node.key in opened))
        if frame.is_open:
            _fill(frame, opened[node.key], placed, curves)
    return Picture(tuple(placed), tuple(curves), width, height, identity, header, notice, cause, hidden)


def _fill(frame: PlacedNode, inside: Picture, placed: list[PlacedNode], curves: list[Curve]) -> None:
    dx, dy = frame.x + FRAME_SIDE, frame.y + FRAME_TOP
    placed += [replace(one, x=one.x + dx, y=one.y + dy) for one in inside.nodes]
    curves += [replace(curve, path=moved(curve.path, dx, dy)) for curve in inside.curves]


def _sizes(nodes: Sequence[Node], like: Picture | None, insides: Mapping[str, Picture]) -> list[tuple[float, float]]:
    sizes = [_framed(node, insides[node.key]) if node.key in insides else _size(node) for node in nodes]
    if like is None:
        return sizes
    before = {
        placed.node.key: (placed.width, placed.height)
        for placed in like.nodes
        if not placed.is_open and placed.node.key not in insides
    }
    widest = [(before.get(node.key, size), size) for node, size in zip(nodes, sizes, strict=True)]
    return [(max(old[0], new[0]), max(old[1], new[1])) for old, new in widest]


def _unmoved(
    like: Picture, nodes: Sequence[Node], edges: Sequence[Edge], sizes: Sequence[tuple[float, float]]
) -> tuple[tuple[PlacedNode, ...], tuple[Curve, ...]] | None:
    """Put new words into old places, where everything still fits."""
    if [(p.node.key, p.width, p.height) for p in like.nodes] != [
        (n.key, *s) for n, s in zip(nodes, sizes, strict=True)
    ]:
        return None
    if [(c.source, c.target, c.calls) for c in like.curves] != [(e.source, e.target, e.calls) for e in edges]:
        return None
    by_key = {node.key: node for node in nodes}
    placed = tuple(replace(place, node=node) for place, node in zip(like.nodes, nodes, strict=True))
    return placed, tuple(replace(curve, live=_live(by_key[curve.target])) for curve in like.curves)


def _kept(nodes: Sequence[Node], edges: Iterable[Edge]) -> list[Edge]:
    known = {node.key for node in nodes}
    kept: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        ends = (edge.source, edge.target)
        if edge.source != edge.target and edge.source in known and edge.target in known:
            kept[ends] = edge if ends not in kept or kept[ends].calls else kept[ends]
    # What is called comes after what follows, and so hangs below it.
    return sorted(kept.values(), key=lambda edge: edge.calls)


def _live(target: Node) -> bool:
    return look(target.state_name, target.state_kind).css in {RUNNING.css, RETRYING.css}


def _size(node: Node) -> tuple[float, float]:
    title = text_width(plain(node.title, 60), TITLE_SIZE) * BOLD
    words = text_width(plain(node.subtitle, 60), WORDS_SIZE) if node.subtitle else 0.0
    title += SWITCH if node.opens else 0.0
    width = min(max(_LEAST_WIDTH, TEXT_LEFT + max(title, words) + TEXT_RIGHT), _MOST_WIDTH)
    return float(round(width)), _STACK_HEIGHT if node.counts or node.kind == "map" else _HEIGHT


def words_offset(placed: PlacedNode) -> tuple[float, float]:
    """How far right of a box's edge, and below its title, its words begin: under the title, in a frame behind it."""
    if not placed.is_open:
        return TEXT_LEFT, 16.0
    title = fit_name(plain(placed.node.title), TITLE_SIZE * BOLD, placed.width - TEXT_LEFT - TEXT_RIGHT)
    return TEXT_LEFT + text_width(title, TITLE_SIZE) * BOLD + 10.0 + SWITCH, 0.0


def _framed(node: Node, inside: Picture) -> tuple[float, float]:
    words = f"{plain(node.title, 60)}  {plain(node.subtitle, 60)}"
    head = min(text_width(words, TITLE_SIZE) * BOLD + TEXT_LEFT + FRAME_TOP, _MOST_WIDTH * 2)
    return max(inside.width + 2 * FRAME_SIDE, float(round(head))), inside.height + FRAME_TOP + FRAME_SIDE


def _identifier(name: str, nodes: Sequence[Node], edges: Sequence[Edge]) -> str:
    if name and all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in name):
        return f"jf{crc32(name.encode()) & _SHORT:06x}"
    content = [name, *(f"{node.key}\1{node.title}\1{node.state_name}" for node in nodes)]
    text = "\0".join([*content, *(f"{edge.source}\1{edge.target}" for edge in edges)])
    return f"jf{crc32(text.encode('utf-8', 'surrogatepass')) & _SHORT:06x}"


Box = tuple[float, float, float, float]


def _arranged(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[Pair],
    order: Sequence[int],
    room: float,
    hanging: Collection[Pair],
    frames: Collection[int] = (),
) -> tuple[list[Box], dict[Pair, str], float, float]:
    members, alone = parts(len(sizes), edges)
    members += [[node] for node in alone if node in frames]  # it would widen all the others
    alone = [node for node in alone if node not in frames]
    group_of = {node: index for index, group in enumerate(members) for node in group}
    own_edges: list[list[Pair]] = [[] for _ in members]
    own_order: list[list[int]] = [[] for _ in members]
    place = {node: index for group in members for index, node in enumerate(group)}
    for edge in dict.fromkeys(edges):
        own_edges[group_of[edge[0]]].append(edge)
    for node in order:
        if node in group_of:
            own_order[group_of[node]].append(place[node])
    blocks = [
        Arrangement(
            [sizes[node] for node in group],
            [(place[a], place[b]) for a, b in own],
            order,
            room,
            {(place[a], place[b]) for a, b in own if (a, b) in hanging},
            {place[node] for node in group if node in frames},
        )
        for group, own, order in zip(members, own_edges, own_order, strict=True)
    ]
    grid, grid_size = _grid([sizes[node] for node in alone])
    spots = shelves([(block.width, block.height) for block in blocks] + ([grid_size] if alone else []), _PART_GAP)
    boxes: list[Box] = [(0.0, 0.0, 0.0, 0.0)] * len(sizes)
    paths: dict[Pair, str] = {}
    for block, group, own, (dx, dy) in zip(blocks, members, own_edges, spots, strict=False):
        for node in group:
            x, y, w, h = block.box(place[node])
            boxes[node] = (float(round(x + dx)), float(round(y + dy)), w, h)
        paths.update(zip(own, block.paths(dx, dy), strict=True))
    for node, (x, y, w, h) in zip(alone, grid, strict=True):
        boxes[node] = (x + spots[-1][0], y + spots[-1][1], w, h)
    width = max((x + w for x, _, w, _ in boxes), default=0.0)
    width = max([width, *(spot[0] + block.width for spot, block in zip(spots, blocks, strict=False))])
    height = max((y + h for _, y, _, h in boxes), default=0.0)
    return boxes, paths, float(ceil(width)), float(ceil(height))


def _grid(sizes: Sequence[tuple[float, float]]) -> tuple[list[Box], tuple[float, float]]:
    if not sizes:
        return [], (0.0, 0.0)
    width, height = max(w for w, _ in sizes), max(h for _, h in sizes)
    columns = grid_columns(len(sizes), width + _GRID_GAP, height + GAP)
    boxes = [
        (index % columns * (width + _GRID_GAP), index // columns * (height + GAP), width, size[1])
        for index, size in enumerate(sizes)
    ]
    return boxes, (max(x + w for x, _, w, _ in boxes), max(y + h for _, y, _, h in boxes))
