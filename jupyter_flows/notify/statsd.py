"""Counters and durations for StatsD and DogStatsD: a few datagrams, never waited for."""

from __future__ import annotations

import re
import socket
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

_UNFIT = re.compile(r"[^A-Za-z0-9_./-]")
_LONGEST = 1_200  # bytes that pass every usual network in one piece
_MOST_KEPT = 1_000  # lines that wait until the server's name is resolved; the oldest go first
_LAST_WAIT = 0.2  # seconds that the end waits for that


class StatsD:
    """A StatsD server.

    Parameters
    ----------
    host, port
        Where it listens (UDP). A name is resolved once, in a thread of its own.
    prefix
        Before each name.
    tags
        Whether it knows tags, as DogStatsD does; else they become parts of the name.
    """

    def __init__(self, host: str, port: int = 8125, prefix: str = "jupyter_flows", tags: bool = False) -> None:
        self._prefix, self._tags = prefix, tags
        self._kept: deque[str] = deque(maxlen=_MOST_KEPT)
        self._address: tuple[socket.AddressFamily, object] | None = None
        self._socket: socket.socket | None = None
        self._resolving: threading.Thread | None = None
        if _is_address(host):
            self._resolve(host, port)
        else:
            self._resolving = threading.Thread(target=self._resolve, args=(host, port), name="statsd", daemon=True)
            self._resolving.start()

    @classmethod
    def at(cls, url: str) -> StatsD:
        """Return the server of a checked ``statsd://HOST:PORT`` or ``dogstatsd://HOST:PORT``."""
        parts = urlsplit(url)
        return cls(parts.hostname or "localhost", parts.port or 8125, tags=parts.scheme == "dogstatsd")

    def count(self, name: str, by: int = 1, tags: Mapping[str, str] | None = None) -> None:
        """Add to a counter."""
        self.send([self.counted(name, by, tags or {})])

    def duration(self, name: str, seconds: float, tags: Mapping[str, str] | None = None) -> None:
        """Tell how long something took."""
        self.send([self.lasted(name, seconds, tags or {})])

    def counted(self, name: str, by: int, tags: Mapping[str, str]) -> str:
        """Return the line that adds to a counter."""
        return line(self._prefix, name, f"{by}|c", tags, self._tags)

    def lasted(self, name: str, seconds: float, tags: Mapping[str, str]) -> str:
        """Return the line that tells how long something took."""
        return line(self._prefix, name, f"{seconds * 1000:.3f}|ms", tags, self._tags)

    def send(self, lines: Iterable[str]) -> None:
        """Send lines, as many in a datagram as go into it; what nobody takes is gone."""
        self._kept.extend(lines)
        if self._address is None or not self._kept:
            return
        family, address = self._address
        try:
            if self._socket is None:
                self._socket = socket.socket(family, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            for data in _packed(self._kept):
                self._socket.sendto(data, address)  # pyright: ignore[reportArgumentType, reportCallIssue]
        except OSError:  # nobody listens, or the network is gone: a counter is not worth more
            pass
        self._kept.clear()

    def close(self) -> None:
        """Send what still waits for the server's name, if that is known soon, and close the socket."""
        if self._resolving is not None and self._kept:
            self._resolving.join(_LAST_WAIT)
        self.send([])
        if self._socket is not None:
            self._socket.close()

    def _resolve(self, host: str, port: int) -> None:
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except OSError:  # unknown: nothing is ever sent
            return
        self._address = family, address


def line(prefix: str, name: str, value: str, tags: Mapping[str, str], dog: bool) -> str:
    """Return one line of the protocol; what it cannot carry becomes ``_``."""
    parts = [prefix, *name.split(".")]
    if dog:
        told = ",".join(f"{_fit(key)}:{_fit(text)}" for key, text in sorted(tags.items()))
        return f"{'.'.join(_fit(part) for part in parts if part)}:{value}{'|#' + told if told else ''}"
    parts += [text for _, text in sorted(tags.items())]
    return f"{'.'.join(_fit(part).replace('.', '_') for part in parts if part)}:{value}"


def _packed(lines: Iterable[str]) -> Iterator[bytes]:
    waiting = b""
    for text in lines:
        data = text.encode("ascii", "replace")[:_LONGEST]
        if waiting and len(waiting) + 1 + len(data) > _LONGEST:
            yield waiting
            waiting = b""
        waiting = waiting + b"\n" + data if waiting else data
    if waiting:
        yield waiting


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _fit(text: str) -> str:
    return _UNFIT.sub("_", text)


__all__ = ["StatsD", "line"]
