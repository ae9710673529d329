"""A graph as the values that the page draws, and the difference between two of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from jupyter_flows.graph.palette import Look, along_a_bar, look
from jupyter_flows.graph.picture import (
    SWITCH,
    TEXT_LEFT,
    TEXT_RIGHT,
    TITLE_SIZE,
    WORDS_SIZE,
    Curve,
    Header,
    Picture,
    PlacedNode,
    words_offset,
)
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.text_width import BOLD, fit, fit_name

Json = dict[str, Any]


def snapshot(graph: RunGraph, unfolded: Picture | None = None, opened: Collection[str] = ()) -> Json:
    """Give everything that the page needs to draw a graph; every text is `plain` and short.

    Parameters
    ----------
    unfolded, opened
        The picture to draw instead of the graph's own, and which boxes were asked to be unfolded in it.
    """
    drawn = unfolded or graph.picture
    # Boxes can be opened where somebody is there to do it.
    foldings: Json = {"opened": sorted(opened), "hidden": drawn.hidden}
    return {
        **(foldings if graph.unfold is not None else {}),
        "run": graph.run_id or ("cells" if graph.boxes else ""),
        "final": not graph.is_under_way,
        "width": drawn.width,
        "height": drawn.height,
        "header": None if drawn.header is None else _header(drawn.header),
        "notice": plain(drawn.notice, 400),
        "cause": plain(drawn.cause, 600),
        "nodes": [_node(placed, opens=graph.unfold is not None) for placed in drawn.nodes],
        "edges": [_edge(curve) for curve in drawn.curves],
        "looks": {shown.css: look_json(shown) for shown in _looks(drawn)},
    }


def difference(before: Json, after: Json) -> Json | None:
    """Give what changed: whole again where nodes or edges came, went or moved, else only the nodes that differ."""
    if before == after:
        return None
    if [_place(node) for node in before["nodes"]] != [_place(node) for node in after["nodes"]]:
        return {"type": "whole", "whole": after}
    if [edge["d"] for edge in before["edges"]] != [edge["d"] for edge in after["edges"]]:
        return {"type": "whole", "whole": after}
    changed = [new for old, new in zip(before["nodes"], after["nodes"], strict=True) if old != new]
    live = [index for index, edge in enumerate(after["edges"]) if edge["live"]]
    words = {name: after[name] for name in ("run", "final", "header", "notice", "cause")}
    looks = {css: value for css, value in after["looks"].items() if css not in before["looks"]}
    if before.get("opened") != after.get("opened"):
        return {"type": "whole", "whole": after}
    return {"type": "patch", **words, "looks": looks, "nodes": changed, "live": live}


def _place(node: Json) -> tuple[object, ...]:
    return node["key"], node["x"], node["y"], node["w"], node["h"]


def counts_json(counts: Mapping[str, int]) -> list[list[object]]:
    """Give a bar's segments in their order: class of the look, state name, number."""
    return [[look(name).css, plain(name, 40), number] for name, number in along_a_bar(counts)]


def look_json(shown: Look) -> Json:
    """Give a look as the page uses it."""
    return {
        "light": shown.light,
        "dark": shown.dark,
        "icon": shown.icon,
        "filled": shown.filled,
        "hatched": shown.hatched,
    }


def _looks(drawn: Picture) -> Iterable[Look]:
    yield from (look("Running"), look("Failed"))
    for placed in drawn.nodes:
        yield look(placed.node.state_name, placed.node.state_kind)
        yield from map(look, placed.node.counts)
    if drawn.header:
        yield look(drawn.header.state_name, drawn.header.state_kind)
        yield from map(look, drawn.header.counts)


def _header(header: Header) -> Json:
    return {
        "title": plain(header.title, 80),
        "subtitle": plain(header.subtitle, 120),
        "css": look(header.state_name, header.state_kind).css,
        "state": plain(header.state_name, 40),
        "alert": plain(header.alert, 60),
        "time": header.time,
        "counts": counts_json(header.counts),
    }


def _node(placed: PlacedNode, *, opens: bool) -> Json:
    node = placed.node
    shown = look(node.state_name, node.state_kind)
    room = placed.width - TEXT_LEFT - TEXT_RIGHT + 4
    title = plain(node.title)
    folding: Json = {"opens": True, "open": placed.is_open} if opens and node.opens else {}
    return {
        **folding,
        "key": node.key,
        "x": placed.x,
        "y": placed.y,
        "w": placed.width,
        "h": placed.height,
        "kind": node.kind,
        "css": shown.css,
        "dashed": shown.dashed,
        "state": plain(node.state_name, 40),
        "title": fit_name(title, TITLE_SIZE * BOLD, room - (SWITCH if folding else 0.0)) or "·",
        "name": plain(node.title, 200),
        "words": fit(plain(node.subtitle), WORDS_SIZE, room),
        **({"inset": round(words_offset(placed)[0])} if placed.is_open else {}),
        "more": plain(" · ".join(part for part in (node.subtitle, node.tooltip) if part), 300),
        "counts": counts_json(node.counts),
        "pace": None if node.pace is None else [round(node.pace.share, 2), node.pace.is_slow],
    }


def _edge(curve: Curve) -> Json:
    return {
        "from": curve.source,
        "to": curve.target,
        "d": curve.path,
        "calls": curve.calls,
        "live": curve.live,
        "turned": curve.turned,
    }
