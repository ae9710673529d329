"""Times in the words of a picture: short, and never more precise than they are useful."""

from __future__ import annotations


def duration_words(seconds: float) -> str:
    """Say how long something took.

    Parameters
    ----------
    seconds
        Elapsed time; a negative one (clocks that disagree) counts as nothing.

    >>> [duration_words(s) for s in (0.004, 0.31, 12.4, 184, 3 * 3600 + 5 * 60)]
    ['4 ms', '0.3 s', '12 s', '3 min 4 s', '3 h 5 min']
    """
    if seconds < 0.0005:
        return "0 s"
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, name, part, part_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= unit:
            rest = whole % unit // part
            return f"{whole // unit} {name} {rest} {part_name}" if rest else f"{whole // unit} {name}"
    return f"{whole} s"


def elapsed(started: float | None, ended: float | None, now: float | None = None) -> str:
    """Say the time between two instants in seconds since the epoch, up to ``now`` while open; empty when unknown."""
    last = ended if ended is not None else now
    return "" if started is None or last is None else duration_words(last - started)
