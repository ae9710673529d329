"""What a picture is made from: nodes with a few words each, and edges between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from jupyter_flows.graph.pace import Pace
from jupyter_flows.model.states import PENDING, StateKind

NodeKind = Literal["task", "cell", "flow", "map"]


@dataclass(frozen=True, slots=True)
class Node:
    """One box of a picture, before it has a place.

    Parameters
    ----------
    key
        Its identity in the picture, stable from one picture of a run to the next.
    title
        The name to draw; any text.
    kind
        What it stands for; a ``map`` is drawn as a stack of cards.
    state_kind, state_name
        Where it stands.
    subtitle
        One line of useful words under the title.
    counts
        For a node that stands for several runs: state name to how many.
    tooltip
        More words, shown on hover and read aloud; the title, state and subtitle come before it.
    pace
        How long it takes beside how long it usually does, where that is known.
    opens
        Whether there is more inside that can be unfolded.
    """

    key: str
    title: str
    kind: NodeKind = "task"
    state_kind: StateKind = PENDING
    state_name: str = "Pending"
    subtitle: str = ""
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    tooltip: str = ""
    pace: Pace | None = None
    opens: bool = False


class Edge(NamedTuple):
    """One arrow of a picture; a tuple, since there may be many thousands.

    Parameters
    ----------
    source, target
        Keys of nodes; the source comes first.
    calls
        Whether the source called the target from inside, instead of coming before it: drawn dashed.
    """

    source: str
    target: str
    calls: bool = False
