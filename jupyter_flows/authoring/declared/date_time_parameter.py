"""`DateTimeParameter`: an instant that is known only when its graph runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from jupyter_flows.authoring.declared.parameter import NOT_GIVEN, Parameter
from jupyter_flows.errors import BadOption


class DateTimeParameter(Parameter):
    """A parameter whose tasks see an aware `datetime`.

    It is given as a text in ISO 8601 (``"2013-01-15"``, ``"2013-01-15T09:00+01:00"``), a date or a datetime; one
    without a zone is in UTC.

    Parameters
    ----------
    name, default, required, tags
        As for `Parameter`. None passes where no value is required.

    Raises
    ------
    BadOption
        For a default that is no date or time.
    """

    def __init__(
        self, name: str, default: Any = NOT_GIVEN, required: bool | None = None, tags: Iterable[str] = ()
    ) -> None:
        super().__init__(name, default, required, tags)
        try:
            self.default = None if self.default is None else self.read(self.default)
        except ValueError as problem:
            raise BadOption("DateTimeParameter", "default", default, str(problem)) from None

    def read(self, value: Any) -> datetime | None:
        """See `Parameter.read`."""
        if value is None and not self.required:
            return None
        if isinstance(value, str):
            value = _parsed(value)
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if not isinstance(value, datetime):
            raise ValueError(f"should be a date and time, not a {type(value).__name__}")  # noqa: TRY004 - what was given is wrong
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"should be an ISO date or time such as 2013-01-15T09:00+01:00 (given {text!r})") from None


__all__ = ["DateTimeParameter"]
