"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jupyter_flows.schedules.spans import read_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("5s", timedelta(seconds=5)),
        (" 1h30m ", timedelta(minutes=90)),
        ("1.5d", timedelta(hours=36)),
        ("1w", timedelta(7)),
    ],
)
def test_units_are_added_up(text: str, span: timedelta):
    assert read_span(text) == span


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "-5s", "1h-30m", "\u0665s", "9" * 100 + "s"])
def test_anything_else_is_refused(text: str):
    with pytest.raises(ValueError, match="should be a length of time"):
        read_span(text)


def test_too_long_a_time_is_refused():
    with pytest.raises(ValueError, match="too long a time"):
        read_span("999999999w")
