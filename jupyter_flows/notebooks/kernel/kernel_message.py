"""One thing that a kernel said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Channel = Literal["iopub", "shell", "stdin", "control"]


@dataclass(frozen=True, slots=True)
class KernelMessage:
    """A message of Jupyter's protocol, with what is needed of its headers.

    Parameters
    ----------
    channel
        Where it came: outputs and states on ``iopub``, replies on ``shell``, questions on ``stdin``.
    type
        ``stream``, ``execute_reply``, …
    parent_id
        The id that `execute` gave to the request which this answers; empty where there is none.
    content, metadata
        As the kernel sent them.
    at
        When the kernel made it, ISO 8601 by the kernel's clock; empty where it does not say.
    buffers
        Binary parts (widgets).
    """

    channel: Channel
    type: str
    parent_id: str
    content: Mapping[str, Any]
    metadata: Mapping[str, Any]
    at: str = ""
    buffers: tuple[bytes, ...] = ()

    @property
    def says_idle(self) -> bool:
        """Whether the kernel says by it that it has finished a request, but for what it still holds."""
        return self.type == "status" and self.content.get("execution_state") == "idle"
