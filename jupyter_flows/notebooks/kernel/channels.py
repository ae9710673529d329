"""The client's ends of a kernel's sockets, read in batches by the running event loop."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

import zmq

from jupyter_flows.notebooks.kernel.addresses import Addresses
from jupyter_flows.notebooks.kernel.kernel_message import Channel, KernelMessage
from jupyter_flows.notebooks.kernel.wire import Wire

# Outputs first: when a batch holds a cell's reply, it also holds what the cell had said by then.
_READ: tuple[Channel, ...] = ("iopub", "shell", "stdin", "control")

# Messages that are kept for whoever receives; beyond, they stay in the sockets, and in the end with the kernel.
_ROOM = 2000

# Messages that one turn of the event loop reads from one socket, so that a flood lets others have theirs.
_TURN = 500

_READABLE = int(zmq.POLLIN)  # as an enumeration it would be slow

# How often a socket tries again while a spawned kernel does not listen yet. ZeroMQ's own 100 ms would be a good part of
# a start; much less would keep its thread busy where many start at once. A forked kernel listens already.
_RECONNECT_MS = 10

_logger = logging.getLogger("jupyter_flows.notebooks.kernel")
_logger.addHandler(logging.NullHandler())

_contexts: dict[int, zmq.Context[Any]] = {}
_lock = threading.Lock()


def shared_context() -> zmq.Context[Any]:
    """The ZeroMQ context of this process: one I/O thread for all kernels. A forked child gets its own."""
    with _lock:
        if os.getpid() not in _contexts:
            context: zmq.Context[Any] = zmq.Context()
            context.set(zmq.MAX_SOCKETS, min(context.get(zmq.SOCKET_LIMIT), 8192))
            _contexts[os.getpid()] = context
        return _contexts[os.getpid()]


class Channels:
    """Four sockets of one kernel.

    Parameters
    ----------
    addresses
        Where the kernel listens, or soon will.
    bounded
        Leave what we have no room for with the kernel, whose own queue has no bound. Otherwise all is taken in at
        once, because a kernel with a bounded queue silently drops what does not fit.
    """

    def __init__(self, addresses: Addresses, *, bounded: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._wire = Wire(addresses.key)
        self._messages: deque[KernelMessage] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._ended = False
        self._room = _ROOM if bounded else None
        self._is_full = False  # there may be more in the sockets, of which their handles will not tell again
        self._sockets: dict[Channel, zmq.Socket[Any]] = {}
        for channel in _READ:
            self._sockets[channel] = self._open(channel, addresses, bounded=bounded)
        self._handles = [int(socket.getsockopt(zmq.FD)) for socket in self._sockets.values()]
        for handle in self._handles:
            self._loop.add_reader(handle, self._take_in)
        self._loop.call_soon(self._take_in)

    def send(
        self, channel: Channel, type: str, content: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
    ) -> str:
        """Send a message; return its id."""
        sent, frames = self._wire.encode(type, content, metadata or {})
        self._sockets[channel].send_multipart(frames, zmq.NOBLOCK)
        # Sending also does a socket's other work, after which its handle may keep silent about what has come in.
        self._loop.call_soon(self._take_in)
        return sent

    async def receive(self) -> list[KernelMessage]:
        """Wait for messages and return all there are; none only after `end`."""
        while not self._messages and not self._ended:
            self._waiting = self._loop.create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        batch = list(self._messages)
        self._messages.clear()
        if self._is_full and not self._ended:
            self._loop.call_soon(self._take_in)
        return batch

    def put_back(self, messages: list[KernelMessage]) -> None:
        """Let the next `receive` return these first."""
        self._messages.extendleft(reversed(messages))

    @property
    def waiting(self) -> int:
        """How many messages wait to be received."""
        return len(self._messages)

    def end(self) -> None:
        """Nothing more will come."""
        self._room = None
        self._take_in()
        self._ended = True
        self._wake()

    def close(self, farewell_seconds: float = 0.0) -> None:
        """Give the sockets back; what was sent last may take so long to be on its way."""
        self._ended = True
        self._wake()
        if not self._loop.is_closed():
            for handle in self._handles:
                self._loop.remove_reader(handle)
        self._handles.clear()
        for socket in self._sockets.values():
            socket.close(linger=int(farewell_seconds * 1000))

    def _open(self, channel: Channel, addresses: Addresses, *, bounded: bool) -> zmq.Socket[Any]:
        socket = shared_context().socket(zmq.SUB if channel == "iopub" else zmq.DEALER)
        socket.linger = 0
        socket.sndhwm = 0
        socket.rcvhwm = 1000 if bounded and channel == "iopub" else 0
        socket.reconnect_ivl = _RECONNECT_MS
        if channel == "iopub":
            socket.subscribe(b"")
        else:
            socket.identity = self._wire.identity
        socket.connect(addresses.url(channel))
        return socket

    def _take_in(self) -> None:
        # The handle of a ZeroMQ socket tells of changes only: each time everything must be read.
        if not self._handles:
            return
        self._is_full = False
        for channel, socket in self._sockets.items():
            self._drain(channel, socket)
        if self._messages:
            self._wake()

    def _drain(self, channel: Channel, socket: zmq.Socket[Any]) -> None:
        for _ in range(_TURN):
            events: Any = socket.getsockopt(zmq.EVENTS)
            if not events & _READABLE:
                return
            if self._room is not None and len(self._messages) >= self._room:
                self._is_full = True
                return
            frames = socket.recv_multipart(zmq.NOBLOCK)
            try:
                self._messages.append(self._wire.decode(channel, frames))
            except (ValueError, KeyError, AttributeError, IndexError) as error:
                _logger.warning("a message on %s could not be read: %s", channel, error)
        self._loop.call_soon(self._take_in)

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
