"""The kernels that are installed, by their kernelspecs; none is started here."""

from __future__ import annotations

import importlib.util
import json
import os
from contextlib import suppress
from pathlib import Path

from jupyter_flows.errors import KernelNotFound

FALLBACK = "python3"


def installed_kernels() -> tuple[str, ...]:
    """Names of the installed kernels, sorted."""
    found = set(kernel_folders())
    return tuple(sorted(found | ({FALLBACK} if has_own_kernel() else set())))


def kernel_folders() -> dict[str, Path]:
    """Name in lower case to the folder with its `kernel.json`, of every installed kernelspec.

    The folders are Jupyter's, in its order (https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs).
    """
    from jupyter_core.paths import jupyter_path  # 20 ms; all of jupyter_client would be five times as much

    found: dict[str, Path] = {}
    for place in (*map(Path, jupyter_path("kernels")), _ipython_kernels()):
        with suppress(OSError):  # it is not there, or not ours to read
            for folder in sorted(place.iterdir()):
                if (folder / "kernel.json").is_file():
                    found.setdefault(folder.name.lower(), folder)
    return found


def has_own_kernel() -> bool:
    """Whether this Python can be a kernel, which needs no kernelspec."""
    return importlib.util.find_spec("ipykernel") is not None


def check_kernel(name: str) -> str:
    """Return the kernelspec name that ``name`` means; case does not count.

    Raises
    ------
    KernelNotFound
        No such kernel; the error lists those that are installed.
    """
    folder = kernel_folders().get(name.lower())
    if folder is not None:
        return folder.name.lower()
    if name.lower() == FALLBACK and has_own_kernel():
        return FALLBACK
    raise KernelNotFound(name, installed_kernels())


def kernel_language(name: str) -> str:
    """The language of an installed kernel, in lower case; empty where its kernelspec names none."""
    folder = kernel_folders().get(name.lower())
    if folder is None:
        return "python" if name.lower() == FALLBACK else ""
    try:
        spec = json.loads((folder / "kernel.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(spec.get("language") or "").lower() if isinstance(spec, dict) else ""


def _ipython_kernels() -> Path:
    return Path(os.environ.get("IPYTHONDIR") or "~/.ipython").expanduser() / "kernels"
