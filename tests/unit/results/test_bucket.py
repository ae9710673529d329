"""Results at URLs, in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest

from jupyter_flows.errors import BadOption, ResultMissing, SettingsError, StoreUnavailable, UnserializableResult
from jupyter_flows.results import FileResultStore

KEY = bytes(range(32))


@pytest.fixture
def memory() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.fixture
def remote(memory: Any) -> FileResultStore:
    return FileResultStore("memory://bucket/results", KEY)


def test_values_go_to_a_url_and_back(remote: FileResultStore, memory: Any):
    array = np.arange(5_000_000)
    kept = remote.write(array, "run", 1)
    assert kept.location == f"memory://bucket/results/run/{kept.sha256}.npy"
    assert (remote.read(kept, "run", 1) == array).all()  # pyright: ignore[reportAttributeAccessIssue]
    assert remote.write(3, "run", 1).location == ""
    remote.delete(kept)
    remote.delete(kept)
    with pytest.raises(ResultMissing, match="no such file"):
        remote.read(kept, "run", 1)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 200])
def test_a_spoilt_object_is_missing(remote: FileResultStore, memory: Any, content: bytes):
    kept = remote.write((1, 2), "run", 1)
    memory.pipe_file(kept.location, content.ljust(kept.size, b"x") if len(content) > 100 else content)
    with pytest.raises(ResultMissing, match=r"bytes|not what was kept"):
        remote.read(kept, "run", 1)


def test_only_what_is_below_the_url_is_read_or_removed(remote: FileResultStore, memory: Any):
    kept = remote.write((1, 2), "run", 1)
    name = kept.location.rpartition("/")[2]
    memory.pipe_file(f"/bucket/{name}", memory.cat_file(kept.location))
    for location in [f"memory://bucket/{name}", f"memory://bucket/results/../{name}", f"/bucket/results/run/{name}"]:
        with pytest.raises(ResultMissing, match="not below memory://bucket/results"):
            remote.read(kept._replace(location=location), "run", 1)
        remote.delete(kept._replace(location=location))
    assert memory.exists(f"/bucket/{name}")


def test_a_key_names_the_object(remote: FileResultStore, memory: Any):
    kept = remote.write([1], "run", 1, key="a/b.json")
    assert memory.cat_file("/bucket/results/a/b.json") == b"[1]"
    remote.write([2], "run", 2, key="a/b.json")
    remote.delete(kept)
    assert memory.cat_file("/bucket/results/a/b.json") == b"[2]"
    with pytest.raises(BadOption, match="relative path"):
        remote.write([1], "run", 1, key="../b.json")


def test_what_cannot_be_sent_leaves_nothing(
    remote: FileResultStore, memory: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def refused(*_: object, **__: object) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(UnserializableResult):
        remote.write(iter([1]).__class__, "run", 1, serializer="npy")
    monkeypatch.setattr(type(memory), "put_file", refused)
    with pytest.raises(StoreUnavailable, match=r"memory://bucket/results.*Access Denied"):
        remote.write((1, 2), "run", 1)
    assert list(tmp_path.iterdir()) == []
    assert memory.find("/bucket") == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://user:pass@host/bucket", "in the URL"),
        ("ftp://user@host/folder", "in the URL"),
        ("nothing://bucket", "a URL that fsspec knows"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, said: str):
    with pytest.raises(SettingsError, match=said) as caught:
        FileResultStore(url, KEY)
    assert "pass@" not in str(caught.value)


def test_a_file_url_is_a_folder(tmp_path: Path):
    store = FileResultStore(f"file://{tmp_path}/a%20b", KEY)
    assert store.write((1,), "run", 1).location.startswith(f"{tmp_path}/a b/run/")
