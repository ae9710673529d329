"""What is inside a box that stands for several task runs: boxes again, which can be unfolded in their turn.

A box inside has the key of the box around it, a slash and a key of its own, so that a key is the way to its box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jupyter_flows.graph.folding import folded, joined
from jupyter_flows.graph.groups import Group, group_edges, grouped
from jupyter_flows.graph.node import Edge
from jupyter_flows.graph.wording import run_label
from jupyter_flows.model.states import BAD, CANCELLED, COMPLETED, PENDING, SCHEDULED

SHOWN = 48  # boxes in a frame; more than a screen cannot be taken in
ALL_SHOWN = 2500  # where everything is asked for
EVERYTHING = "*"  # stands for the keys of all boxes that only folding made
_QUIET = frozenset({COMPLETED, CANCELLED, PENDING, SCHEDULED})


def members(group: Group, shown: int = SHOWN) -> tuple[list[Group], list[Edge]]:
    """Return the boxes inside a group, with keys that begin with its own, and the edges between them.

    The children of a map stand side by side. Where there are more than ``shown``, those that failed come first, then
    what is under way, and the rest is one box. Of what was folded together, the edges are kept as far as they fit.
    """
    inner = [_child(group, number) for number in range(len(group.runs))] if group.mapped else grouped(group.runs)
    edges = [] if group.mapped else group_edges(inner)
    if len(inner) > shown and edges:
        inner, edges = folded(inner, edges, shown)
    if len(inner) == 1:  # folding has only given the box again
        inner, edges = [_child(group, number) for number in range(len(group.runs))], []
    if len(inner) > shown:
        inner, edges = _worst_first(inner, shown), []
    return inside(group.key, inner, edges)


def inside(key: str, groups: Sequence[Group], edges: Sequence[Edge]) -> tuple[list[Group], list[Edge]]:
    """Give groups and edges as those inside the box of this key."""
    return (
        [replace(group, key=f"{key}/{group.key}") for group in groups],
        [Edge(f"{key}/{edge.source}", f"{key}/{edge.target}", edge.calls) for edge in edges],
    )


def find_group(groups: Sequence[Group], key: str, shown: int = SHOWN) -> Group | None:
    """Return the group to which a key leads, into boxes within boxes."""
    found = next((group for group in groups if key == group.key or key.startswith(f"{group.key}/")), None)
    if found is None or found.key == key:
        return found
    return find_group(members(found, shown)[0], key, shown) if len(found.runs) > 1 else None


def _child(group: Group, number: int) -> Group:
    run = group.runs[number]
    return Group(str(run.number), run_label(run), (run,))


def _worst_first(groups: Sequence[Group], shown: int) -> list[Group]:
    ordered = sorted(groups, key=_rank)
    rest = joined(sorted(ordered[shown - 1 :], key=lambda group: group.runs[0].number))
    return [*ordered[: shown - 1], replace(rest, title=f"{len(ordered) - shown + 1:,} more")]


def _rank(group: Group) -> tuple[int, int]:
    kinds = {run.state.kind for run in group.runs}
    urgency = 0 if kinds & BAD else 1 if kinds - _QUIET else 2
    return urgency, group.runs[0].number


__all__ = ["ALL_SHOWN", "EVERYTHING", "SHOWN", "find_group", "inside", "members"]
