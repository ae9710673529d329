"""Round times along a clock."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_flows.graph.durations import duration_words

_STEPS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400),
)
_MOST = 8


def ticks(length: float) -> Iterator[tuple[float, str]]:
    """Give round times from 0 to at most ``length`` seconds, eight at most, with their words.

    >>> [words for _, words in ticks(12.4)]
    ['0 s', '2 s', '4 s', '6 s', '8 s', '10 s', '12 s']
    """
    step = next((step for step in _STEPS if length / step < _MOST), 86400 * (1 + int(length / (_MOST * 86400))))
    number = 0
    while number * step <= length:
        at = number * step
        yield at, f"{at:g} s" if at < 60 and step >= 0.1 else duration_words(at)
        number += 1
