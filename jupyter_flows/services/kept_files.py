"""Files that a notebook makes beside itself, kept in its run's folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from jupyter_flows.errors import TargetError

FOLDER = "artifacts"

_Stamp = tuple[int, int, int]


class KeptFiles:
    """Remembers what is there before a notebook runs, to know afterwards what it has made or changed.

    Parameters
    ----------
    folder
        The notebook's.
    patterns
        Globs relative to that, such as ``*.csv`` or ``plots/**/*.png``.

    Raises
    ------
    TargetError
        A pattern leads out of the folder.
    """

    def __init__(self, folder: Path, patterns: Sequence[str]) -> None:
        for pattern in patterns:
            if not pattern or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
                raise TargetError(pattern, "--artifacts takes a pattern within the notebook's folder, such as '*.csv'")
        self._folder, self._patterns = folder, tuple(patterns)
        self._before = dict(self._found())

    def copy_to(self, directory: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
        """Copy what is new or has changed to the folder `artifacts` of a run; return copies, and what went wrong."""
        copies: list[Path] = []
        problems: list[str] = []
        for path, stamp in self._found():
            if self._before.get(path) == stamp or path.is_relative_to(directory):
                continue
            target = directory / FOLDER / path.relative_to(self._folder)
            try:
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copy2(path, target)
                copies.append(target)
            except OSError as error:
                problems.append(f"{path} could not be kept: {error.strerror or error}")
        return tuple(copies), tuple(problems)

    def _found(self) -> Iterator[tuple[Path, _Stamp]]:
        seen: set[Path] = set()
        for pattern in self._patterns:
            for path in sorted(self._folder.glob(pattern)):
                # A link may lead anywhere, also to what others may not see.
                if path not in seen and path.is_file() and not path.is_symlink():
                    seen.add(path)
                    known = path.stat()
                    yield path, (known.st_ino, known.st_mtime_ns, known.st_size)
