"""The layout against dagre's, on graphs of real runs: crossings and the length of what is drawn.

A stretch that several edges share is one line on the screen and counts once, for both. The largest graph is compared as
it is shown, folded: dagre takes minutes for all of it.
"""

from __future__ import annotations

import json
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jupyter_flows.graph.folding import folded
from jupyter_flows.graph.groups import group_edges, grouped
from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.picture import picture
from jupyter_flows.model.runs import TaskRun
from jupyter_flows.model.states import State, StateKind

ROOT = Path(__file__).parents[2]
DATA = ROOT / "benchmarks" / "data"
DAGRE = ROOT / "labextension" / "tests" / "dagre.mjs"

Line = list[tuple[float, float]]


def read(name: str) -> tuple[list[str], list[tuple[int, int]]]:
    """Names of the tasks, and edges by index."""
    found = json.loads((DATA / f"{name}.json").read_text())
    return [task[1] for task in found["tasks"]], sorted({(a, b) for a, b in found["edges"]})


def as_shown(titles: list[str], edges: list[tuple[int, int]]) -> tuple[list[str], list[tuple[int, int]]]:
    """The graph as a run of it is drawn: folded where it is large."""
    parents: dict[int, list[int]] = {}
    for parent, child in edges:
        parents.setdefault(child, []).append(parent + 1)
    state = State(StateKind.COMPLETED, "Completed")
    runs = [
        TaskRun("r", n, title, title, "task", (), tuple(parents.get(n - 1, ())), 0, 0, 0, state, 1, 0.0, 0.0, 1.0)
        for n, title in enumerate(titles, 1)
    ]
    groups = grouped(runs)
    kept, between = folded(groups, group_edges(groups))
    place = {group.key: index for index, group in enumerate(kept)}
    return [group.title for group in kept], [(place[edge.source], place[edge.target]) for edge in between]


def points(path: str) -> Line:
    """The ends of the stretches of a curve."""
    line: Line = []
    for command, numbers in re.findall(r"([MLCHc])([^MLCHc]*)", path):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "c":
            line.append((line[-1][0] + values[-2], line[-1][1] + values[-1]))
        else:
            line.append((values[0], line[-1][1]) if command == "H" else (values[-2], values[-1]))
    return line


def shared(lines: list[Line]) -> set[tuple[tuple[float, float], ...]]:
    """Every stretch once: level ones cut where another ends on them, so that what two share is the same for both."""
    ends: dict[float, list[float]] = {}
    for x, y in {point for line in lines for point in line}:
        ends.setdefault(y, []).append(x)
    found: set[tuple[tuple[float, float], ...]] = set()
    for one, other in (sorted(pair) for line in lines for pair in pairwise(line)):
        between = sorted(x for x in ends[one[1]] if one[0] < x < other[0]) if one[1] == other[1] else []
        found.update(pairwise([one, *((x, one[1]) for x in between), other]))
    return found


def measured(lines: list[Line]) -> tuple[int, float]:
    """How often stretches cross, and how long all of them are."""
    ends: Any = np.array([(*a, *b) for a, b in shared(lines)])
    x1, y1, x2, y2 = ends.T
    crossings = 0
    for here in range(len(ends)):
        rest = slice(here + 1, None)

        def side(ax: Any, ay: Any, bx: Any, by: Any, cx: Any, cy: Any) -> Any:
            return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)

        ours = [(x1[here], y1[here]), (x2[here], y2[here])]
        theirs = [(x1[rest], y1[rest]), (x2[rest], y2[rest])]
        one, other = (side(*ours[0], *ours[1], *end) for end in theirs)
        third, fourth = (side(*theirs[0], *theirs[1], *end) for end in ours)
        crossings += int(np.sum((one * other < -1e-6) & (third * fourth < -1e-6)))
    return crossings, float(np.hypot(x2 - x1, y2 - y1).sum())


@pytest.mark.needs("node")
@pytest.mark.skipif(not (DAGRE.parents[1] / "node_modules").is_dir(), reason="`make widget` installs dagre")
@pytest.mark.parametrize(
    "name",
    [
        "srasearch-chameleon-10a-003",
        "rnaseq-dirt02-001",
        "seismology-chameleon-400p-001",
        "1000genome-chameleon-20ch-100k-001",
        "montage-chameleon-2mass-05d-001",
    ],
)
def test_edges_cross_and_measure_at_most_a_tenth_more_than_those_of_dagre(name: str):
    titles, edges = read(name)
    if len(titles) > 1000:
        titles, edges = as_shown(titles, edges)
    nodes = [Node(str(index), title) for index, title in enumerate(titles)]
    ours = picture(nodes, [Edge(str(a), str(b)) for a, b in edges], room=1e9)
    asked = {"nodes": [[place.width, place.height] for place in ours.nodes], "edges": edges}
    answer = subprocess.run(
        ["node", str(DAGRE)], input=json.dumps(asked), text=True, stdout=subprocess.PIPE, check=True, timeout=110
    )
    theirs = [[(x, y) for x, y in line] for line in json.loads(answer.stdout)["lines"]]
    crossings, length = measured([points(curve.path) for curve in ours.curves])
    their_crossings, their_length = measured(theirs)
    print(f"{name}: {crossings} crossings to {their_crossings}, length {length / their_length:.2f} of theirs")
    assert crossings <= 1.1 * their_crossings
    assert length <= 1.1 * their_length
