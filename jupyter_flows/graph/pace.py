"""How long something took, beside how long it usually takes."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_flows.graph.durations import duration_words

_NOTABLE = 2.0  # times the usual
_LEAST = 1.0  # seconds more than usual that are worth a word


@dataclass(frozen=True, slots=True)
class Pace:
    """What took how long.

    Parameters
    ----------
    took
        Seconds, so far or in all.
    usual
        Seconds that it took in the middle of its earlier runs.
    """

    took: float
    usual: float

    @property
    def share(self) -> float:
        """How far along the gauge it is: half of it is the usual time, all of it twice that or more."""
        return min(1.0, self.took / (2.0 * self.usual)) if self.usual > 0 else 1.0

    @property
    def is_slow(self) -> bool:
        """Whether it took so much longer than usual that it is worth a word."""
        return self.took >= _NOTABLE * self.usual and self.took - self.usual >= _LEAST

    def __str__(self) -> str:
        said = f"usually {duration_words(self.usual)}"
        if self.is_slow and self.usual > 0:
            return f"{said}, {self.took / self.usual:.0f} times slower" if self.took < 100 * self.usual else said
        return said
