from __future__ import annotations

import pytest

from jupyter_flows.graph.durations import duration_words, elapsed


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.0042, "4 ms"),
        (0.0996, "0.1 s"),
        (0.3, "0.3 s"),
        (9.96, "10 s"),
        (12.4, "12 s"),
        (59.7, "1 min"),
        (184, "3 min 4 s"),
        (3600, "1 h"),
        (11100, "3 h 5 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_durations_are_short_words(seconds: float, words: str):
    assert duration_words(seconds) == words


def test_elapsed_is_empty_while_nothing_is_known():
    assert elapsed(None, 5.0, 6.0) == ""
    assert elapsed(1.0, None) == ""
    assert elapsed(1.0, None, 4.0) == "3.0 s"
    assert elapsed(1.0, 3.0, 9.0) == "2.0 s"
