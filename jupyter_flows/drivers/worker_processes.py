"""Starting worker processes, and ending them: the flow's own process is never forked, since it has threads."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
from typing import Protocol

from jupyter_flows.drivers.child_end import await_end, kill_group
from jupyter_flows.drivers.process_channel import Channel, Unreadable
from jupyter_flows.drivers.process_frame import Surroundings

START_METHODS = ("spawn", "forkserver")
_STEP = 1.0
"""Seconds that a worker which hung up has to end by itself, so that its own exit code can be told."""


class Starter(Protocol):
    """Starts child processes, and knows how to end them."""

    def start(self, end: socket.socket) -> int:
        """Start a worker on an end of a socket, as leader of a process group; return its number."""
        ...

    def end(self, process: int, seconds: float) -> int:
        """See `await_end`."""
        ...


def _start_python(module: str, end: socket.socket) -> int:
    """Start a clean interpreter whose standard input is a socket."""
    path = [entry for entry in sys.path if isinstance(entry, str)]  # pyright: ignore[reportUnnecessaryIsInstance]
    code = f"import sys; sys.path[:] = {path!r}; from jupyter_flows.drivers.{module} import main; main()"
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # noqa: SLF001 - as multiprocessing does
    arguments = [sys.executable, *flags, "-c", code]
    redirected = [(os.POSIX_SPAWN_DUP2, end.fileno(), 0)]
    return os.posix_spawn(sys.executable, arguments, os.environ, file_actions=redirected, setpgroup=0)


class Spawn:
    """Starts each worker as a new interpreter."""

    def start(self, end: socket.socket) -> int:
        """Start a worker."""
        return _start_python("process_worker", end)

    def end(self, process: int, seconds: float) -> int:
        """Reap a worker."""
        return await_end(process, seconds)


class ForkServer:
    """Lets workers be forked by a clean process, which is started with the first."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._control: socket.socket | None = None

    def start(self, end: socket.socket) -> int:
        """Start a worker; a server that is gone is replaced."""
        with self._asking:
            try:
                return self._ask_to_start(end)
            except OSError:
                self.let_go()
                return self._ask_to_start(end)

    def let_go(self) -> None:
        """Ask for nothing more; the server ends when its children have."""
        control, self._control = self._control, None
        if control is not None:
            control.close()

    def _ask_to_start(self, end: socket.socket) -> int:
        from jupyter_flows.drivers.fork_server import REQUEST, START  # deferred: what it loads is for the workers

        if self._control is None:
            self._control, theirs = socket.socketpair()
            with theirs:
                _start_python("fork_server", theirs)
        socket.send_fds(self._control, [REQUEST.pack(START, 0, 0.0)], [end.fileno()])
        return self._reply(self._control)

    def end(self, process: int, seconds: float) -> int:
        """Ask the server to reap a worker."""
        from jupyter_flows.drivers.fork_server import END, REQUEST  # deferred: as above

        with self._asking:
            try:
                if self._control is None:
                    raise BrokenPipeError("the fork server was let go")
                self._control.sendall(REQUEST.pack(END, process, seconds))
                return self._reply(self._control)
            except OSError:  # the server is gone, and its children are nobody's
                kill_group(process)
                return -signal.SIGKILL

    def _reply(self, control: socket.socket) -> int:
        from jupyter_flows.drivers.fork_server import REPLY  # deferred: as above

        reply = control.recv(REPLY.size, socket.MSG_WAITALL)
        if len(reply) < REPLY.size:
            raise BrokenPipeError("the fork server is gone")
        return REPLY.unpack(reply)[0]


_fork_server = ForkServer()  # one per process: it holds nothing of a pool's
_STARTERS: dict[str, Starter] = {"spawn": Spawn(), "forkserver": _fork_server}


class WorkerProcess:
    """A worker process, seen from the flow's process."""

    def __init__(self, start_method: str) -> None:
        self._starter = _STARTERS[start_method]
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        self.told: Surroundings | None = None  # what it knows of our surroundings
        self.idle_since = 0.0
        self._ending = threading.Lock()
        self._ended = False
        with theirs:
            self.pid = self._starter.start(theirs)

    def await_ready(self) -> None:
        """Wait until the worker can take calls.

        Raises
        ------
        EOFError
            It ended before that.
        """
        try:
            self.channel.receive()
        except Unreadable as error:
            raise EOFError from error

    def kill(self) -> None:
        """Kill the worker and all that it started; whoever waits for its answer goes on. Never blocks for long."""
        with self._ending:
            if not self._ended:
                kill_group(self.pid)
        self.channel.hang_up()

    def end(self, seconds: float = 0.0) -> str:
        """End and reap the worker; say how it ended, such as ``killed by SIGKILL``."""
        with self._ending:
            if self._ended:
                return "ended"
            self._ended = True
            self.channel.hang_up()
            how = self._starter.end(self.pid, seconds)
        self.channel.close()
        return _wording(how)

    def post_mortem(self) -> str:
        """Say how a worker that hung up came to its end."""
        return self.end(_STEP)


def _wording(how: int) -> str:
    if how >= 0:
        return f"exited with code {how}"
    try:
        return f"was killed by {signal.Signals(-how).name}"
    except ValueError:
        return f"was killed by signal {-how}"


os.register_at_fork(after_in_child=_fork_server.let_go)  # a forked child must not keep the server alive
atexit.register(_fork_server.let_go)
