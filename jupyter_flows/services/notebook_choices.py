"""How a notebook is run; kept in the run's folder, so that its next attempt is run in the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from jupyter_flows.notebooks.atomic_file import replace_text
from jupyter_flows.notebooks.execution import Engine

_FILE = "choices.json"
# The environment may hold secrets, and whether more notebooks come is a fact about a process.
_NOT_KEPT = ("environment", "more_to_come")


@dataclass(frozen=True, slots=True)
class NotebookChoices:
    """How a notebook is run.

    Parameters
    ----------
    timeout, cell_timeout
        Seconds for the whole run, and for each cell; None for no limit.
    html
        Whether to write the executed notebook as a page too.
    keep
        Globs of files that the notebook makes in its folder, to be kept in the run's.
    engine
        What executes it.
    more_to_come
        Whether this process will run more notebooks.
    environment
        Variables for the kernel, added to this process's.
    parallel
        Whether cells run at once that do not depend on each other.
    """

    timeout: float | None = None
    cell_timeout: float | None = None
    html: bool = True
    keep: tuple[str, ...] = ()
    engine: Engine = "jupyter-flows"
    more_to_come: bool = False
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    parallel: bool = False


def keep_choices(folder: Path, choices: NotebookChoices, kernel: str) -> None:
    """Write down how a run is run, in its folder.

    Raises
    ------
    OSError
    """
    told = {name: value for name, value in asdict(choices).items() if name not in _NOT_KEPT}
    replace_text(folder / _FILE, json.dumps({**told, "kernel": kernel}) + "\n", durable=False)


def kept_choices(folder: str | None) -> NotebookChoices:
    """How a run was run; the defaults where that is not known."""
    known, default = _read(folder), NotebookChoices()
    limits = {name: _seconds(known.get(name)) for name in ("timeout", "cell_timeout")}
    keep = tuple(glob for glob in known.get("keep", ()) if isinstance(glob, str))
    switches = {name: bool(known.get(name, getattr(default, name))) for name in ("html", "parallel")}
    engine: Engine = "papermill" if known.get("engine") == "papermill" else "jupyter-flows"
    return replace(default, **limits, keep=keep, engine=engine, **switches)


def kept_kernel(folder: str | None) -> str | None:
    """The name of the kernel that a run had; None where that is not known."""
    name = _read(folder).get("kernel")
    return name if isinstance(name, str) and name else None


def _read(folder: str | None) -> dict[str, Any]:
    if folder is None:
        return {}
    try:
        told = json.loads((Path(folder) / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # of an older version, or somebody has removed it
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(told: object) -> float | None:
    return float(told) if isinstance(told, int | float) and told > 0 else None


__all__ = ["NotebookChoices", "keep_choices", "kept_choices", "kept_kernel"]
