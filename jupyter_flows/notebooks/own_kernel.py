"""The kernel that this code runs in."""

from __future__ import annotations

import sys
from typing import Any


def kernel_shell() -> Any:
    """The shell of the kernel this runs in; None elsewhere. A kernel has loaded IPython long before."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None
