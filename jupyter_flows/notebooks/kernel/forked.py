"""Kernels from a fork server: a fresh process each, ready in a few milliseconds, sharing what they have loaded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_flows.notebooks.kernel.addresses import Addresses
from jupyter_flows.notebooks.kernel.fork_servers import (
    ForkServerProcess,
    ForkServers,
    ServerKey,
    read_once,
)
from jupyter_flows.notebooks.kernel.guard import guard
from jupyter_flows.notebooks.kernel.kernel_end import KernelEnd
from jupyter_flows.notebooks.kernel.kernel_process import signal_group
from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
from jupyter_flows.notebooks.kernel.launch import KernelLaunch, launch_of
from jupyter_flows.notebooks.kernel.live_kernel import LiveKernel, Origin
from jupyter_flows.notebooks.kernel.preloads import PRELOADED, preloads_of
from jupyter_flows.notebooks.kernel.signs_of_life import keep_to_this_process

ANSWER_SECONDS = 20.0
"""How long a fork server may take for a kernel, its own start included; then a kernel is spawned instead."""

_KILLED_SECONDS = 10.0  # after SIGKILL: more only where the system itself hangs

_LAST_WORD_SECONDS = 5.0  # between a kernel's end and its server's word about it: more only where the server hangs

_logger = logging.getLogger("jupyter_flows.notebooks.kernel")


class NotForked(Exception):
    """A kernel that cannot be forked, or not now; it can be spawned."""


class ForkSource:
    """Lets fork servers start kernels; raises `NotForked` where they cannot.

    Parameters
    ----------
    servers
        Those of this process.
    allowed
        Packages that may be loaded before a kernel is forked, where its notebook imports them.
    """

    def __init__(self, servers: ForkServers, allowed: tuple[str, ...] = PRELOADED) -> None:
        self._servers = servers
        self._allowed = allowed

    async def start(self, start: KernelStart) -> LiveKernel:
        """Start a kernel.

        Raises
        ------
        NotForked
            Its kernelspec is no plain ipykernel, the platform cannot fork safely, or no server can serve it just now.
        KernelNotFound
            No such kernel is installed.
        """
        launch = launch_of(start.kernel_name)
        environment = launch.surroundings(start.environment)
        server = self._servers.find(self._key(launch, start, environment), environment)
        if server is None:
            raise NotForked("its fork server is being started, or of no use")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                with contextlib.suppress(EOFError):  # it was chosen and died; the next one will hardly
                    return await _ordered(server, start, environment, launch)
                return await _ordered(server, start, environment, launch)
        except (BlockingIOError, EOFError) as error:  # busy; or the kernel itself ended
            raise NotForked(f"the fork server gave no kernel: {error!r}") from error
        except OSError as error:  # among them that the time is over
            self._servers.give_up(server)
            _logger.warning("a fork server gave no kernel (%r) %s", error, server.last_words())
            raise NotForked(f"the fork server gave no kernel: {error!r}") from error

    def make_ready(self, start: KernelStart) -> None:
        """Have a fork server for such kernels started, where there is none yet; nothing is waited for.

        Raises
        ------
        KernelNotFound
        """
        launch = launch_of(start.kernel_name)
        environment = launch.surroundings(start.environment)
        with contextlib.suppress(NotForked):
            self._servers.find(self._key(launch, start, environment), environment)

    def _key(self, launch: KernelLaunch, start: KernelStart, environment: Mapping[str, str]) -> ServerKey:
        interpreter = launch.interpreter
        if interpreter is None or not can_fork():
            raise NotForked(f"the kernel {launch.name!r} is no plain ipykernel, or this system cannot fork one")
        options = tuple(part for part in launch.argv[1:] if part.startswith("-X"))
        packages = preloads_of(start.imports, self._allowed)
        uses = tuple(name for name in packages if name in start.uses)
        return ServerKey((interpreter, *options), packages, read_once(environment), uses)


def can_fork() -> bool:
    """Whether this system forks safely (macOS does not) and tells of processes by handles (old Linux does not)."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


async def _ordered(
    server: ForkServerProcess, start: KernelStart, environment: Mapping[str, str], launch: KernelLaunch
) -> LiveKernel:
    order = {"folder": str(start.folder), "environment": {**environment, "JPY_PARENT_PID": str(os.getpid())}}
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    keep_to_this_process(here)
    lease = LeaseHolder(here)
    try:
        with there, start.log.open("wb") as log:
            server.ask(order, there.fileno(), log.fileno())
        await lease.kernel_listens()
    except BaseException:
        lease.release()
        raise
    assert lease.pid is not None
    process = ForkedProcess(lease, lease.pid)
    return LiveKernel(process, _origin(lease, start, launch))


def _origin(lease: LeaseHolder, start: KernelStart, launch: KernelLaunch) -> Origin:
    ip, key = lease.connection["ip"], lease.connection["key"]
    addresses = Addresses("ipc", ip, (1, 2, 3, 4, 5), key)
    return Origin("forked", addresses, Path(ip).parent, start.log, launch.interrupts_by_message, tells_all=True)


