"""Values of arguments, read from text; what cannot be meant is refused by a parser in one line."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import timedelta

from jupyter_flows.cli.times import instant


def pair(text: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} should read NAME=VALUE")
    return name.strip(), value


def seconds(text: str) -> float:
    """Read a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} should be a number above 0")
    return number


def count(least: int) -> Callable[[str], int]:
    """Make a reader of whole numbers from ``least`` up."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text!r} should be a whole number from {least} up")
        return number

    return parse


def moment(text: str) -> float:
    """Read how long ago, or an ISO date or time; seconds since the epoch."""
    try:
        return instant(text, time.time())
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def span(text: str) -> timedelta:
    """Read a length of time: ``5s``, ``15m``, ``1h30m``, ``2d``, ``1w``."""
    from jupyter_flows.schedules.spans import read_span  # deferred: schedules load what reckons with calendars

    try:
        return read_span(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


__all__ = ["count", "moment", "pair", "seconds", "span"]
