"""Files beside an executed notebook that take what is too much for it: all that a cell printed, or one huge display."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

FOLDER = "outputs"


class SpillFile:
    """One file that grows. A disk that is full stops nothing: what could not be written is told by `name`.

    Parameters
    ----------
    folder
        The run's folder.
    name
        The file's name in the folder `outputs` of that.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / FOLDER / name
        self._file: IO[str] | None = None
        self._problem = ""

    @property
    def said(self) -> str:
        """Where the text is, for people, or why it is nowhere."""
        shown = f"{FOLDER}/{self._path.name}"
        return f"all of it is in {shown}" if not self._problem else f"{shown} is not complete: {self._problem}"

    def write(self, text: str) -> None:
        """Append text."""
        if self._problem:
            return
        try:
            self._opened().write(text)
        except OSError as error:
            self._problem = error.strerror or str(error)

    def close(self) -> None:
        """Give the file back; it can be written to again."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self._problem = error.strerror or str(error)
            self._file = None

    def _opened(self) -> IO[str]:
        if self._file is None:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n")
        return self._file


class Spill:
    """Makes the spill files of a run.

    Parameters
    ----------
    folder
        The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: list[SpillFile] = []
        self._count = 0

    def file(self, cell: int, ending: str = "txt", *, numbered: bool = False) -> SpillFile:
        """A file for what a cell (by its number, from 1) says; ``numbered`` for one display of it."""
        self._count += numbered
        made = SpillFile(self._folder, f"cell-{cell}{f'-{self._count}' if numbered else ''}.{ending}")
        with suppress(OSError):  # an earlier attempt in the same folder may have left one
            (self._folder / FOLDER / f"cell-{cell}.{ending}").unlink() if not numbered else None
        self._open.append(made)
        return made

    def close(self) -> None:
        """Close every file."""
        for file in self._open:
            file.close()
        self._open.clear()
