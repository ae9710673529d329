"""A clean process without threads that forks kernels on demand, and keeps some waiting that are ready to begin.

It runs in the kernel's interpreter, in which this project may be missing: this module and those it imports need
nothing but Python and ipykernel. Its owner holds the other end of its control socket and asks for kernels, or says how
long the server is to wait for the next order; the end of that socket is the end of the server, once the kernels that
it still has to reap are gone.

Every kernel has a socket of its own, its lease, whose other end the owner holds: the server tells there which process
it is and how it ended, the kernel tells where it listens, and kills its process group when the owner is gone.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_flows.notebooks.kernel.fork_preloads import Unforkable, load_ipykernel, load_packages, threads
from jupyter_flows.notebooks.kernel.forked_app import INLINE, files_of_modules, kernel_app_class
from jupyter_flows.notebooks.kernel.forked_kernel import HANDLES, Lease, Role, be_kernel, read_order
from jupyter_flows.notebooks.kernel.interpreter_stamps import take_stamps

UNFORKABLE = 3
"""Exit status of a server that will never be of use; its last line says why."""

_OWNER_POLL_MS = 5000  # an owner's forked child may hold the control socket open after the owner has died

_BREATH_SECONDS = 0.15  # a spare takes most of a core while it is made, and short notebooks have ended by then

_LONGEST_WORD = 64  # bytes of a number of seconds

_FAILURES = 3  # spares that died before their order, until no more are made


@dataclass(slots=True)
class _Child:
    """A forked process: a kernel with its lease, or one that waits for its order."""

    pid: int
    handle: int
    lease: socket.socket | None
    way: socket.socket | None = None


@dataclass(slots=True)
class ForkServer:
    """The server's loop.

    Parameters
    ----------
    control
        Where orders come, one datagram each.
    folder
        Private, with a short path: each kernel gets a folder for its sockets in it.
    spares
        How many kernels wait, ready to begin.
    idle_seconds
        Without any order for so long, and with no kernel at work, the server ends. Its owner may change it.
    threads
        How many threads this process may have when it forks: itself, and those of a library that handles forks.
    own
        Variables that libraries have set while they were loaded.
    uses
        Packages that spares try out.
    """

    control: socket.socket | None
    folder: Path
    spares: int
    idle_seconds: float
    threads: int
    own: Mapping[str, str]
    uses: tuple[str, ...] = ()
    _owner: int = field(default_factory=os.getppid)
    _children: dict[int, _Child] = field(default_factory=dict)
    _count: int = 0
    _failures: int = 0
    _asked_at: float = field(default_factory=time.monotonic)

    def serve(self) -> Role | None:
        """Fork what is asked for until nobody can ask any more.

        Returns
        -------
        Role or None
            In a forked process: what it is to be. In the server: None, at its end.
        """
        while self._goes_on():
            role = None
            for handle in self._events():
                if self.control is not None and handle == self.control.fileno():
                    role = self._take_order()
                else:
                    self._reap(self._children.pop(handle))
                if role is not None:
                    return role
            role = self._fork_spare()
            if role is not None:
                return role
        self._release_spares()
        return None

    # --- waiting ----------------------------------------------------------------------------------------------

    def _goes_on(self) -> bool:
        if self.control is not None and (os.getppid() != self._owner or self._is_idle()):
            self._hang_up()
        return self.control is not None or any(child.lease for child in self._children.values())

    def _is_idle(self) -> bool:
        at_work = any(child.lease for child in self._children.values())
        return not at_work and time.monotonic() - self._asked_at > self.idle_seconds

    def _hang_up(self) -> None:
        assert self.control is not None
        self.control.close()
        self.control = None
        self._release_spares()

    def _events(self) -> Iterator[int]:
        poll = select.poll()
        for handle in self._children:
            poll.register(handle, select.POLLIN)
        if self.control is not None:
            poll.register(self.control, select.POLLIN)
        wait = min(_OWNER_POLL_MS, self.idle_seconds * 1000 + 50)
        if self._lacks_spare():  # orders that wait already go first
            wait = min(wait, max(0.0, self._spare_is_due() - time.monotonic()) * 1000)
        for handle, _ in poll.poll(wait):
            yield handle

    # --- forking ----------------------------------------------------------------------------------------------

    def _take_order(self) -> Role | None:
        assert self.control is not None
        told, handles, _, _ = socket.recv_fds(self.control, _LONGEST_WORD, HANDLES)
        self._asked_at = time.monotonic()
        if not handles:
            if told:
                self.idle_seconds = float(told)
            else:
                self._hang_up()
            return None
        order, lease, log = handles[0], socket.socket(fileno=handles[1]), handles[2]
        role = None if self._give_to_spare(order, lease, log) else self._fork_kernel(order, lease, log)
        if role is None:
            os.close(order)
            os.close(log)
        return role

    def _give_to_spare(self, order: int, lease: socket.socket, log: int) -> bool:
        for child in [child for child in self._children.values() if child.way is not None]:
            assert child.way is not None
            try:
                socket.send_fds(child.way, [b"!"], [order, lease.fileno(), log])
            except OSError:  # it died, which its handle will tell
                continue
            finally:
                child.way.close()
                child.way = None
            self._hand_over(child, lease)
            return True
        return False

    def _fork_kernel(self, order: int, lease: socket.socket, log: int) -> Role | None:
        child, folder = self._fork()
        if child is None:
            return Role(folder, self.own, read_order(order), Lease(lease), log)
        self._hand_over(child, lease)
        return None

    def _lacks_spare(self) -> bool:
        waiting = sum(child.way is not None for child in self._children.values())
        return self.control is not None and waiting < self.spares

    def _spare_is_due(self) -> float:
        """When to make what is missing: at once where none waits; otherwise what was ordered last runs first."""
        waits = any(child.way is not None for child in self._children.values())
        return self._asked_at + _BREATH_SECONDS if waits else 0.0

    def _fork_spare(self) -> Role | None:
        if not self._lacks_spare() or self._spare_is_due() > time.monotonic():
            return None
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        child, folder = self._fork()
        if child is None:
            here.close()
            return Role(folder, self.own, way=there, patience=self.idle_seconds, uses=self.uses)
        there.close()
        child.way = here
        return None

    def _fork(self) -> tuple[_Child | None, Path]:
        """Fork; the second value is the folder for the sockets, the first is None in the new process."""
        self._check_threads()
        self._count += 1
        folder = self.folder / str(self._count)
        pid = os.fork()
        if pid == 0:
            self._leave_to_server()
            return None, folder
        child = _Child(pid, os.pidfd_open(pid), None)
        self._children[child.handle] = child
        return child, folder

    def _check_threads(self) -> None:
        found = threads()
        if threading.active_count() > 1 or found > self.threads:
            raise Unforkable(f"{found} threads where {self.threads} are expected: a fork could hang")

    def _leave_to_server(self) -> None:
        """In a forked process: close what is the server's."""
        for child in self._children.values():
            os.close(child.handle)
            for end in (child.lease, child.way):
                if end is not None:
                    end.close()
        self._children.clear()
        if self.control is not None:
            self.control.close()
            self.control = None

    # --- what becomes of them ---------------------------------------------------------------------------------

    def _hand_over(self, child: _Child, lease: socket.socket) -> None:
        child.lease = lease
        _tell(lease, {"pid": child.pid}, child.handle)

    def _reap(self, child: _Child) -> None:
        # Until it is reaped no other process can have its number: what it left behind is killed first.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        _, how = os.waitpid(child.pid, 0)
        os.close(child.handle)
        if child.way is not None:
            child.way.close()
            self._note_failure(how)
        if child.lease is not None:
            _tell(child.lease, {"ended": os.waitstatus_to_exitcode(how)})
            child.lease.close()

    def _note_failure(self, how: int) -> None:
        # One that cannot even begin would be followed by the next for ever.
        self._failures += how != 0
        if self._failures >= _FAILURES:
            self.spares = 0

    def _release_spares(self) -> None:
        for child in self._children.values():
            if child.way is not None:
                child.way.close()
                child.way = None


