"""`artifact`: attach something to look at to the present run."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from html import escape
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from jupyter_flows.authoring.artifact_image import image_of
from jupyter_flows.authoring.artifact_table import table_of
from jupyter_flows.drivers.context import Frame, current_frame, in_forked_child
from jupyter_flows.errors import ArtifactError
from jupyter_flows.model.records import ArtifactKept
from jupyter_flows.notebooks.artifact_bundle import ARTIFACT_MIME, artifact_display
from jupyter_flows.notebooks.own_kernel import kernel_shell
from jupyter_flows.services.artifacts import MOST_CHARACTERS, ArtifactContent, attach, checked_progress, written
from jupyter_flows.services.artifacts import progress_id as id_of_progress
from jupyter_flows.wiring import current_settings, parent_run_of_process

_ONE = "give exactly one of markdown, table, image, link, file and progress"


def artifact(
    *,
    markdown: str | None = None,
    table: Any = None,
    image: Any = None,
    link: str | None = None,
    file: str | os.PathLike[str] | None = None,
    progress: float | tuple[float, float] | None = None,
    key: str | None = None,
    description: str = "",
) -> None:
    """Attach something to look at to the present run; give one of the first six.

    It is kept in the run's folder with the flow run or task run that called this, is listed by
    ``jupyter flows artifacts RUN``, and goes with the run. It is never loaded by a program. In a cell of a notebook,
    outside any flow, it is shown in the cell too: in a headless run it belongs to the cell, in an interactive kernel it
    is only shown.

    Parameters
    ----------
    markdown
        A text.
    table
        A list of dicts (or lists), a dict of lists, or a DataFrame: its first 1,000 rows are kept, with the total.
    image
        PNG, JPEG, GIF or WebP bytes, the path of such a file, a matplotlib figure or a PIL image.
    link
        An address (http or https), or the path of a file in the run's folder.
    file
        The path of a file, which is copied; at most `JUPYTER_FLOWS_ARTIFACT_MAX_BYTES`.
    progress
        From 0 to 1, or ``(done, total)``. The next progress of the same key takes its place.
    key
        A name; the artifacts of one key in a run are its history.
    description
        What it is, for people.

    Raises
    ------
    ArtifactError
        It cannot be kept, or there is neither a run nor a notebook here.
    """
    given = {
        name: value
        for name, value in (
            ("markdown", markdown),
            ("table", table),
            ("image", image),
            ("link", link),
            ("file", file),
            ("progress", progress),
        )
        if value is not None
    }
    if len(given) != 1:
        raise ArtifactError("...", f"{_ONE}, not {', '.join(given) or 'none'}")
    ((kind, value),) = given.items()
    frame = current_frame()
    content = _MAKERS[kind](value, _most_bytes(frame))
    _keep(frame, content, _checked_text("key", key or ""), _checked_text("description", description))


def _keep(frame: Frame | None, content: ArtifactContent, key: str, description: str) -> None:
    try:
        if frame is not None:
            attach(frame, content, key, description)
        elif (shell := kernel_shell()) is not None:
            _show(shell, content, key, description)
        elif not in_forked_child():  # such a child records nothing, as flows that it calls
            why = "there is no run here; call it in a flow, a task or a cell of a notebook"
            raise ArtifactError(content.kind, why)
    except OSError as error:
        raise ArtifactError(content.kind, f"the run's folder: {error.strerror or error}") from error


def _most_bytes(frame: Frame | None) -> int:
    return (current_settings() if frame is None else frame.run.session.settings).artifact_max_bytes


def _checked_text(what: str, text: Any) -> str:
    if not isinstance(text, str):
        raise ArtifactError(what, f"give a text, not a {type(text).__name__}")
    return text[: MOST_CHARACTERS[what]]


# -- in a notebook's cell ----------------------------------------------------------------------------------------------


def _show(shell: Any, content: ArtifactContent, key: str, description: str) -> None:
    """Show it in the cell; in a headless run also write it down for the process that owns the run."""
    run_id, shown = parent_run_of_process(), dict[str, Any](content.shown)
    settings = current_settings()
    folder = None if run_id is None else settings.runs_dir / run_id
    if folder is not None and run_id is not None and folder.is_dir():
        record = written(content, folder, run_id, 0, key, description, settings.artifact_max_bytes)
        shown[ARTIFACT_MIME] = _payload(record)
    display = artifact_display(shell)
    if content.kind == "progress":
        display.move(id_of_progress(0, key), shown, ended=content.progress == 1.0)
    else:
        display.show(shown)


def _payload(record: ArtifactKept) -> dict[str, Any]:
    told = ("id", "kind", "key", "description", "media_type", "location", "progress")
    return {name: getattr(record, name) for name in told}


# -- what can be attached ----------------------------------------------------------------------------------------------


def _markdown(value: Any, _most: int) -> ArtifactContent:
    if not isinstance(value, str):
        raise ArtifactError("markdown", f"give a text, not a {type(value).__name__}")
    text = value.encode("utf-8", "backslashreplace")
    shown = {"text/markdown": text.decode(), "text/plain": text.decode()}
    return ArtifactContent("markdown", "text/markdown", {".md": text}, shown=shown)


def _table(value: Any, _most: int) -> ArtifactContent:
    table = table_of(value)
    files = {".html": table.page().encode(), ".json": table.json().encode()}
    shown = {"text/html": table.in_cell(), "text/plain": f"table of {table.total:,} rows, {len(table.columns)} columns"}
    return ArtifactContent("table", "text/html", files, shown=shown)


def _image(value: Any, most: int) -> ArtifactContent:
    data, media_type, ending = image_of(value, most)
    shown = {media_type: base64.b64encode(data).decode(), "text/plain": f"image of {len(data):,} bytes"}
    return ArtifactContent("image", media_type, {ending: data}, shown=shown)


def _link(value: Any, _most: int) -> ArtifactContent:
    if not isinstance(value, str):
        raise ArtifactError("link", f"give a text, not a {type(value).__name__}")
    return ArtifactContent("link", link=value, shown={"text/plain": value})


def _file(value: Any, _most: int) -> ArtifactContent:
    path = Path(value).expanduser()
    media_type = guess_type(path.name)[0] or "application/octet-stream"
    return ArtifactContent("file", media_type, source=path, shown={"text/plain": f"file {path.name}"})


def _progress(value: Any, _most: int) -> ArtifactContent:
    far = checked_progress(value)
    percent = f"{100 * far:.0f} %"
    bar = f'<progress value="{far:.4f}" max="1"></progress> {escape(percent)}'
    return ArtifactContent("progress", progress=far, shown={"text/html": bar, "text/plain": percent})


_MAKERS: dict[str, Callable[[Any, int], ArtifactContent]] = {
    "markdown": _markdown,
    "table": _table,
    "image": _image,
    "link": _link,
    "file": _file,
    "progress": _progress,
}

__all__ = ["artifact"]
