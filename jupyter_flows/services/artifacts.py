"""Artifacts: what is made to be looked at, written to its run's folder and told to the store; never loaded again."""

from __future__ import annotations

import hashlib
import math
import os
import re
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.drivers.run_folder import folder_of
from jupyter_flows.errors import ArtifactError
from jupyter_flows.model.records import ArtifactKept
from jupyter_flows.secrets.resolved import redact, redact_data, redactor

KINDS = ("markdown", "table", "image", "link", "file", "progress")
FOLDER = "artifacts"

_CHUNK = 1 << 20
MOST_CHARACTERS = {"key": 200, "description": 2000, "media_type": 100, "location": 2000}
_ID = re.compile(r"[0-9a-f]{12}")
_UNFIT = re.compile(r"[^\w.-]+")
_DOTS = re.compile(r"\.{2,}")


@dataclass(frozen=True, slots=True)
class ArtifactContent:
    """What is to be kept, already checked.

    Parameters
    ----------
    kind
        One of `KINDS`.
    media_type
        Of the first file.
    files
        Ending, such as ``.md``, to the bytes of the file; the first is the one that is looked at.
    source
        A file to copy instead.
    link
        A checked URL, or a path inside the run's folder.
    progress
        From 0 to 1.
    shown
        The same for a cell: media type to text, base64 where it is an image.
    """

    kind: str
    media_type: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    source: Path | None = None
    link: str = ""
    progress: float | None = None
    shown: Mapping[str, str] = field(default_factory=dict[str, str])


def written(
    content: ArtifactContent, folder: Path, run_id: str, number: int, key: str, description: str, most_bytes: int
) -> ArtifactKept:
    """Write the files of an artifact into a run's folder; return the record of it.

    Raises
    ------
    ArtifactError
        A file is too large, is not there, or a link leads out of the folder.
    OSError
        The folder cannot be written to.
    """
    key, description, link = redact(key), redact(description), redact(content.link)
    drawn, size, location = new_run_id(), 0, link
    if content.source is not None:
        location, size = _copied(content.source, folder, drawn, most_bytes, content.kind)
    elif content.files:
        location, size = _filled(content, folder, f"{drawn}-{file_name(key or content.kind)}", most_bytes)
    elif link and not is_url(link):
        location = _inside(folder, link)
    shown_id = progress_id(number, key) if content.kind == "progress" else drawn
    now = time.time()
    return ArtifactKept(
        run_id, number, shown_id, now, content.kind, key, description, content.media_type, location, size,
        content.progress,
    )  # fmt: skip


