from __future__ import annotations

import re

from jupyter_flows.graph.svg_parts import number, segments


def test_lengths_are_written_short():
    assert [number(value) for value in (1.0, 1.26, 0.5)] == ["1", "1.3", "0.5"]


def test_a_bar_fills_its_box_and_hatches_what_failed():
    parts = list(segments({"Completed": 997, "TimedOut": 1, "Failed": 2}, (0, 0, 200, 4), "jf-x", "light"))
    assert len(parts) == 3
    assert "url(#jf-x-h)" in parts[2]
    found = [re.findall(r' (?:x|width)="([\d.]+)"', part) for part in parts[:2]]
    (x, width), (x2, width2) = ([float(value) for value in values] for values in found)
    assert x == 0
    assert x2 > x + width
    assert x2 + width2 == 200
    assert width2 >= 8
