"""A cell that a kernel has been sent while it executes the one before: what is heard of it waits for its turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_flows.notebooks.kernel.kernel_message import KernelMessage


@dataclass(frozen=True, slots=True)
class SentAhead:
    """A cell that was sent ahead.

    Parameters
    ----------
    position
        Its place; -1 where none was.
    request
        The id of its request.
    held
        What the kernel has said about it.
    """

    position: int = -1
    request: str = ""
    held: list[KernelMessage] = field(default_factory=list[KernelMessage])

    def holds(self, message: KernelMessage) -> bool:
        """Keep a message, if it is about this cell."""
        if not self.request or message.parent_id != self.request:
            return False
        self.held.append(message)
        return True

    def was_refused(self, reply: Mapping[str, Any] | None) -> bool:
        """Whether the kernel, which answered this, did not take it: then nothing of it has happened."""
        return bool(self.request) and reply is not None and reply.get("status") == "aborted"


NOBODY = SentAhead()
