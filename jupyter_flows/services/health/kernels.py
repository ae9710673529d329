"""The kernels that notebooks can run with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from jupyter_flows.notebooks.kernels import FALLBACK, has_own_kernel, installed_kernels, kernel_folders
from jupyter_flows.services.health.finding import FAIL, OK, WARN, Finding


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


__all__ = ["look_at_kernels"]
