"""Whether a shell has the extension, and the notebook at work that it then has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_flows.magics.workbench import Workbench

ATTRIBUTE = "_jupyter_flows"
"""Of the shell: there is one notebook to each."""


def workbench_of(shell: Any) -> Workbench | None:
    """The notebook at work of a shell; None where it has no extension."""
    extension = getattr(shell, ATTRIBUTE, None)
    return None if extension is None else extension.workbench


__all__ = ["ATTRIBUTE", "workbench_of"]
