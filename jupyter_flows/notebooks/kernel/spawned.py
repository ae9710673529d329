"""Kernels in a fresh process each: any kernelspec, everywhere."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jupyter_flows.notebooks.kernel.addresses import Addresses, tcp_addresses, unix_addresses
from jupyter_flows.notebooks.kernel.guard import guard
from jupyter_flows.notebooks.kernel.kernel_end import KernelEnd
from jupyter_flows.notebooks.kernel.kernel_process import signal_group
from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
from jupyter_flows.notebooks.kernel.launch import KernelLaunch, launch_of, not_started
from jupyter_flows.notebooks.kernel.live_kernel import LiveKernel, Origin

# Where there is no handle to wait for a process.
_POLL_SECONDS = 0.05

# By default it would be the user's own history, in a file that all kernels write to.
_HISTORY = "--HistoryManager.hist_file=:memory:"

# The kernel's queue of outputs drops what is beyond 1000 messages without a word. This lifts the bound (ZMQ_SNDHWM, 23)
# in the thread that owns the socket, for those who are connected by then: hence it is no part of the kernel's command.
_NO_BOUND = (
    "(lambda thread: thread.schedule(lambda: thread.socket.setsockopt(23, 0)))(get_ipython().kernel.iopub_thread)"
)


class SpawnSource:
    """Starts each kernel by its own command."""

    async def start(self, start: KernelStart) -> LiveKernel:
        launch = launch_of(start.kernel_name)
        folder = guard().folder()
        addresses = (unix_addresses(folder) if launch.is_ipykernel else None) or tcp_addresses()
        addresses.write(folder / "kernel.json")
        try:
            process = SpawnedProcess(_spawn(launch, start, folder / "kernel.json"))
        except BaseException:
            addresses.release()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return LiveKernel(process, _origin(launch, start, folder, addresses))


def _origin(launch: KernelLaunch, start: KernelStart, folder: Path, addresses: Addresses) -> Origin:
    opening = _NO_BOUND if launch.is_ipykernel else ""
    return Origin("spawned", addresses, folder, start.log, launch.interrupts_by_message, launch.is_ipykernel, opening)


def _spawn(launch: KernelLaunch, start: KernelStart, connection_file: Path) -> subprocess.Popen[bytes]:
    command = launch.command(connection_file)
    if launch.is_ipykernel:
        command.append(_HISTORY)
    environment = launch.surroundings(start.environment)
    environment["JPY_PARENT_PID"] = str(os.getpid())
    with start.log.open("wb") as log:
        try:
            process = subprocess.Popen(
                command,
                cwd=start.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise not_started(launch.name, error) from error
    guard().watch(process.pid)
    return process


class SpawnedProcess:
    """A child of this process, watched by the running event loop."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        self.pid = child.pid
        self._loop = asyncio.get_running_loop()
        self.end: asyncio.Future[KernelEnd] = self._loop.create_future()
        self._handle = _handle_of(child.pid)
        if self._handle is not None:
            self._loop.add_reader(self._handle, self._reap)
        else:
            self._look_again()

    def signal(self, number: int) -> None:
        if not self.end.done():
            signal_group(self.pid, number)

    def close(self) -> None:
        self._leave_loop()
        if not self.end.done():
            self._bury(0.0)

    def detach(self) -> Callable[[float], None]:
        self._leave_loop()
        return self._bury

    def _leave_loop(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            if not self._loop.is_closed():
                self._loop.remove_reader(handle)
            os.close(handle)

    def _bury(self, seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)
        signal_group(self.pid, signal.SIGKILL)
        self._child.wait()
        guard().forget(self.pid)

    def _look_again(self) -> None:
        if self._child.poll() is None:
            self._loop.call_later(_POLL_SECONDS, self._look_again)
        else:
            self._reap()

    def _reap(self) -> None:
        # Until it is reaped no other process can have its number: what it left behind is killed first.
        signal_group(self.pid, signal.SIGKILL)
        code = self._child.wait()
        guard().forget(self.pid)
        self._leave_loop()
        if not self.end.done():
            self.end.set_result(KernelEnd(code))


def _handle_of(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or an old one
        return None
