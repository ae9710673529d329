"""Notebooks of a run, put where Lab can open them: its folder is not in the folder that Lab shows."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path

from jupyter_flows.errors import FileNotServed, PathRefused, RunRefused, ServerBusy
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.notebooks.atomic_file import replace_text
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.file_answer import open_file
from jupyter_flows.server.resuming import complaint_of
from jupyter_flows.server.run_detail import file_of
from jupyter_flows.server.shapes.queries import Nothing
from jupyter_flows.server.shapes.runs import Opened, OpenForm
from jupyter_flows.server.site import Site

_WRITES_IN = 15.0  # seconds
_LARGEST = 200_000_000  # bytes
_UNFIT = re.compile(r"[^\w.-]+")


def open_notebook(asked: Asked[Nothing, OpenForm]) -> Opened:
    """Put the executed notebook of a run, or one in which to look at its failure, below Lab's root."""
    run = asked.site.door.reader().flow_run(asked.run)
    if asked.form.what == "output":
        name = file_of(run, "notebook")
        if not name:
            raise FileNotServed(run.id, "executed notebook", "it is no run of a notebook")
        return Opened(path=_placed(asked.site, run, _text(run, name), ""), restored=[], notes=[])
    return _failure(asked, run)


def _failure(asked: Asked[Nothing, OpenForm], run: FlowRun) -> Opened:
    """The notebook for a failure is made in a child: what it restores is the user's."""
    code, answer, complaint = asked.site.children.command(["open", run.id, "--json"], _WRITES_IN)
    if code is None:
        raise ServerBusy(_WRITES_IN)
    try:
        told = json.loads(answer) if code == 0 else None
    except ValueError:
        told = None
    if told is None:
        raise RunRefused(run.name, "opened", complaint_of(complaint) or "its failure could not be looked at")
    text = Path(told["path"]).read_text(encoding="utf-8")
    return Opened(path=_placed(asked.site, run, text, "-failure"), restored=told["restored"], notes=told["notes"])


def _text(run: FlowRun, name: str) -> str:
    with open_file(run, name) as file:
        if file.size > _LARGEST:
            raise FileNotServed(run.id, name, f"it has {file.size:,} bytes, more than can be opened")
        return b"".join(file.chunks()).decode("utf-8", "replace")


def _placed(site: Site, run: FlowRun, text: str, suffix: str) -> str:
    if site.root is None:
        raise PathRefused(site.open_folder, "this server's contents are no files here")
    folder = site.root / site.open_folder
    if not Path(os.path.realpath(folder)).is_relative_to(site.root):
        raise PathRefused(site.open_folder, "the folder for opened notebooks leads out of the folder that Lab shows")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = _UNFIT.sub("-", run.flow).strip("-.")[:80] or "run"
    path = folder / f"{stem}-{run.serial}-{run.id}{suffix}.ipynb"
    with suppress(FileNotFoundError):
        if path.is_symlink():
            path.unlink()
    replace_text(path, text, durable=False)
    return path.relative_to(site.root).as_posix()


__all__ = ["open_notebook"]
