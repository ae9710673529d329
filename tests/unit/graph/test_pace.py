from __future__ import annotations

import pytest

from jupyter_flows.graph.pace import Pace


@pytest.mark.parametrize(
    ("took", "usual", "share", "slow", "words"),
    [
        (1.0, 1.0, 0.5, False, "usually 1.0 s"),
        (0.5, 1.0, 0.25, False, "usually 1.0 s"),
        (9.0, 3.0, 1.0, True, "usually 3.0 s, 3 times slower"),
        (0.02, 0.002, 1.0, False, "usually 2 ms"),
        (1.0, 0.0, 1.0, True, "usually 0 s"),
    ],
)
def test_a_pace_is_told_and_slowness_only_where_it_matters(took, usual, share, slow, words):
    pace = Pace(took, usual)
    assert (pace.share, pace.is_slow, str(pace)) == (share, slow, words)