def _copied(source: Path, folder: Path, drawn: str, most: int, kind: str) -> tuple[str, int]:
    ending = f".{file_name(source.suffix[1:])}" if source.suffix[1:] else ""
    location = f"{FOLDER}/{drawn}-{file_name(redact(source.stem))}{ending}"
    (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    return location, _copy(source, folder / location, most, kind)


def _filled(content: ArtifactContent, folder: Path, stem: str, most: int) -> tuple[str, int]:
    harmless = bytes if content.kind == "image" else redact_data
    files = {ending: harmless(data) for ending, data in content.files.items()}
    for data in files.values():
        _check_size(len(data), most, content.kind)
    (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    for ending, data in files.items():
        with _Replacing(folder / FOLDER / f"{stem}{ending}") as file:
            file.write(data)
    ending, first = next(iter(files.items()))
    return f"{FOLDER}/{stem}{ending}", len(first)


def attach(frame: Any, content: ArtifactContent, key: str, description: str) -> ArtifactKept:
    """Attach an artifact to the run around the present code, from any thread or worker process.

    Raises
    ------
    ArtifactError, OSError
    """
    run, number = frame.run, frame.call.number
    most = run.session.settings.artifact_max_bytes
    record = written(content, folder_of(run), run.id, number, key, description, most)
    run.session.post_slowly(run, record, wake=False)
    return record


def keep_artifact(run: Any, number: int, payload: Mapping[str, Any]) -> ArtifactKept | None:
    """Keep the record of an artifact that a notebook's kernel has shown, where it holds what it must.

    The kernel has written the files itself, into the run's folder; only its owner writes the row. What a cell shows is
    hostile: a record whose file is not in that folder is not kept.

    Parameters
    ----------
    run
        The handle of the notebook's flow run.
    number
        The task run of the cell; 0 for none.
    payload
        What was shown under `ARTIFACT_MIME`.

    Returns
    -------
    ArtifactKept or None
    """
    texts = {name: payload.get(name, "") for name in ("id", "kind", *MOST_CHARACTERS)}
    if not all(isinstance(text, str) for text in texts.values()):
        return None
    texts |= {name: texts[name][:most] for name, most in MOST_CHARACTERS.items()}
    kind, progress = texts["kind"], payload.get("progress")
    try:
        drawn = progress_id(number, texts["key"]) if kind == "progress" else texts["id"]
        how_far = checked_progress(progress) if kind == "progress" else None
        location, size = ("", 0) if kind == "progress" else _found(run, kind, texts["location"])
    except (ArtifactError, OSError):
        return None
    if kind not in KINDS or not _ID.fullmatch(drawn):
        return None
    record = ArtifactKept(
        run.id, number, drawn, time.time(), kind, texts["key"], texts["description"], texts["media_type"],
        location, size, how_far,
    )  # fmt: skip
    run.session.post_slowly(run, record, wake=False)
    return record


def _found(run: Any, kind: str, location: str) -> tuple[str, int]:
    """Where something is that was told by a kernel, and its size now."""
    if kind == "link" and is_url(location):
        return location, 0
    folder = folder_of(run)
    inside = _inside(folder, location)
    return inside, (folder / inside).stat().st_size


def progress_id(number: int, key: str) -> str:
    """The id of a progress: the same for one key of one run, so that a later word takes the earlier one's place."""
    return hashlib.sha256(f"{number} {key}".encode("utf-8", "backslashreplace")).hexdigest()[:12]


def is_url(text: str) -> bool:
    """Whether a text is a web address that can be shown: no other scheme, no blanks or controls, no password in it."""
    if not text.isprintable() or any(map(str.isspace, text)):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.password is None


def file_name(text: str, otherwise: str = "artifact") -> str:
    """A text as a part of a file's name: letters, digits, dots, dashes; never hidden, never long."""
    return _DOTS.sub(".", _UNFIT.sub("-", text))[:60].strip("-.") or otherwise


def checked_progress(value: Any) -> float:
    """How far something is, from 0 to 1: such a number, or what is done of how much.

    Raises
    ------
    ArtifactError
    """
    done: Any = value
    total: Any = 1
    if isinstance(value, tuple) and len(value) == 2:  # type: ignore[misc]
        done, total = value  # type: ignore[misc]
    numbers = [part for part in (done, total) if isinstance(part, int | float) and not isinstance(part, bool)]
    if len(numbers) < 2 or not all(map(math.isfinite, numbers)) or total <= 0 or not 0 <= done <= total:
        raise ArtifactError("progress", f"give a number from 0 to 1, or (done, total); this is {value!r:.60}")
    return done / total


def _inside(folder: Path, location: str) -> str:
    """A path that stays in a run's folder and names a file there, with links followed."""
    root = folder.resolve()
    try:
        found = (root / location).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        found = root
    if not location or not found.is_relative_to(root) or not found.is_file():
        why = f"{location[:80]!r} is neither a http(s) address (without a password) nor a file in the run's folder"
        raise ArtifactError("link", why)
    return str(PurePosixPath(found.relative_to(root)))


def _check_size(size: int, most: int, what: str) -> None:
    if size > most:
        why = f"it has {size:,} bytes, and JUPYTER_FLOWS_ARTIFACT_MAX_BYTES is {most:,}"
        raise ArtifactError(what, why)


def _copy(source: Path, path: Path, most: int, what: str) -> int:
    """Copy a file that may grow meanwhile; return its size."""
    try:
        with source.open("rb") as old:
            if not source.is_file():
                raise ArtifactError(what, f"{source} is no ordinary file")
            _check_size(os.fstat(old.fileno()).st_size, most, what)
            size = 0
            with _Replacing(path) as new:
                # A secret may lie across two parts: where there is one, the file is read as a whole.
                while data := old.read(_CHUNK if redactor() is None else most + 1):
                    size += len(data)
                    _check_size(size, most, what)
                    new.write(redact_data(data))
            return size
    except FileNotFoundError:
        raise ArtifactError(what, f"there is no file {source}") from None
    except IsADirectoryError:
        raise ArtifactError(what, f"{source} is a folder; make an archive of it first") from None


class _Replacing:
    """A file that is there as a whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> BinaryIO:
        handle, self._name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._path.parent)
        self._file = os.fdopen(handle, "wb")
        return self._file

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self._file.close()
            if kind is None:
                Path(self._name).replace(self._path)
        finally:
            with suppress(OSError):
                Path(self._name).unlink()


__all__ = ["KINDS", "ArtifactContent", "attach", "checked_progress", "keep_artifact", "written"]
