from __future__ import annotations

import pytest

from jupyter_flows.cli.sparkline import sparkline


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        ([None, None], "··"),
        ([0.0, None], "▁·"),
        ([5.0, 5.0], "██"),
        ([1.0, 2.0, None, 4.0], "▂▄·█"),
        ([0.001, 100.0], "▁█"),
    ],
)
def test_bars_start_at_zero_and_a_dot_stands_for_nothing(values, drawn):
    assert sparkline(values) == drawn
