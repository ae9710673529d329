"""Counters and durations for StatsD and DogStatsD: one datagram each, never waited for."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping

_UNFIT = re.compile(r"[^A-Za-z0-9_./-]")
_LONGEST = 1_200  # bytes that pass every usual network in one piece


class StatsD:
    """A StatsD server.

    Parameters
    ----------
    host, port
        Where it listens (UDP).
    prefix
        Before each name.
    tags
        Whether it knows tags, as DogStatsD does; else they become parts of the name.
    """

    def __init__(self, host: str, port: int = 8125, prefix: str = "jupyter_flows", tags: bool = False) -> None:
        self._address, self._prefix, self._tags = (host, port), prefix, tags
        self._socket: socket.socket | None = None

    def count(self, name: str, by: int = 1, tags: Mapping[str, str] | None = None) -> None:
        """Add to a counter."""
        self._send(name, f"{by}|c", tags or {})

    def duration(self, name: str, seconds: float, tags: Mapping[str, str] | None = None) -> None:
        """Tell how long something took."""
        self._send(name, f"{seconds * 1000:.3f}|ms", tags or {})

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()

    def _send(self, name: str, value: str, tags: Mapping[str, str]) -> None:
        data = line(self._prefix, name, value, tags, self._tags).encode("ascii")[:_LONGEST]
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            self._socket.sendto(data, self._address)
        except OSError:  # nobody listens, or the network is gone: a counter is not worth more
            return


def line(prefix: str, name: str, value: str, tags: Mapping[str, str], dog: bool) -> str:
    """Return one line of the protocol; what it cannot carry becomes ``_``."""
    parts = [prefix, *name.split(".")]
    if dog:
        told = ",".join(f"{_fit(key)}:{_fit(text)}" for key, text in sorted(tags.items()))
        return f"{'.'.join(_fit(part) for part in parts if part)}:{value}{'|#' + told if told else ''}"
    parts += [text for _, text in sorted(tags.items())]
    return f"{'.'.join(_fit(part).replace('.', '_') for part in parts if part)}:{value}"


def _fit(text: str) -> str:
    return _UNFIT.sub("_", text)


__all__ = ["StatsD", "line"]
