"""What is wanted of a kernel that is about to be started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class KernelStart:
    """How a kernel is started.

    Parameters
    ----------
    kernel_name
        An installed kernel.
    folder
        Its working directory.
    environment
        All of its environment variables.
    log
        The file that gets what the process itself prints, outside of any cell. It is made when the kernel starts.
    imports
        Top-level names of the packages that the notebook imports: what may be loaded before its kernel is forked.
    uses
        Those of them that it does something with: what may be tried out in a forked kernel before it is needed.
    """

    kernel_name: str
    folder: Path
    environment: Mapping[str, str]
    log: Path
    imports: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
