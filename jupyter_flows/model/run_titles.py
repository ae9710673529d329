"""What a run is called where people see it: its flow, and which of the flow's runs it is."""

from __future__ import annotations

import re

_TITLE = re.compile(r"(?P<flow>.+) #(?P<serial>[0-9]{1,18})", re.DOTALL)


def flow_and_serial(title: str) -> tuple[str, int] | None:
    """Take ``flow #7`` apart; None where a text is no such title."""
    found = _TITLE.fullmatch(title)
    return found and (found["flow"], int(found["serial"]))


__all__ = ["flow_and_serial"]
