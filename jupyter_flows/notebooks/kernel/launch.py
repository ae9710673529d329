"""How an installed kernel is started: its command, environment and habits, from its kernelspec."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from jupyter_flows.errors import KernelDied, KernelNotFound, NotebookError
from jupyter_flows.notebooks.kernels import FALLBACK, has_own_kernel, installed_kernels, kernel_folders

_LOCAL = "local-provisioner"
_PYTHONS = {"python", f"python{sys.version_info[0]}", "python{}.{}".format(*sys.version_info)}
_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_]+)\}")

# What may stand between the interpreter and the kernel's module and means nothing to a forked kernel.
_HARMLESS = {"-Xfrozen_modules=off"}


@dataclass(frozen=True, slots=True)
class KernelLaunch:
    """A kernelspec, as far as starting the kernel goes.

    Parameters
    ----------
    name
        The kernelspec's.
    argv
        The command, with ``{connection_file}`` and others to be filled in.
    environment
        Variables that it adds, with ``${NAME}`` to be filled in.
    folder
        Where the kernelspec is, for ``{resource_dir}``; None for the kernel that needs none.
    interrupts_by_message
        Otherwise by SIGINT.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path | None
    interrupts_by_message: bool = False

    @property
    def is_ipykernel(self) -> bool:
        """Whether it is IPython's own kernel, whose arguments we know."""
        return any(part in {"ipykernel_launcher", "ipykernel"} for part in self.argv)

    @property
    def interpreter(self) -> str | None:
        """The Python interpreter, where the command is an interpreter that runs ipykernel and nothing else."""
        if len(self.argv) < 5:
            return None
        first, *others = self.argv
        tail = [part for part in others if part not in _HARMLESS]
        plain = (
            ["-m", "ipykernel_launcher", "-f", "{connection_file}"],
            ["-m", "ipykernel", "-f", "{connection_file}"],
        )
        return _python(first) if tail in plain else None

    def command(self, connection_file: Path) -> list[str]:
        """The command with everything filled in."""
        known = {"connection_file": str(connection_file), "prefix": sys.prefix, "resource_dir": str(self.folder or "")}
        filled = [_PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), part) for part in self.argv]
        return [_python(filled[0]), *filled[1:]]

    def surroundings(self, environment: Mapping[str, str]) -> dict[str, str]:
        """An environment with the kernelspec's own variables added."""
        added = {name: Template(value).safe_substitute(environment) for name, value in self.environment.items()}
        return {**environment, **added}


def launch_of(name: str) -> KernelLaunch:
    """Read how a kernel is started.

    Raises
    ------
    KernelNotFound
        No such kernel is installed.
    NotebookError
        Its kernelspec cannot be read, or asks for a provisioner that is not on this machine's own processes.
    """
    folder = kernel_folders().get(name.lower())
    if folder is None:
        if name.lower() != FALLBACK or not has_own_kernel():
            raise KernelNotFound(name, installed_kernels())
        argv = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
        return KernelLaunch(FALLBACK, argv, {}, None)
    return _launch(name, folder, _read(name, folder / "kernel.json"))


def _read(name: str, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotebookError(f"the kernel {name!r} has an unreadable {path}: {error}; install it anew") from error
    if not isinstance(found, dict) or not isinstance(found.get("argv"), list) or not found["argv"]:
        raise NotebookError(f"the kernel {name!r} has no command in {path}; install it anew")
    return found


def _launch(name: str, folder: Path, spec: Mapping[str, Any]) -> KernelLaunch:
    provisioner = _within(_within(spec, "metadata"), "kernel_provisioner").get("provisioner_name", _LOCAL)
    if provisioner != _LOCAL:
        raise NotebookError(
            f"the kernel {name!r} is started by {provisioner!r}, which headless runs cannot use; "
            "choose a kernel of this machine with --kernel NAME"
        )
    environment = {str(key): str(value) for key, value in _within(spec, "env").items()}
    argv = tuple(str(part) for part in spec["argv"])
    return KernelLaunch(name, argv, environment, folder, spec.get("interrupt_mode") == "message")


def _within(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = spec.get(name)
    return found if isinstance(found, dict) else {}


def _python(command: str) -> str:
    # A kernelspec that says just "python" means the interpreter of its own environment, which is ours.
    return sys.executable if command in _PYTHONS else str(Path(command).expanduser()) if command[:1] == "~" else command


def not_started(name: str, why: object) -> KernelDied:
    """The error for a kernel whose command cannot be run."""
    return KernelDied(None, f"the kernel {name!r} did not start: {why}")
