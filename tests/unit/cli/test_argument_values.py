from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta

import pytest

from jupyter_flows.cli.argument_values import count, pair, seconds, span


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("5s", timedelta(seconds=5)),
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(minutes=90)),
        ("0.5d", timedelta(hours=12)),
        (" 2w ", timedelta(weeks=2)),
    ],
)
def test_a_length_of_time_is_read(text, read):
    assert span(text) == read


@pytest.mark.parametrize(
    "text", ["", "5", "s", "5 s", "-5s", "1y", "\u0665s", "1e9s", "99999999999d", "5s;rm", "999999999w"]
)
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(ArgumentTypeError):
        span(text)


@pytest.mark.parametrize(
    ("read", "text"),
    [(pair, "novalue"), (pair, "=1"), (seconds, "nan"), (seconds, "0"), (count(1), "0"), (count(0), "x")],
)
def test_other_values_are_refused_with_what_is_wanted(read, text):
    with pytest.raises(ArgumentTypeError, match="should"):
        read(text)


def test_a_pair_keeps_what_follows_the_first_equals_sign():
    assert pair("day={tick:%Y=%m}") == ("day", "{tick:%Y=%m}")
