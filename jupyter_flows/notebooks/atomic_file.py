"""Replacing a file in one step: a reader sees the old content or the new, never a part, also after a power cut."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Write ``text`` as UTF-8 to ``path`` by a temporary file beside it, synced and renamed.

    A lone surrogate, which UTF-8 cannot hold, becomes its escape: in JSON that is the same text.

    Parameters
    ----------
    durable
        Whether it must outlive a power cut. What will be written again soon, or can be made again, need not.

    Raises
    ------
    OSError
        The disk is full, the folder is missing or not writable. An earlier file is left as it was.
    """
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # The rename itself is on the disk only once the folder is; not every system lets a folder be opened.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
