"""Names that no cell needs to bind: Python's builtins, and what IPython puts into every notebook's namespace."""

from __future__ import annotations

import builtins
import re

_IPYTHON = {
    *("_", "__", "___", "_i", "_ii", "_iii", "_dh", "_ih", "_oh", "In", "Out", "exit", "quit", "display"),
    *("get_ipython", "open", "__name__", "__doc__", "__builtin__", "__builtins__", "__loader__", "__spec__"),
    *("__package__", "__class__"),
}
_NAMES = frozenset({*dir(builtins), *_IPYTHON})
_HISTORY = re.compile(r"_i?\d+")  # `_3` is the value of cell 3, `_i3` its source


def is_always_there(name: str) -> bool:
    """Whether a name has a value before any cell ran."""
    return name in _NAMES or (name[0] == "_" and _HISTORY.fullmatch(name) is not None)


def is_history(name: str) -> bool:
    """Whether a name stands for what earlier cells showed (``_``, ``_3``, ``Out``), whichever those were."""
    return name in {"_", "__", "___", "Out", "_oh"} or _HISTORY.fullmatch(name) is not None
