"""Where a kernel listens: five sockets, and the key that signs what goes through them."""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")

LONGEST_SOCKET_PATH = 100
"""A Unix socket's path holds 107 bytes on Linux, 103 on macOS."""

# Below the range from which systems take the ports of outgoing connections, so that none comes between choosing a
# port here and binding it in the kernel.
_PORTS = range(20_000, 32_000)
_given: set[int] = set()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Addresses:
    """Five addresses and a key.

    Parameters
    ----------
    transport
        Unix sockets need no free port, and no other account can reach them.
    ip
        For ``ipc`` the start of a path, for ``tcp`` an IP address.
    ports
        One for each of `CHANNELS`.
    key
        The secret that signs messages.
    """

    transport: Literal["ipc", "tcp"]
    ip: str
    ports: tuple[int, ...]
    key: str

    def url(self, channel: str) -> str:
        """Address of one channel, as ZeroMQ wants it."""
        separator = "-" if self.transport == "ipc" else ":"
        return f"{self.transport}://{self.ip}{separator}{self.ports[CHANNELS.index(channel)]}"

    def write(self, path: Path) -> None:
        """Write the connection file that a kernel reads, for nobody else's eyes."""
        ports = {f"{channel}_port": port for channel, port in zip(CHANNELS, self.ports, strict=True)}
        about = {"transport": self.transport, "ip": self.ip, "key": self.key, "signature_scheme": "hmac-sha256"}
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump({**ports, **about}, file)

    def release(self) -> None:
        """Let others have the ports."""
        if self.transport == "tcp":
            with _lock:
                _given.difference_update(self.ports)


def unix_addresses(folder: Path) -> Addresses | None:
    """Addresses in a private folder; None where its path is too long for them."""
    ip = str(folder / "k")
    if len(os.fsencode(ip)) + 2 > LONGEST_SOCKET_PATH:
        return None
    return Addresses("ipc", ip, (1, 2, 3, 4, 5), secrets.token_hex(16))


def tcp_addresses() -> Addresses:
    """Addresses on the loopback interface."""
    return Addresses("tcp", "127.0.0.1", tuple(_free_port() for _ in CHANNELS), secrets.token_hex(16))


def _free_port() -> int:
    with _lock:
        for _ in range(1000):
            port = random.choice(_PORTS)  # noqa: S311 - not a secret
            if port not in _given and _is_free(port):
                _given.add(port)
                return port
    raise OSError("no free port on 127.0.0.1 for a kernel")


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
