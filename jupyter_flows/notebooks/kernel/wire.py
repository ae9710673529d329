"""Messages as they travel: signed JSON in several frames, by Jupyter's messaging protocol 5."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jupyter_flows.notebooks.kernel.kernel_message import Channel, KernelMessage

_DELIMITER = b"<IDS|MSG>"
_VERSION = "5.4"


class Wire:
    """Writes and reads the messages of one client.

    Parameters
    ----------
    key
        The secret shared with the kernel; empty for none.
    """

    def __init__(self, key: str) -> None:
        self._seal = hmac.new(key.encode(), digestmod=hashlib.sha256) if key else None
        self._session = uuid.uuid4().hex
        self._count = 0
        self._parent = b"", ""  # of the message before, and its id: most have the same

    @property
    def identity(self) -> bytes:
        """By which a kernel finds the way back to this client."""
        return self._session.encode()

    def encode(self, type: str, content: Mapping[str, Any], metadata: Mapping[str, Any]) -> tuple[str, list[bytes]]:
        """Return a new message's id and frames."""
        self._count += 1
        header = {
            "msg_id": f"{self._session}_{os.getpid()}_{self._count}",
            "msg_type": type,
            "username": "jupyter-flows",
            "session": self._session,
            "date": datetime.now(UTC).isoformat(),
            "version": _VERSION,
        }
        # Escaped: a lone surrogate in somebody's code is not UTF-8, but it is JSON.
        parts = [json.dumps(part).encode("ascii") for part in (header, {}, metadata, content)]
        return header["msg_id"], [_DELIMITER, self._sign(parts), *parts]

    def decode(self, channel: Channel, frames: list[bytes]) -> KernelMessage:
        """Return what the frames say.

        Raises
        ------
        ValueError
            They are not a message of our kernel.
        """
        start = frames.index(_DELIMITER) + 1
        signature, parts, buffers = frames[start], frames[start + 1 : start + 5], frames[start + 5 :]
        if not hmac.compare_digest(signature, self._sign(parts)):
            raise ValueError("a message with a wrong signature")
        header, parent, metadata, content = parts
        told = _read(header)
        return KernelMessage(
            channel,
            str(told["msg_type"]),
            self._parent_id(parent),
            _read(content),
            _read(metadata) if metadata != b"{}" else {},
            str(told.get("date") or ""),
            tuple(buffers),
        )

    def _parent_id(self, parent: bytes) -> str:
        if parent != self._parent[0]:
            self._parent = parent, str(_read(parent).get("msg_id") or "")
        return self._parent[1]

    def _sign(self, parts: list[bytes]) -> bytes:
        if self._seal is None:
            return b""
        seal = self._seal.copy()
        for part in parts:
            seal.update(part)
        return seal.hexdigest().encode()


def _read(part: bytes) -> dict[str, Any]:
    # Kernels may send lone surrogates as they are.
    found = json.loads(part.decode("utf-8", "surrogatepass"))
    if not isinstance(found, dict):
        raise ValueError(f"a message part that is no object: {part[:40]!r}")  # noqa: TRY004 - the sender's mistake
    return found
