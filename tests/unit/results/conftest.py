"""A store in a temporary folder, and values that do harm when loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_flows.results import FileResultStore

KEY = bytes(range(32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def store(folder: Path) -> FileResultStore:
    return FileResultStore(folder, KEY)


class Evil:
    """Leaves a marker file wherever it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return _touch, (str(self.marker),)


def _touch(path: str) -> None:
    Path(path).touch()


@pytest.fixture
def evil(tmp_path: Path) -> Evil:
    return Evil(tmp_path / "marker")
