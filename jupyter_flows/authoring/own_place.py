"""Where a flow that is being deployed is defined, and where its runs will work."""

from __future__ import annotations

from pathlib import Path

from jupyter_flows.notebooks.own_kernel import kernel_shell
from jupyter_flows.notebooks.own_notebook import notebook_path
from jupyter_flows.services.subjects import entry_in_notebook


def entry_or_notebook(entry: str, notebook: str | Path | None) -> str:
    """Return a flow's entry: its file's, or that of the notebook whose cell it was defined in; empty for neither.

    Parameters
    ----------
    entry
        As `definition.entry_of` tells it.
    notebook
        Named by the user, where the front end does not tell.
    """
    if entry and notebook is None:
        return entry
    shell = kernel_shell()
    path = Path(notebook) if notebook is not None else (notebook_path(shell.user_ns) if shell is not None else None)
    return "" if path is None else entry_in_notebook(path)


__all__ = ["entry_or_notebook"]
