"""What the notebook of a kernel is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_flows.notebooks.own_notebook import notebook_path


def notebook_name(namespace: Mapping[str, Any]) -> str:
    """The name of the notebook's file, else `notebook`."""
    path = notebook_path(namespace)
    return path.stem if path is not None else "notebook"