@dataclass(slots=True)
class _Heard:
    """What came over a lease."""

    pid: int | None = None
    handle: int | None = None
    connection: Mapping[str, Any] | None = None
    end: KernelEnd | None = None


class LeaseHolder:
    """The owner's end of a kernel's lease: the kernel lives while it is open. Belongs to one event loop."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._heard = _Heard()
        self._changed = asyncio.Event()
        self._loop.add_reader(end, self._listen)

    @property
    def pid(self) -> int | None:
        """The kernel's process."""
        return self._heard.pid

    @property
    def handle(self) -> int | None:
        """A handle of that process; whoever takes it closes it."""
        return self._heard.handle

    @property
    def connection(self) -> Mapping[str, Any]:
        """Where the kernel listens."""
        assert self._heard.connection is not None
        return self._heard.connection

    async def kernel_listens(self) -> None:
        """Wait until the process is known and listens.

        Raises
        ------
        EOFError
            It ended before.
        """
        while self._heard.pid is None or self._heard.connection is None:
            if self._heard.end is not None:
                raise EOFError(str(self._heard.end))
            self._changed.clear()
            await self._changed.wait()

    async def ended(self) -> KernelEnd:
        """Wait for the server's word about the process's end, or for the end of both."""
        while self._heard.end is None:
            self._changed.clear()
            await self._changed.wait()
        return self._heard.end

    def release(self) -> None:
        """End the lease; a kernel that still lives ends by that."""
        if self._end.fileno() >= 0:
            self.detach().close()

    def detach(self) -> socket.socket:
        """Leave the event loop; return the end, on which the server's word about the process is still to come."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self._end)
        if self._heard.handle is not None:
            os.close(self._heard.handle)
            self._heard.handle = None
        return self._end

    def _listen(self) -> None:
        try:
            data, handles, _, _ = socket.recv_fds(self._end, 1 << 16, 1)
        except BlockingIOError:
            return
        except OSError:
            data, handles = b"", []
        self._note(json.loads(data) if data else {"ended": None}, handles)
        self._changed.set()
        if self._heard.end is not None:
            self._loop.remove_reader(self._end)

    def _note(self, told: Mapping[str, Any], handles: list[int]) -> None:
        if "pid" in told:
            self._heard.pid, self._heard.handle = int(told["pid"]), handles[0]
        if "connection" in told:
            self._heard.connection = told["connection"]
        if "ended" in told:
            self._heard.end = KernelEnd(told["ended"])


def _ends_within(end: socket.socket, seconds: float) -> bool:
    end.settimeout(max(seconds, 0.001))
    try:
        while data := end.recv(1 << 16):
            if "ended" in json.loads(data):
                return True
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


class ForkedProcess:
    """A fork server's child, known by its lease and by a handle."""

    def __init__(self, lease: LeaseHolder, pid: int) -> None:
        self.pid = pid
        self._lease = lease
        self._loop = asyncio.get_running_loop()
        self.end: asyncio.Future[KernelEnd] = self._loop.create_future()
        self._gone = asyncio.Event()
        assert lease.handle is not None
        self._handle: int | None = lease.handle
        self._loop.add_reader(lease.handle, self._note_gone)
        self._watch = asyncio.ensure_future(self._await_end())
        guard().watch(pid)

    def signal(self, number: int) -> None:
        if not self.end.done():
            signal_group(self.pid, number)

    def close(self) -> None:
        self._leave_loop()
        self._lease.release()
        if not self.end.done():
            signal_group(self.pid, signal.SIGKILL)
            guard().forget(self.pid)

    def detach(self) -> Callable[[float], None]:
        self._leave_loop()
        end = self._lease.detach()
        return lambda seconds: self._bury(end, seconds)

    def _bury(self, end: socket.socket, seconds: float) -> None:
        with end:
            if not _ends_within(end, seconds):
                signal_group(self.pid, signal.SIGKILL)
                _ends_within(end, _KILLED_SECONDS)
        guard().forget(self.pid)

    def _leave_loop(self) -> None:
        self._watch.cancel()
        self._forget_handle()

    def _note_gone(self) -> None:
        self._forget_handle()
        self._gone.set()

    def _forget_handle(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None and not self._loop.is_closed():
            self._loop.remove_reader(handle)

    async def _await_end(self) -> None:
        gone, word = asyncio.ensure_future(self._gone.wait()), asyncio.ensure_future(self._lease.ended())
        try:
            await asyncio.wait([gone, word], return_when=asyncio.FIRST_COMPLETED)
            if not word.done():
                await asyncio.wait([word], timeout=_LAST_WORD_SECONDS)
            end = word.result() if word.done() else KernelEnd(None)
        finally:
            for task in (gone, word):  # also where this is cancelled: a loop may run for ever
                task.cancel()
        if end.code is None:
            signal_group(self.pid, signal.SIGKILL)  # the server, which does this otherwise, is gone
        guard().forget(self.pid)
        with contextlib.suppress(asyncio.InvalidStateError):
            self.end.set_result(end)
