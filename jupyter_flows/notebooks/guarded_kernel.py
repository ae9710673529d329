"""A kernel whose code has resolved a secret: no message of it shows that any more, and neither does its log."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from jupyter_flows.notebooks.own_kernel import kernel_shell
from jupyter_flows.secrets.pieces import Pieces
from jupyter_flows.secrets.resolved import redact_json


def guard_kernel() -> None:
    """Take secrets out of what the kernel that this runs in says, if it is one: streams, displays, errors, widgets.

    The text stays in the kernel's process, so that it cannot reach a notebook, whoever executes that.
    """
    shell = kernel_shell()
    session = getattr(getattr(shell, "kernel", None), "session", None)
    if session is None or isinstance(session.send, GuardedSend):
        return
    session.send = GuardedSend(session.send)
    _end_echo()


class GuardedSend:
    """A session's `send` that takes secrets out of contents.

    A stream is sent in pieces, cut anywhere: the end of one that may be the beginning of a secret waits for the next
    piece, and goes out at the latest when its cell is over.
    """

    def __init__(self, send: Callable[..., Any]) -> None:
        self._send = send
        self._renew_lock()
        os.register_at_fork(after_in_child=self._renew_lock)  # whoever holds it is not in a child of user code
        # Of each stream of a request: what is held back, and how its last piece was sent.
        self._streams: dict[str, dict[str, tuple[Pieces, Callable[[str], object]]]] = {}

    def __call__(self, stream: Any, kind: Any, content: Any = None, *args: Any, **kwargs: Any) -> Any:
        whole = kind if isinstance(kind, dict) else None
        told: Any = whole.get("content") if whole is not None else content

        def pass_on(shown: Any) -> Any:
            if whole is not None:
                return self._send(stream, {**whole, "content": shown}, None, *args, **kwargs)
            return self._send(stream, kind, shown, *args, **kwargs)

        with self._lock:  # or another thread's piece would come between what is held back and what follows it
            if (whole.get("msg_type") if whole is not None else kind) == "stream":
                return self._piece(told, _request_of(whole, args, kwargs), pass_on)
            if isinstance(told, dict) and told.get("execution_state") == "idle":
                self.finish(_request_of(whole, args, kwargs))
            return pass_on(redact_json(told))

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    def _piece(self, content: dict[str, Any], request: str, pass_on: Callable[[Any], Any]) -> Any:
        streams = self._streams.setdefault(request, {})
        pieces = streams[content["name"]][0] if content["name"] in streams else Pieces()

        def send(text: str) -> Any:
            return pass_on({**content, "text": text}) if text else None

        streams[content["name"]] = pieces, send
        return send(pieces.add(content["text"]))

    def finish(self, request: str) -> None:
        """Send what is held back of a cell's streams: there is no more to come."""
        with self._lock:
            for pieces, send in self._streams.pop(request, {}).values():
                send(pieces.finish())


def _request_of(whole: dict[str, Any] | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The id of the request that a message belongs to: ``send(stream, kind, content, parent, ident, …)``."""
    parent = whole.get("parent_header") if whole is not None else kwargs.get("parent", args[0] if args else None)
    header = (parent or {}).get("header", parent) or {}
    return str(header.get("msg_id", ""))


def _end_echo() -> None:
    """Let no more of what programs print go to the kernel's log, where ipykernel copies it as it is."""
    for stream in (sys.stdout, sys.stderr):
        own: Any = getattr(stream, "stream", stream)  # a task cell's recording may be around it
        if getattr(own, "_original_stdstream_copy", None) is not None:
            own._original_stdstream_copy = os.open(os.devnull, os.O_WRONLY)  # noqa: SLF001 - ipykernel offers no other way


__all__ = ["GuardedSend", "guard_kernel"]
