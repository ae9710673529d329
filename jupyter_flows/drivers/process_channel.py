"""What crosses between the flow's process and a worker process: one socket, values pickled by cloudpickle.

Functions and classes of a notebook or script travel by value, those of modules by name. The memory of arrays and of
large bytes is sent beside the pickle (protocol 5), straight from where it lies to where it will lie.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import select
import socket
import struct
import sys
import threading
import weakref
from collections.abc import Callable
from importlib import import_module
from types import FunctionType
from typing import Any

import cloudpickle

_HEAD = struct.Struct("<QI")  # bytes of the pickle, number of buffers beside it
_BUFFER = struct.Struct("<Q?")  # bytes of one buffer, whether it is read-only
_LARGE = 64 * 1024
"""Bytes from which memory is sent beside the pickle: below it, one more copy is cheaper than one more system call."""

Packed = list[Any]


class Unreadable(Exception):
    """What came could not be unpickled; the channel itself is in order."""


def pack(value: Any) -> Packed:
    """Pickle a value into pieces that `Channel.send_packed` sends as they are."""
    buffers: list[memoryview] = []

    def beside(buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        if view.nbytes < _LARGE:
            return True
        buffers.append(view)
        return False

    body = io.BytesIO()
    _Pickler(body, protocol=5, buffer_callback=beside).dump(value)
    pickled = body.getbuffer()
    heads = b"".join(_BUFFER.pack(view.nbytes, view.readonly) for view in buffers)
    head = _HEAD.pack(pickled.nbytes, len(buffers)) + heads
    first: list[Any] = [head + bytes(pickled)] if pickled.nbytes < _LARGE else [head, pickled]
    return [*first, *buffers]


def pack_small(value: Any) -> bytes:
    """Pickle a value into one piece, for `pickle.loads`."""
    body = io.BytesIO()
    _Pickler(body, protocol=5).dump(value)
    return body.getvalue()


class Channel:
    """One end of the socket. Any thread may send; one at a time may receive."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._sending = threading.Lock()
        _open.add(self)

    def send(self, value: Any) -> None:
        """Pickle and send a value."""
        self.send_packed(pack(value))

    def send_packed(self, packed: Packed) -> None:
        """Send what `pack` made."""
        with self._sending:
            for piece in packed:
                self._socket.sendall(piece)

    def receive(self) -> Any:
        """Wait for the next value.

        Raises
        ------
        EOFError
            The other process is gone.
        Unreadable
            The value came whole, and cannot be unpickled here; the cause is chained.
        """
        size, count = _HEAD.unpack(self._read(_HEAD.size))
        heads = [_BUFFER.unpack(self._read(_BUFFER.size)) for _ in range(count)]
        pickled = self._read(size)
        buffers = [self._read(length) if readonly else self._read_into(length) for length, readonly in heads]
        try:
            return pickle.loads(pickled, buffers=buffers)  # noqa: S301 - from a process that we started
        except Exception as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error

    def _read(self, size: int) -> bytes:
        pieces: list[bytes] = []
        left = size
        while left:
            try:
                piece = self._socket.recv(left, socket.MSG_WAITALL)
            except OSError as error:
                raise EOFError from error
            if not piece:
                raise EOFError
            pieces.append(piece)
            left -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read_into(self, size: int) -> bytearray:
        memory = bytearray(size)
        view, position = memoryview(memory), 0
        while position < size:
            try:
                got = self._socket.recv_into(view[position:])
            except OSError as error:
                raise EOFError from error
            if not got:
                raise EOFError
            position += got
        return memory

    def has_news(self, seconds: float) -> bool:
        """Wait until there is something to receive, or the other end is closed; False when the time ran out first."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def hung_up(self, seconds: float | None = 0.0) -> bool:
        """Wait until the other end is closed; whether it is."""
        poll = select.poll()
        poll.register(self._socket, 0)  # hanging up is told without being asked for
        return bool(poll.poll(None if seconds is None else seconds * 1000))

    def hang_up(self) -> None:
        """End both directions at once: whoever waits for something here goes on."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


_open: weakref.WeakSet[Channel] = weakref.WeakSet()


def _close_in_forked_child() -> None:
    """A forked child must not keep a socket open whose end is to be noticed."""
    for channel in list(_open):
        channel.close()
    _open.clear()


os.register_at_fork(after_in_child=_close_in_forked_child)


class _Pickler(cloudpickle.Pickler):
    """Sends a flow or task of ours as its function: by name where its module can be imported, else by value."""

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is FunctionType:
            name = _name_of_task(obj)
            if name is not None:
                return find_function, name
        elif kind.__module__.startswith("jupyter_flows.authoring.") and hasattr(obj, "fn"):
            name = _name_of_task(obj.fn)
            return (find, name) if name is not None else (kind, (obj.fn, {"name": obj.name}))
        elif kind is bytes_beside:
            return _same, (pickle.PickleBuffer(obj.value),)
        return super().reducer_override(obj)


class bytes_beside:  # noqa: N801 - wraps a value for the pickler alone
    """Large bytes that are sent beside the pickle and come out as bytes, with no copy on the way."""

    __slots__ = ("value",)

    def __init__(self, value: bytes) -> None:
        self.value = value


def beside(value: Any) -> Any:
    """Wrap a value where the pickler would copy it."""
    return bytes_beside(value) if type(value) is bytes and len(value) >= _LARGE else value


def _same(value: Any) -> Any:
    return value


def _name_of_task(function: Any) -> tuple[str, str] | None:
    """The module and name of a decorated function, whose name means the task there and not the function itself."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "<locals>")
    if module in {None, "__main__"} or "<locals>" in name or module not in sys.modules:
        return None
    if getattr(sys.modules[module], "__spec__", None) is None or module in cloudpickle.list_registry_pickle_by_value():
        return None
    try:
        found = find(module, name)
    except (ImportError, AttributeError):
        return None
    return (module, name) if found is not function and getattr(found, "fn", None) is function else None


def find(module: str, name: str) -> Any:
    """Import what a module has under a dotted name."""
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def find_function(module: str, name: str) -> Callable[..., Any]:
    """Import the function of a flow or task."""
    return find(module, name).fn