def _tell(lease: socket.socket, what: Mapping[str, Any], *handles: int) -> None:
    with contextlib.suppress(OSError):  # the owner is gone, or does not want to know
        socket.send_fds(lease, [json.dumps(what).encode("ascii")], handles, socket.MSG_DONTWAIT)


def main(control: int, folder: str, spares: int, idle_seconds: float, packages: list[str], uses: list[str]) -> None:
    """Be a fork server, or in the end one of the kernels that it forked.

    Parameters
    ----------
    control
        Handle of the control socket.
    folder, spares, idle_seconds
        As `ForkServer` has them.
    packages
        What is imported before the first fork.
    uses
        Those of them that spares try out.
    """
    own = socket.socket(fileno=control)
    try:
        os.close(os.pidfd_open(os.getpid()))
        own.send(json.dumps({"stamps": take_stamps()}).encode("ascii"))
        before = dict(os.environ)
        os.environ.setdefault("MPLBACKEND", INLINE)  # as a kernel does before anything of a user is imported
        load_ipykernel()
        kernel_app_class()
        allowed = load_packages(packages)
        files_of_modules()
        added = {name: value for name, value in os.environ.items() if before.get(name) != value}
        gc.collect()
        gc.freeze()
        role = ForkServer(own, Path(folder), spares, idle_seconds, allowed, added, tuple(uses)).serve()
    except (Unforkable, ImportError, OSError, AttributeError) as error:
        os.write(2, f"cannot fork kernels: {error}\n".encode(errors="replace"))
        os._exit(UNFORKABLE)
    if role is not None:
        be_kernel(role)
