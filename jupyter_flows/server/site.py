"""What the extension has open while its server runs: the one thing that every operation is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_flows.server.children import Children
    from jupyter_flows.server.hosted_runner import HostedRunner
    from jupyter_flows.server.store_door import StoreDoor


@dataclass(frozen=True, slots=True)
class Site:
    """What operations use.

    Parameters
    ----------
    door
        The store.
    children
        Runs that this server has begun.
    runner
        The runner that it hosts, or not.
    root
        The folder that Lab shows; None where its contents are no files here.
    open_folder
        Where in it notebooks of runs are put, to be opened.
    """

    door: StoreDoor
    children: Children
    runner: HostedRunner
    root: Path | None
    open_folder: str


__all__ = ["Site"]
