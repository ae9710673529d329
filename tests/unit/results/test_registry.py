"""Serializers by name: those that are built in, and those that installed packages bring."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from jupyter_flows.errors import BadOption, ResultMissing
from jupyter_flows.results import FileResultStore, known_serializers, registry


class Upper:
    suffix = ".upper"

    def dump(self, value: object, file: BinaryIO) -> None:
        file.write(str(value).upper().encode())

    def load(self, content: bytearray) -> object:
        return content.decode()


UPPER = Upper()
NOT_ONE = 3


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Install a package that brings serializers; return a record of look-ups."""
    folder = tmp_path / "site" / "plugin-1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1\n")
    lines = ["upper = planted:Upper", "made = planted:UPPER", "odd = planted:NOT_ONE", "gone = planted:GONE"]
    (folder / "entry_points.txt").write_text(
        "\n".join(["[jupyter_flows.serializers]", *lines, "json = planted:GONE\n"])
    )
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setitem(sys.modules, "planted", sys.modules[__name__])
    monkeypatch.setattr(registry, "_loaded", {})
    asked: list[str] = []
    real = importlib.metadata.entry_points

    def counting(**wanted: Any) -> Any:
        asked.append(wanted.get("name", "all"))
        return real(**wanted)

    monkeypatch.setattr(importlib.metadata, "entry_points", counting)
    return asked


@pytest.mark.parametrize("name", ["upper", "made"])
def test_an_installed_package_brings_a_serializer(store: FileResultStore, plugins: list[str], name: str):
    kept = store.write("loud", "run", 1, serializer=name)
    assert kept.location.endswith(".upper")
    assert store.read(kept, "run", 1) == "LOUD"
    assert plugins == [name]


def test_packages_are_not_searched_for_what_is_built_in(store: FileResultStore, plugins: list[str]):
    for name in ["json", "pickle", None]:
        store.write([1], "run", 1, serializer=name)
    assert plugins == []
    assert known_serializers() == ["json", "arrow", "parquet", "npy", "pickle", "gone", "made", "odd", "upper"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("nothing", "known ones: json, arrow"), ("gone", "does not load: AttributeError"), ("odd", "has no suffix")],
)
@pytest.mark.usefixtures("plugins")
def test_a_serializer_that_is_not_to_be_had_is_said(store: FileResultStore, name: str, said: str):
    with pytest.raises(BadOption, match=said):
        store.write([1], "run", 1, serializer=name)


def test_a_value_whose_serializer_is_gone_is_missing(
    store: FileResultStore, plugins: list[str], monkeypatch: pytest.MonkeyPatch
):
    kept = store.write("loud", "run", 1, serializer="upper")
    monkeypatch.setattr(registry, "_loaded", {})
    monkeypatch.delitem(sys.modules, "planted")
    with pytest.raises(ResultMissing, match="serializer 'upper' is not to be had"):
        store.read(kept, "run", 1)


def test_without_pyarrow_a_frame_is_pickled(folder: Path):
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import pandas as pd\n"
        "from jupyter_flows.errors import MissingExtra\n"
        "from jupyter_flows.results import FileResultStore\n"
        f"store, frame = FileResultStore({str(folder)!r}, bytes(32)), pd.DataFrame({{'a': [1]}})\n"
        "kept = store.write(frame, 'run', 1)\n"
        "print(kept.serializer, store.read(kept, 'run', 1).equals(frame))\n"
        "try:\n"
        "    store.write(frame, 'run', 1, serializer='parquet')\n"
        "except MissingExtra as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.stdout.splitlines() == [
        "pickle True",
        "the serializer arrow or parquet needs pyarrow: pip install 'jupyter-flows[results]'",
    ], ended.stderr
