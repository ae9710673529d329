"""The folder of a flow run, made where one of its runs first needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_flows.model.records import DirectoryChosen


def folder_of(run: Any) -> Path:
    """Return the folder of a flow run; its user alone may enter it, and the store knows of it.

    Parameters
    ----------
    run
        The handle of a flow run, or what stands for one in a worker process.

    Raises
    ------
    OSError
        It cannot be made.
    """
    if run.directory is None:
        folder = Path(run.session.settings.runs_dir) / run.id
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        run.directory = str(folder)
        run.session.post(run, DirectoryChosen(run.id, run.directory), wake=False)
    return Path(run.directory)
