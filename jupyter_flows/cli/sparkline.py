"""A row of numbers as a row of bars, one column each."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"


def sparkline(values: Sequence[float | None]) -> str:
    """Draw bars from zero to the largest value, so that steady numbers look steady; a dot where there is none.

    >>> sparkline([1.0, 2.0, None, 4.0])
    '▂▄·█'
    """
    top = max((value for value in values if value is not None), default=0.0)
    if top <= 0.0:
        return "".join(_NOTHING if value is None else _BARS[0] for value in values)
    last = len(_BARS) - 1
    return "".join(
        _NOTHING if value is None else _BARS[min(last, int(value / top * len(_BARS) - 1e-9))] for value in values
    )


__all__ = ["sparkline"]
