"""One run as a folder, or a zip file, that can be kept and handed on."""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jupyter_flows.secrets.resolved import redact
from jupyter_flows.services.recorded_run import RunRecord
from jupyter_flows.services.run_page import log_text, run_page

PAGE, JSON, LOG, FILES = "index.html", "run.json", "log.txt", "files"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Parameters
    ----------
    path
        The folder or zip file.
    files
        What is in it, relative to its top.
    size
        Bytes before they were packed.
    """

    path: Path
    files: tuple[str, ...]
    size: int


def export_run(record: RunRecord, described: str, target: Path, now: float) -> Exported:
    """Write a run with its page, its description, its log and its files.

    It is there whole or not at all. Links in the run's folder are left out: they may lead anywhere.

    Parameters
    ----------
    record
        The run.
    described
        JSON of the run, for programs.
    target
        A folder that is not there yet or empty, or a file that ends in ``.zip`` and is not there yet.
    now
        Seconds since the epoch.

    Raises
    ------
    FileExistsError
        There is something of that name.
    OSError
        It cannot be written.
    """
    packed = target.suffix.lower() == ".zip"
    if target.is_symlink() or (target.exists() and (packed or not target.is_dir() or any(target.iterdir()))):
        raise FileExistsError(f"{target} is there already; name a new folder or a new .zip file")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        files = _write(record, described, partial, now)
        size = sum((partial / name).stat().st_size for name in files)
        if packed:
            _pack(partial, files, target)
        else:
            partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Exported(target, files, size)


def _write(record: RunRecord, described: str, folder: Path, now: float) -> tuple[str, ...]:
    folder.mkdir()
    kept = dict(_kept_files(record.run.directory))
    for address, source in kept.items():
        copy = folder / address
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy, follow_symlinks=False)
    texts: Mapping[str, str] = {PAGE: run_page(record, kept, now), JSON: described, LOG: log_text(record)}
    for name, text in texts.items():
        (folder / name).write_text(redact(text), encoding="utf-8", errors="replace")
    return (*texts, *kept)


def _kept_files(directory: str | None) -> Iterator[tuple[str, Path]]:
    """The files of a run's folder by their address in the export."""
    if directory is None or not Path(directory).is_dir():
        return
    top = Path(directory)
    for place, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            if path.is_file() and not path.is_symlink():
                yield f"{FILES}/{path.relative_to(top).as_posix()}", path


def _pack(folder: Path, files: tuple[str, ...], target: Path) -> None:
    packed = folder / "packed.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in files:
            archive.write(folder / name, f"{target.stem}/{name}")
    packed.replace(target)


__all__ = ["Exported", "export_run"]
