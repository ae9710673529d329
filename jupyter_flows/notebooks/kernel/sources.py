"""Sources tried in order: a forked kernel where one can be had at once, a spawned one otherwise."""

from __future__ import annotations

from jupyter_flows.notebooks.kernel.forked import ForkSource, NotForked
from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
from jupyter_flows.notebooks.kernel.ports import KernelSource, RunningKernel
from jupyter_flows.notebooks.kernel.spawned import SpawnSource


class ForkOrSpawn:
    """Forks where it can, spawns where it must."""

    def __init__(self, forked: ForkSource, spawned: SpawnSource) -> None:
        self._forked, self._spawned = forked, spawned

    async def start(self, start: KernelStart) -> RunningKernel:
        try:
            return await self._forked.start(start)
        except NotForked:
            return await self._spawned.start(start)


def kernel_source(*, more_to_come: bool) -> KernelSource:
    """The source for runs of this process.

    Parameters
    ----------
    more_to_come
        Whether this process will run other notebooks (a runner, a notebook in which notebooks are tasks). The first
        kernel is spawned all the same, while a fork server is being started for those after it. A process that runs
        one notebook and ends has nothing of that.
    """
    return ForkOrSpawn(ForkSource(), SpawnSource()) if more_to_come else SpawnSource()
