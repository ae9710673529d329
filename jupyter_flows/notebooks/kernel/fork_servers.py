"""The fork servers of this process: which one serves whom, how one is started, and when it is given up."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_flows.notebooks.kernel.guard import guard
from jupyter_flows.notebooks.kernel.interpreter_stamps import Stamps, still_hold
from jupyter_flows.notebooks.kernel.signs_of_life import keep_to_this_process
from jupyter_flows.secrets.surroundings import without_secrets

_logger = logging.getLogger("jupyter_flows.notebooks.kernel")

_MOST = 4  # servers at a time; the one used longest ago goes
_UNFORKABLE_SECONDS = 600.0  # what could not be forked is not tried again before

# What a process reads once, when libraries are loaded or a kernel is set up: a server only serves who agrees on these.
_READ_ONCE = re.compile(
    r"(PYTHON|LD_|DYLD_|MALLOC_|GLIBC_|OMP_|KMP_|GOMP_|MKL_|OPENBLAS_|GOTO_|BLIS_|NUMEXPR_|VECLIB_|NPY_|NUMPY_"
    r"|MPL|MATPLOTLIB|PANDAS_|LC_|IPYTHON|IPY|JUPYTER_(?!FLOWS_)|PYDEVD_|DEBUGPY_|CONDA_|XDG_|SSL_|OPENSSL_).*"
    r"|LANG|LANGUAGE|HOME|USER|LOGNAME|VIRTUAL_ENV"
)

# Makes this project's modules importable in an interpreter that may not have it, and leaves no trace of that. `-c`
# puts the folder first on the path, where a kernel must not look while it loads.
_BOOT = """
import json, sys, types
if sys.path[0] == "": del sys.path[0]
folders, control, wanted = json.loads(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
for name, folder in folders.items():
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
from jupyter_flows.notebooks.kernel.fork_server import main
for name in [name for name in sys.modules if name.partition(".")[0] == "jupyter_flows"]: del sys.modules[name]
main(control, **wanted)
"""


@dataclass(frozen=True, slots=True)
class ServerKey:
    """What a fork server is good for.

    Parameters
    ----------
    interpreter
        The kernel's Python, with its options.
    packages
        What it has imported.
    variables
        Those of the environment that are read once.
    uses
        What its kernels try out before they are needed.
    """

    interpreter: tuple[str, ...]
    packages: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    uses: tuple[str, ...] = ()


def read_once(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The variables that a process reads only when libraries are loaded or a kernel is set up."""
    return tuple(sorted((name, value) for name, value in environment.items() if _READ_ONCE.fullmatch(name)))


class ForkServerProcess:
    """One fork server, as its owner holds it. Any thread.

    Parameters
    ----------
    key
        What it is good for.
    environment
        All of its variables.
    spares, idle_seconds
        As the server has them.
    """

    def __init__(self, key: ServerKey, environment: Mapping[str, str], spares: int, idle_seconds: float) -> None:
        self.used_at = time.monotonic()
        self._stamps: Stamps = {}
        self._lock = threading.Lock()
        self._folder = guard().folder()
        wanted = {
            "folder": str(self._folder),
            "spares": spares,
            "idle_seconds": idle_seconds,
            "packages": list(key.packages),
            "uses": list(key.uses),
        }
        self._control, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        keep_to_this_process(self._control)
        with there, (self._folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*key.interpreter, "-c", _BOOT, json.dumps(_folders()), str(there.fileno()), json.dumps(wanted)],
                cwd="/",
                # A kernel gets all of it with its order; what is here is shown by the system for each of them.
                env={name: value for name, value in without_secrets(environment).items() if name[:4] != "JPY_"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[there.fileno()],
                start_new_session=True,
            )

    @property
    def is_usable(self) -> bool:
        """Whether it lives, and what it loaded is still what is installed."""
        with self._lock:
            with contextlib.suppress(OSError, ValueError):
                told = self._control.recv(1 << 16, socket.MSG_DONTWAIT)
                self._stamps = json.loads(told)["stamps"] if told else {}
            return self.process.poll() is None and still_hold(self._stamps)

    def ask(self, order: Mapping[str, Any], lease: int, log: int) -> None:
        """Send an order with the handles of the kernel's lease and log.

        Raises
        ------
        BlockingIOError
            Too many orders wait already.
        OSError
            It is gone.
        """
        self.used_at = time.monotonic()
        with os.fdopen(os.memfd_create("order"), "wb") as file:
            file.write(json.dumps(order).encode("ascii"))
            file.flush()
            socket.send_fds(self._control, [b"!"], [file.fileno(), lease, log], socket.MSG_DONTWAIT)

    def end_idle_after(self, seconds: float) -> None:
        """Let it end when no order comes for so long, from now on; one that is gone has ended."""
        with contextlib.suppress(OSError):
            self._control.send(f"{seconds}".encode("ascii"), socket.MSG_DONTWAIT)

    def last_words(self) -> str:
        """Its last line, where it ended by itself."""
        with contextlib.suppress(OSError):
            lines = (self._folder / "server.log").read_text(errors="replace").splitlines()
            return lines[-1] if lines else ""
        return ""

    def leave(self) -> None:
        """Ask for no more kernels: it ends when those that it started have ended."""
        self._control.close()

    def kill(self) -> None:
        """End it now; kernels that it started live on."""
        self._control.close()
        self.process.kill()
        self.process.wait()


class ForkServers:
    """All fork servers of one process. Any thread.

    Parameters
    ----------
    spares, idle_seconds
        As each server has them.
    """

    def __init__(self, spares: int = 2, idle_seconds: float = 300.0) -> None:
        self._spares, self._idle_seconds = spares, idle_seconds
        self._lock = threading.Lock()
        self._servers: dict[ServerKey, ForkServerProcess] = {}
        self._leaving: list[ForkServerProcess] = []
        self._hopeless: dict[ServerKey, float] = {}
        self._pid = os.getpid()

    def find(self, key: ServerKey, environment: Mapping[str, str]) -> ForkServerProcess | None:
        """Return the server for a key. None where there is none yet: one is started then, for the next who asks."""
        with self._lock:
            self._leaving = [server for server in self._leaving if server.process.poll() is None]
            server = self._servers.get(key)
            if server is not None and server.is_usable:
                return server
            if server is not None:
                self._drop(key)
            if self._hopeless.get(key, 0.0) < time.monotonic():
                self._make_room()
                self._servers[key] = ForkServerProcess(key, environment, self._spares, self._idle_seconds)
            return None

    def give_up(self, server: ForkServerProcess) -> None:
        """End a server that did not answer; kernels that it started live on."""
        with self._lock:
            for key in [key for key, known in self._servers.items() if known is server]:
                self._drop(key)
            server.kill()

    def end_idle_after(self, seconds: float) -> None:
        """Let servers end that get no order for so long, from now on."""
        with self._lock:
            self._idle_seconds = seconds
            for server in self._servers.values():
                server.end_idle_after(seconds)

    def close(self) -> None:
        """End all servers; their kernels live until their own end."""
        with self._lock:
            for key in list(self._servers):
                self._drop(key)
            for server in self._leaving:
                server.kill()
            self._leaving.clear()

    def _make_room(self) -> None:
        while len(self._servers) >= _MOST:
            self._drop(min(self._servers, key=lambda key: self._servers[key].used_at))

    def _drop(self, key: ServerKey) -> None:
        server = self._servers.pop(key)
        server.leave()
        self._leaving.append(server)
        if server.process.poll() == _UNFORKABLE:
            _logger.info("kernels of %s are spawned: %s", " ".join(key.interpreter), server.last_words())
            self._hopeless[key] = time.monotonic() + _UNFORKABLE_SECONDS


_UNFORKABLE = 3  # `fork_server.UNFORKABLE`, whose module belongs to the other process


def _folders() -> dict[str, str]:
    here = Path(__file__).parent
    parts = ("jupyter_flows", "jupyter_flows.notebooks", "jupyter_flows.notebooks.kernel")
    return dict(zip(parts, map(str, (here.parent.parent, here.parent, here)), strict=True))


_shared: dict[int, ForkServers] = {}
_lock = threading.Lock()


def shared_fork_servers(spares: int, idle_seconds: float) -> ForkServers:
    """The fork servers that all runs of this process share; the first who asks decides how they are."""
    with _lock:
        found = _shared.get(os.getpid())
        if found is None:
            found = _shared[os.getpid()] = ForkServers(spares, idle_seconds)
            atexit.register(found.close)
        return found
