"""A clean process without threads that forks worker processes on demand, each in a few milliseconds."""

from __future__ import annotations

import contextlib
import os
import socket
import struct

from jupyter_flows.drivers.child_end import await_end
from jupyter_flows.drivers.process_worker import no_standard_input, serve

START, END = 0, 1
REQUEST = struct.Struct("<iid")  # START or END, the process, seconds to wait for its own end
REPLY = struct.Struct("<i")  # the new process, or how the old one ended


def run(control: socket.socket) -> None:
    """Answer requests until the other end is closed."""
    while True:
        request, ends, _, _ = socket.recv_fds(control, REQUEST.size, 1)
        if len(request) < REQUEST.size:
            return
        kind, process, seconds = REQUEST.unpack(request)
        reply = _fork(control, ends[0]) if kind == START else await_end(process, seconds)
        control.sendall(REPLY.pack(reply))


def _fork(control: socket.socket, end: int) -> int:
    process = os.fork()
    if process:
        with contextlib.suppress(OSError):  # both do it, so that it is done before either goes on
            os.setpgid(process, process)
        os.close(end)
        return process
    try:
        os.setpgid(0, 0)
        control.close()
        serve(socket.socket(fileno=end))
    finally:
        os._exit(0)


def main() -> None:
    """Be a fork server whose control socket is where standard input should be."""
    with socket.socket(fileno=os.dup(0)) as control:
        no_standard_input()
        run(control)
