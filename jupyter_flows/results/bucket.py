"""Results at any URL that fsspec knows, such as ``s3://bucket/folder``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec

from jupyter_flows.errors import MissingExtra, ResultMissing, SettingsError
from jupyter_flows.results.digesting import DigestingFile
from jupyter_flows.results.place import Filling, Stored, has_digest, unwritable

_PIECE = 16 * 2**20  # bytes read at a time: what a copy on the way may cost in memory


class Bucket:
    """Files below one URL.

    Parameters
    ----------
    url
        Scheme and path. Credentials come from the environment or from ``options``, never from the URL, which is
        stored and shown.
    options
        What fsspec passes to the file system.

    Raises
    ------
    SettingsError
        The URL holds a password, or its scheme is unknown.
    MissingExtra
        The package for this scheme is not installed.
    """

    def __init__(self, url: str, options: Mapping[str, object] | None = None) -> None:
        scheme, _, path = url.partition("://")
        if urlsplit(url).password is not None or "@" in path.partition("/")[0]:
            wanted = "give user and password by the environment or by storage options, not in the URL"
            raise SettingsError("results", f"{scheme}://***", wanted)
        try:
            self._files: Any = fsspec.filesystem(scheme, **(options or {}))
        except ValueError as error:
            raise SettingsError("results", url, f"name a folder, or a URL that fsspec knows ({error})") from error
        except ImportError as error:
            if scheme in {"s3", "s3a"}:
                raise MissingExtra(f"results at {scheme}://", "s3fs", "s3") from error
            raise SettingsError("results", url, f"install what fsspec needs for it ({error})") from error
        self._url = url.rstrip("/")

    @property
    def name(self) -> str:
        """The URL, for messages."""
        return self._url

    def keep(self, folder: str, name: Callable[[DigestingFile], str], fill: Filling) -> Stored:
        """Write a file here first, where its digest and so its name are found, then send it.

        Raises
        ------
        StoreUnavailable
            It cannot be written here, or not sent. Errors of the value itself pass through.
        """
        handle, draft = tempfile.mkstemp(prefix="jupyter-flows-", suffix=".part")  # mode 0600
        try:
            try:
                with os.fdopen(handle, "wb") as file:
                    written = DigestingFile(file)
                    fill(written)
            except OSError as error:
                raise unwritable(str(Path(draft).parent), error) from error
            location = "/".join(part for part in (self._url, folder, name(written)) if part)
            self._send(draft, location)
        finally:
            Path(draft).unlink()
        return Stored(location, written.size, written.sha256)

    def fetch(self, location: str, size: int) -> bytearray:
        """Return the content of a file that must have this size.

        Raises
        ------
        ResultMissing
        """
        if not self._holds(location):
            raise ResultMissing(location, f"it is not below {self._url}")
        try:
            self._files.invalidate_cache()  # what another process wrote since
            found = self._files.size(location)
            if found != size:
                raise ResultMissing(location, f"it has {found} bytes, {size} were kept")
            return self._read(location, size)
        except FileNotFoundError as error:
            raise ResultMissing(location, "there is no such file") from error
        except ResultMissing:
            raise
        except Exception as error:  # each file system has errors of its own
            raise ResultMissing(location, f"it cannot be read: {type(error).__name__}: {error}") from error

    def delete(self, location: str, sha256: str) -> None:
        """Remove a file with this content; anything else is left alone."""
        if not self._holds(location):
            return
        with suppress(Exception):
            name = location.rpartition("/")[2].partition(".")[0]
            if name == sha256 or has_digest(self.fetch(location, self._files.size(location)), sha256):
                self._files.rm_file(location)

    def _holds(self, location: str) -> bool:
        parts = location.removeprefix(f"{self._url}/").split("/")
        return location.startswith(f"{self._url}/") and not {"", ".", ".."} & set(parts)

    def _send(self, draft: str, location: str) -> None:
        try:
            self._files.makedirs(location.rpartition("/")[0], exist_ok=True)
            self._files.put_file(draft, location)
        except Exception as error:
            with suppress(Exception):
                self._files.rm_file(location)  # half a file, where the system has no sending in one step
            raise unwritable(self._url, error) from error

    def _read(self, location: str, size: int) -> bytearray:
        content, done = bytearray(size), 0
        with self._files.open(location, "rb") as file:
            while done < size and (piece := file.read(min(_PIECE, size - done))):
                content[done : done + len(piece)] = piece
                done += len(piece)
        if done < size:
            raise ResultMissing(location, f"it ends after {done} bytes, {size} were kept")
        return content
