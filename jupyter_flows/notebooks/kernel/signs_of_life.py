"""Ends of sockets and pipes by which other processes know that this one lives.

A child that this process forks inherits them all; they would stay open, and nobody would notice this process's end.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import weakref

_ends: weakref.WeakSet[socket.socket | io.FileIO] = weakref.WeakSet()


def keep_to_this_process(end: socket.socket | io.FileIO) -> None:
    """Close an end in every child that is forked from now on."""
    _ends.add(end)


def _let_go() -> None:
    for end in list(_ends):
        with contextlib.suppress(OSError):
            end.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
