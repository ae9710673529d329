"""The clock: whether it moves as it should, is later than what is on record, and knows its time zone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jupyter_flows.services.health.finding import FAIL, OK, WARN, Finding
from jupyter_flows.store.named_rows import Rows

_LOOKED_AT = 0.1  # seconds
_TRIES = 3
_APART = 0.02  # seconds that two clocks may differ over that time
_BUILT = 1_767_225_600.0  # 2026-01-01: no run of this version was earlier
_FUTURE = 60.0  # seconds by which a run may seem to lie ahead of another machine's clock


def look_at_clock(store: Rows | None) -> Iterator[Finding]:
    """Look at the clock.

    Parameters
    ----------
    store
        Has the newest run; None where there is no store.
    """
    now = time.time()
    yield _clock(now, _steady_drift(), _newest(store))
    yield _zone(now)


def _steady_drift() -> float:
    """The drift that every try shows: a busy machine may stop a process between two looks at clocks."""
    least = _drift()
    for _ in range(_TRIES - 1):
        if abs(least) <= _APART:
            break
        least = min(least, _drift(), key=abs)
    return least


def _drift() -> float:
    """How much further the clock of the wall moves than the steady one, in seconds, over a short time."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(_LOOKED_AT)
    return (time.time() - wall) - (time.monotonic() - steady)


def _newest(store: Rows | None) -> float:
    return 0.0 if store is None else store.rows("SELECT max(created_at) FROM flow_runs")[0][0] or 0.0


def _clock(now: float, drift: float, newest: float) -> Finding:
    shown = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if now < _BUILT:
        return Finding(FAIL, "clock", f"it says {shown}, which is past", "set the clock; schedules go by it")
    if newest > now + _FUTURE:
        said = f"it says {shown}, and the newest run began {newest - now:,.0f} s later: the clock was set back"
        return Finding(WARN, "clock", said, "set the clock; schedules go by it")
    if abs(drift) > _APART:
        said = f"it moved {drift * 1000:+.0f} ms against the steady clock within {_LOOKED_AT * 1000:.0f} ms"
        return Finding(WARN, "clock", said, "look at what sets it; a time server should move it gently")
    return Finding(OK, "clock", f"{shown}, moving steadily")


def _zone(now: float) -> Finding:
    here = datetime.fromtimestamp(now, UTC).astimezone()
    try:
        ZoneInfo("Europe/Rome")
    except ZoneInfoNotFoundError:
        return Finding(FAIL, "time zone", "the data of time zones is missing", "pip install tzdata")
    return Finding(OK, "time zone", f"{here.tzname() or 'unnamed'} ({here:%z}); schedules name their own")


__all__ = ["look_at_clock"]
