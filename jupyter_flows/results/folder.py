"""A results folder on this machine: nobody else may read it, and a file is there in full or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jupyter_flows.errors import BadOption, ResultMissing
from jupyter_flows.results.digesting import DigestingFile
from jupyter_flows.results.place import Filling, Stored, has_digest, unwritable

# A pipe in the place of a file must not hold the reader, nor a link lead it away.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Folder:
    """Files below one directory.

    Parameters
    ----------
    root
        The directory, made (0700) with the first file.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root.expanduser()))  # noqa: PTH100 - as named, links are followed later

    @property
    def name(self) -> str:
        """The directory, for messages."""
        return str(self.root)

    def keep(self, folder: str, name: Callable[[DigestingFile], str], fill: Filling) -> Stored:
        """Write a file beside its place, sync it, and rename it; on any error nothing stays.

        Parameters
        ----------
        folder
            Where the file goes, relative to the root; empty for the root itself.
        name
            Says the file's name once its content is known.
        fill
            Writes the content.

        Raises
        ------
        StoreUnavailable
            The disk is full, or the directory cannot be written to. Errors of the value itself pass through.
        """
        place = self.root / folder
        if not self._holds(place):
            raise BadOption("@task", "result_storage_key", folder, f"it leads out of {self.root} by a link")
        draft = place / f".{os.urandom(8).hex()}.part"
        try:
            _make_folder(place)
            handle = os.open(draft, _NEW, 0o600)
        except OSError as error:
            raise unwritable(self.name, error) from error
        try:
            written = _write(handle, fill)
            final = place / name(written)
            draft.replace(final)
            _sync_folder(place)
        except BaseException as error:
            with suppress(OSError):
                draft.unlink()
            if isinstance(error, OSError):
                raise unwritable(self.name, error) from error
            raise
        return Stored(str(final), written.size, written.sha256)

    def fetch(self, location: str, size: int) -> bytearray:
        """Return the content of a file that must have this size.

        Raises
        ------
        ResultMissing
        """
        path = Path(location)
        if not self._holds(path.parent):
            raise ResultMissing(location, f"it is not in the results folder {self.root}")
        try:
            handle = os.open(path, _READ)
            try:
                return _read(handle, location, size)
            finally:
                os.close(handle)
        except (OSError, ValueError) as error:  # ValueError: a name that cannot be one
            raise ResultMissing(location, getattr(error, "strerror", None) or str(error)) from error

    def delete(self, location: str, sha256: str) -> None:
        """Remove a file with this content, and its folder with the last one. Anything else is left alone."""
        path = Path(location)
        if not self._holds(path.parent):
            return
        with suppress(OSError, ValueError, ResultMissing):
            if path.stem == sha256 or has_digest(self.fetch(location, path.lstat().st_size), sha256):
                path.unlink()
                if path.parent != self.root:
                    path.parent.rmdir()

    def _holds(self, place: Path) -> bool:
        try:
            return place.resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError, ValueError):  # links in a circle; a name that cannot be one
            return False


def _write(handle: int, fill: Filling) -> DigestingFile:
    with os.fdopen(handle, "wb") as file:
        written = DigestingFile(file)
        fill(written)
        file.flush()
        os.fsync(handle)
    return written


def _read(handle: int, location: str, size: int) -> bytearray:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise ResultMissing(location, "there is something else in its place")
    if found.st_size != size:
        raise ResultMissing(location, f"it has {found.st_size} bytes, {size} were kept")
    content, done = bytearray(size), 0
    with os.fdopen(handle, "rb", buffering=0, closefd=False) as file, memoryview(content) as view:
        while done < size and (count := file.readinto(view[done:])):
            done += count
    if done < size:
        raise ResultMissing(location, f"it ends after {done} bytes, {size} were kept")
    return content


def _make_folder(folder: Path) -> None:
    # One by one: `parents=True` would make the upper ones with whatever rights the umask leaves.
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        with suppress(FileExistsError):
            place.mkdir(mode=0o700)
        _sync_folder(place.parent)


def _sync_folder(folder: Path) -> None:
    # A name is on the disk only once its folder is; not every system lets a folder be opened.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
