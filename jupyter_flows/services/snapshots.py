"""What a deployment's code was: kept by its content in the flows directory, written in one step, never changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from jupyter_flows.model.deployments import Deployment
from jupyter_flows.store.schema import make_private_folder

_FRESH_SECONDS = 600.0  # a snapshot as young as this may be of a deployment that is just being written


def split_target(target: str) -> tuple[str, Path]:
    """Return the module and the file of a deployment's target; no module for a notebook's path."""
    module, at, file = target.partition("@")
    return (module, Path(file)) if at and "/" not in module else ("", Path(target))


def source_root(target: str) -> Path:
    """Return the folder that the imports of a deployment's target start from.

    Parameters
    ----------
    target
        A notebook's path, or the entry ``module@file`` of a flow.
    """
    module, path = split_target(target)
    if module in {"", "__main__"} or path.suffix != ".py":
        return path.parent
    return path.parents[module.count(".") + (path.stem == "__init__")]


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return what tells the content of files: paths from their root to bytes."""
    told = hashlib.sha256()
    for name in sorted(files):
        told.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(files[name]).digest())
    return told.hexdigest()[:32]


def keep_snapshot(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into the folder of their content, unless they are there; return it.

    Parameters
    ----------
    folder
        Of all snapshots; made where it is missing.
    files
        Paths from the source's root, with ``/``, to bytes.

    Raises
    ------
    OSError
        The disk refuses; nothing is left behind.
    """
    final = folder / digest_of(files)
    if not final.is_dir():
        make_private_folder(folder)
        _write(folder, final, files)
    with contextlib.suppress(OSError):
        os.utime(final)  # it is young again: nobody takes it away before its deployment is written
    return final


def _write(folder: Path, final: Path, files: Mapping[str, bytes]) -> None:
    part = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=folder))
    try:
        for name, content in files.items():
            path = part.joinpath(*PurePosixPath(name).parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        part.rename(final)
    except OSError:
        if not final.is_dir():  # else another process was quicker, with the same content
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def snapshot_target(deployment: Deployment) -> str:
    """Return a deployment's target as its snapshot keeps it: what to run instead of `definition.target`."""
    target = deployment.definition.target
    module, file = split_target(target)
    kept = Path(deployment.snapshot) / file.relative_to(source_root(target))
    return f"{module}@{kept}" if module else str(kept)


def sweep_snapshots(folder: Path, named: Collection[str]) -> list[Path]:
    """Remove the snapshots that no version names any more; return them.

    Parameters
    ----------
    folder
        Of all snapshots.
    named
        The folders that are still needed.
    """
    removed: list[Path] = []
    before = time.time() - _FRESH_SECONDS
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            if str(place) not in named and place.stat().st_mtime < before:
                shutil.rmtree(place)
                removed.append(place)
    return removed


__all__ = ["digest_of", "keep_snapshot", "snapshot_target", "source_root", "split_target", "sweep_snapshots"]
