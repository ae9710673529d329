"""Whether a kernel can be forked."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from jupyter_flows.notebooks.kernel.fork_servers import ForkServers
from jupyter_flows.notebooks.kernel.forked import ForkSource, NotForked, can_fork
from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
from jupyter_flows.notebooks.kernels import FALLBACK
from jupyter_flows.services.health.finding import OK, WARN, Finding
from jupyter_flows.settings import Settings

_SECONDS = 60.0
_AGAIN = 0.05  # seconds between two tries while a fork server starts


def look_at_fork_server(settings: Settings) -> Finding:
    """Have a kernel forked, and end it again; this takes a second or two."""
    about = "fork server"
    if settings.kernel_start == "spawned":
        return Finding(OK, about, "not used: the setting kernel_start is spawned")
    if not can_fork():
        return Finding(OK, about, "not for this system: each kernel starts as a process of its own")
    try:
        first, next_one = asyncio.run(_forked())
    except Exception as error:  # noqa: BLE001 - whatever it is, notebooks then run with spawned kernels
        said = f"no kernel came of it: {error or type(error).__name__}"
        return Finding(WARN, about, said, "notebooks run all the same, each with a kernel that is started anew")
    return Finding(
        OK, about, f"works: the first kernel after {first * 1000:.0f} ms, the next one {next_one * 1000:.0f} ms"
    )


async def _forked() -> tuple[float, float]:
    """Return how long the first kernel took, with the start of its server, and how long the next one."""
    servers = ForkServers(spares=0)
    try:
        with tempfile.TemporaryDirectory(prefix="jupyter-flows-") as folder:
            source = ForkSource(servers, ())
            return await _kernel(source, Path(folder)), await _kernel(source, Path(folder))
    finally:
        servers.close()


async def _kernel(source: ForkSource, folder: Path) -> float:
    start = KernelStart(FALLBACK, folder, dict(os.environ), folder / "kernel.log")
    began = time.monotonic()
    while True:  # the first who asks only has the server started
        try:
            kernel = await source.start(start)
            break
        except NotForked:
            if time.monotonic() > began + _SECONDS:
                raise
            await asyncio.sleep(_AGAIN)
    try:
        await kernel.ready(_SECONDS)
    finally:
        await kernel.stop(grace=0)
    return time.monotonic() - began


__all__ = ["look_at_fork_server"]
