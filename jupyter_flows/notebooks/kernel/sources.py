"""Sources tried in order: a forked kernel where one can be had at once, a spawned one otherwise."""

from __future__ import annotations

import math

from jupyter_flows.notebooks.kernel.fork_servers import shared_fork_servers
from jupyter_flows.notebooks.kernel.forked import ForkSource, NotForked
from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
from jupyter_flows.notebooks.kernel.ports import KernelSource, RunningKernel
from jupyter_flows.notebooks.kernel.spawned import SpawnSource
from jupyter_flows.settings import Settings, load_settings


class ForkOrSpawn:
    """Forks where it can, spawns where it must."""

    def __init__(self, forked: ForkSource, spawned: SpawnSource) -> None:
        self._forked, self._spawned = forked, spawned

    async def start(self, start: KernelStart) -> RunningKernel:
        try:
            return await self._forked.start(start)
        except NotForked:
            return await self._spawned.start(start)


def make_kernel_ready(start: KernelStart, settings: Settings) -> None:
    """Have one kernel made ready for a run to come; where kernels are spawned there is nothing to make ready.

    It waits for the run until `let_idle_kernels_go`, or until this process ends: whoever has it made ready knows for
    how long it is needed.

    Raises
    ------
    KernelNotFound
    """
    if settings.kernel_start != "spawned":
        ForkSource(shared_fork_servers(1, math.inf), settings.kernel_packages).make_ready(start)


def let_idle_kernels_go(settings: Settings) -> None:
    """Let what waits in this process for a kernel to be asked for end, when none is for ``kernel_idle_seconds``."""
    shared_fork_servers(1, settings.kernel_idle_seconds).end_idle_after(settings.kernel_idle_seconds)


def kernel_source(*, more_to_come: bool, settings: Settings | None = None) -> KernelSource:
    """The source for runs of this process.

    Parameters
    ----------
    more_to_come
        Whether this process will run other notebooks (a runner, a notebook in which notebooks are tasks). The first
        kernel is spawned all the same, while a fork server is being started for those after it. A process that runs
        one notebook and ends has nothing of that.
    settings
        Those that begin with ``kernel_``; read when not given.
    """
    chosen = settings or load_settings()
    if not more_to_come or chosen.kernel_start == "spawned":
        return SpawnSource()
    servers = shared_fork_servers(chosen.kernel_spares, chosen.kernel_idle_seconds)
    return ForkOrSpawn(ForkSource(servers, chosen.kernel_packages), SpawnSource())
