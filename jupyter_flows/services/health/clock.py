"""The clock: whether it moves as it should, is later than what is on record, and knows its time zone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from jupyter_flows.services.health.finding import FAIL, OK, WARN, Finding
from jupyter_flows.store.sql_connections import SqlConnections
from jupyter_flows.store.tables import flow_runs

_LOOKED_AT = 0.1  # seconds
_TRIES = 3
_APART = 0.02  # seconds that two clocks may differ over that time
_BUILT = 1_767_225_600.0  # 2026-01-01: no run of this version was earlier
_FUTURE = 60.0  # seconds by which a run may seem to lie ahead of another machine's clock


def look_at_clock(sql: SqlConnections | None) -> Iterator[Finding]:
    """Look at the clock.

    Parameters
    ----------
    sql
        The store, for its newest run; None where there is none.
    """
    now = time.time()
    # A busy machine may stop a process between two looks at clocks: only what each try shows is the clock's doing.
    yield _clock(now, min((_drift() for _ in range(_TRIES)), key=abs), _newest(sql))
    yield _zone(now)


def _drift() -> float:
    """How much further the clock of the wall moves than the steady one, in seconds, over a short time."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(_LOOKED_AT)
    return (time.time() - wall) - (time.monotonic() - steady)


def _newest(sql: SqlConnections | None) -> float:
    if sql is None:
        return 0.0
    return sql.read(sa.select(sa.func.max(flow_runs.c.created_at)))[0][0] or 0.0


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
