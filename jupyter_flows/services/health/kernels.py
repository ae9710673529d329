"""The kernels that notebooks can run with, and whether one can be forked."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_flows.notebooks.kernels import FALLBACK, has_own_kernel, installed_kernels, kernel_folders
from jupyter_flows.services.health.finding import FAIL, OK, WARN, Finding
from jupyter_flows.settings import Settings

_SECONDS = 60.0
_AGAIN = 0.05  # seconds between two tries while a fork server starts


def look_at_kernels() -> Iterator[Finding]:
    """Look at what is installed; nothing is started."""
    names = installed_kernels()
    if not names:
        yield Finding(FAIL, "kernels", "none is installed", "pip install ipykernel")
        return
    broken = {name: why for name, folder in kernel_folders().items() if (why := _trouble(folder))}
    good = [name for name in names if name not in broken or (name == FALLBACK and has_own_kernel())]
    yield Finding(
        OK if good else FAIL,
        "kernels",
        ", ".join(good) or "none that can start",
        "" if good else "pip install ipykernel",
    )
    for name, why in broken.items():
        yield Finding(WARN, "kernels", f"{name}: {why}", f"jupyter kernelspec remove {name}, or install it again")


def look_at_fork_server(settings: Settings) -> Finding:
    """Have a kernel forked, and end it again; this takes a second or two."""
    from jupyter_flows.notebooks.kernel.forked import can_fork

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
    from jupyter_flows.notebooks.kernel.fork_servers import ForkServers
    from jupyter_flows.notebooks.kernel.forked import ForkSource

    servers = ForkServers(spares=0)
    try:
        with tempfile.TemporaryDirectory(prefix="jupyter-flows-") as folder:
            source = ForkSource(servers, ())
            return await _kernel(source, Path(folder)), await _kernel(source, Path(folder))
    finally:
        servers.close()


async def _kernel(source: Any, folder: Path) -> float:
    from jupyter_flows.notebooks.kernel.forked import NotForked
    from jupyter_flows.notebooks.kernel.kernel_start import KernelStart

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


def _trouble(folder: Path) -> str:
    """Why a kernelspec cannot start; empty where it can."""
    try:
        spec = json.loads((folder / "kernel.json").read_text(encoding="utf-8"))
        program = spec["argv"][0]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        return f"its kernel.json cannot be used ({error!r})"
    if program in {"python", "python3"} or shutil.which(program):
        return ""
    return f"it names {program}, which is not there"


__all__ = ["look_at_fork_server", "look_at_kernels"]
