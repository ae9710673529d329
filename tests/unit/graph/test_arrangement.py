from __future__ import annotations

import re

from jupyter_flows.graph.arrangement import ARROW, Arrangement

CHAIN = [(n, n + 1) for n in range(7)]


def test_a_curve_begins_at_one_box_and_its_head_touches_the_next():
    part = Arrangement([(100.0, 48.0)] * 2, [(0, 1)], [0, 1], 1000)
    assert part.box(0) == (0, 0, 100, 48)
    left = part.box(1)[0]
    assert list(part.paths(10, 20)) == [f"M110 44H{left + 10 - ARROW:g}"]


def test_a_row_that_is_too_long_goes_on_below():
    part = Arrangement([(100.0, 48.0)] * 8, CHAIN, range(8), 600)
    tops = [part.box(node)[1] for node in range(8)]
    assert tops == sorted(tops)
    assert len(set(tops)) == 2
    assert part.width <= 700
    turning = [path for path in part.paths(0, 0) if path.count("C") == 2]
    assert len(turning) == 1
    assert all(0 <= float(x) <= part.width for x in re.findall(r"[CH ]([\d.]+) [\d.]+", turning[0]))


def test_rows_are_not_broken_where_many_edges_pass():
    edges = [(0, n) for n in range(1, 5)] + [(n, 5) for n in range(1, 5)]
    part = Arrangement([(100.0, 48.0)] * 6, edges, range(6), 50)
    assert part.box(0)[0] < part.box(1)[0] < part.box(5)[0]
