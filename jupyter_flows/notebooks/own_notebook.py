"""Which notebook the code of a kernel stands in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The front end's word for it: Jupyter's server (and a headless run) by the environment, VS Code in the namespace.
NOTEBOOK, _NAME = "JPY_SESSION_NAME", "__vsc_ipynb_file__"


def notebook_path(namespace: Mapping[str, Any]) -> Path | None:
    """The notebook's file, where the front end says it."""
    found = namespace.get(_NAME) or os.environ.get(NOTEBOOK)
    path = Path(found) if isinstance(found, str) and found.endswith(".ipynb") else None
    return path if path is not None and path.is_file() else None


__all__ = ["NOTEBOOK", "notebook_path"]
