from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jupyter_flows.cli.times import instant, iso, local

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "ago"), [("90s", 90), ("30m", 1800), ("1.5h", 5400), ("1d", 86400), ("2w", 14 * 86400)]
)
def test_so_long_ago(text, ago):
    assert instant(text, NOW) == NOW - ago


@pytest.mark.parametrize(("text", "day"), [("today", 15), ("Yesterday", 14)])
def test_a_day_by_its_name_begins_at_its_midnight(text, day):
    assert instant(text, NOW) == datetime(2026, 6, day).astimezone().timestamp()


def test_a_date_is_local():
    assert instant("2026-01-31", NOW) == datetime(2026, 1, 31).astimezone().timestamp()
    assert instant("2026-01-31T10:00+02:00", NOW) == datetime(2026, 1, 31, 8, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["", "soon", "1y", "-1d", "2026-13-01"])
def test_anything_else_says_what_would_do(text):
    with pytest.raises(ValueError, match="30m"):
        instant(text, NOW)


def test_iso_has_an_offset_and_none_stays_none():
    assert datetime.fromisoformat(iso(NOW) or "").timestamp() == NOW
    assert iso(None) is None


def test_local_leaves_out_what_is_clear():
    assert len(local(NOW, NOW)) == len("12:00:00")
    assert local(NOW - 40 * 86400, NOW)[2:].startswith(" ")
    assert local(NOW - 400 * 86400, NOW).startswith("2025-")
    assert local(None, NOW) == ""
