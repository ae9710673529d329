"""What is kept comes back as it was, or is said to be missing; nothing else is ever loaded."""

from __future__ import annotations

import dataclasses
import enum
import errno
import os
import pickle
import subprocess
import sys
import threading
import tracemalloc
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.engine.ports import ResultStore
from jupyter_flows.errors import BadOption, ResultMissing, StoreUnavailable, UnserializableResult
from jupyter_flows.model.results import KeptResult
from jupyter_flows.results import FileResultStore
from jupyter_flows.secrets.resolved import register

RUN = "0123456789ab"
KEY = bytes(range(32))


class Colour(enum.IntEnum):
    RED = 1


class Named(str):
    __slots__ = ()


@dataclasses.dataclass
class Point:
    x: int


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def again(store: FileResultStore, value: object, **options: Any) -> object:
    return store.read(store.write(value, RUN, 7, **options), RUN, 7)


# ------------------------------------------------------------------------------------------- inline and by type


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "é \x00 😀", [], {}, [1, {"a": [None, False]}], "x" * 4094])
def test_small_json_values_need_no_file(store: FileResultStore, folder: Path, value: object):
    kept = store.write(value, RUN, 7)
    assert (kept.serializer, kept.location) == ("json", "")
    assert store.read(kept, RUN, 7) == value
    assert not folder.exists()


BY_TYPE = [
    ("x" * 4095, "json"),
    (list(range(5_000)), "json"),
    ((1, 2), "pickle"),
    ({1: "a"}, "pickle"),
    ({True: 1}, "pickle"),
    ({None: 1}, "pickle"),
    (float("inf"), "pickle"),
    ("\ud83d\ude00"[:1] + "\ude00", "pickle"),
    (10**700, "pickle"),
    (Colour.RED, "pickle"),
    (Named("a"), "pickle"),
    ([Named("a")], "pickle"),
    (OrderedDict(a=1), "pickle"),
    (np.float64(1.5), "pickle"),
    (Point(3), "pickle"),
    ({1, 2}, "pickle"),
    (b"bytes", "pickle"),
    (np.arange(6).reshape(2, 3), "npy"),
    (np.array("2020-01-01", dtype="M8[s]"), "npy"),
    (np.zeros((0, 3)), "npy"),
    (np.array(["a", "bcd"]), "npy"),
    (np.arange(3, dtype=">i4"), "npy"),
    (np.array([1, "a"], dtype=object), "pickle"),
    (np.ma.masked_array([1, 2], [True, False]), "pickle"),
    (np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), "pickle"),
]


@pytest.mark.parametrize(("value", "serializer"), BY_TYPE, ids=lambda value: type(value).__name__)
def test_the_serializer_is_chosen_by_type_and_nothing_changes_type(store: FileResultStore, value: Any, serializer: str):
    kept = store.write(value, RUN, 7)
    back: Any = store.read(kept, RUN, 7)
    assert kept.serializer == serializer
    assert Path(kept.location).name.startswith(kept.sha256)
    assert type(back) is type(value)
    assert getattr(back, "dtype", None) == getattr(value, "dtype", None)
    assert getattr(back, "shape", None) == getattr(value, "shape", None)
    assert (back == value) if not isinstance(value, np.ndarray) else (back == value).all()


def test_an_array_keeps_its_order_and_can_be_written_to(store: FileResultStore):
    for array in [np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(6.0).reshape(2, 3)]:
        back: Any = again(store, array)
        assert back.flags.f_contiguous == array.flags.f_contiguous
        back[0, 0] = 5


def test_what_is_in_a_value_twice_or_in_itself_stays_so(store: FileResultStore):
    inner: list[object] = [1]
    ring: list[object] = []
    ring.append(ring)
    deep: list[object] = []
    for _ in range(150):
        deep = [deep]
    back: Any = again(store, [inner, inner])
    assert back[0] is back[1]
    back = again(store, ring)
    assert back[0] is back
    assert store.write(deep, RUN, 7).serializer == "pickle"


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(max_size=3)
KEYS = st.text(max_size=3) | st.integers() | st.booleans() | st.none() | st.just(Named("k"))
VALUES = st.recursive(
    PLAIN | st.sampled_from([Colour.RED, Named("n"), np.float64(2)]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4) | st.tuples(inner) | st.tuples()
    ),
    max_leaves=12,
)


def picture(value: object) -> object:
    """Types and contents, also of NaN and of -0.0."""
    if isinstance(value, dict):
        return type(value), [(picture(key), picture(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [picture(item) for item in value]
    return type(value), repr(value)


@given(value=VALUES)
def test_any_plain_value_comes_back_equal_and_of_the_same_types(tmp_path_factory: Any, value: object):
    store = FileResultStore(tmp_path_factory.getbasetemp() / "property", KEY)
    assert picture(again(store, value)) == picture(value)


# ------------------------------------------------------------------------------------------------------- frames

FRAMES = {
    "numbers": (pd.DataFrame({"a": [1, 2], "b": [0.5, float("nan")], "c": [True, False]}), "arrow"),
    "text": (pd.DataFrame({"a": ["x", "y"]}), "arrow"),
    "instants": (pd.DataFrame({"a": pd.to_datetime(["2020-01-01", None]).as_unit("s")}), "arrow"),
    "zone": (pd.DataFrame({"a": pd.to_datetime(["2020-01-01"]).tz_localize("Europe/Rome")}), "arrow"),
    "categories": (pd.DataFrame({"a": pd.Categorical([2, 1], [2, 1, 3], ordered=True)}), "arrow"),
    "nullable": (pd.DataFrame({"a": pd.array([1, None], "Int64")}), "arrow"),
    "index": (pd.DataFrame({"a": [1, 2]}, index=pd.Index([5, 3], name="n")), "arrow"),
    "empty": (pd.DataFrame(), "arrow"),
    "no rows": (pd.DataFrame({"a": np.array([], dtype="f4")}), "arrow"),
    "objects": (pd.DataFrame({"a": np.array([1, "x"], dtype=object)}), "pickle"),
    "object numbers": (pd.DataFrame({"a": np.array([1, 2], dtype=object)}), "pickle"),
    "object text with a hole": (pd.DataFrame({"a": pd.Series(["x", None], dtype=object)}), "pickle"),
    "complex": (pd.DataFrame({"a": [1j]}), "pickle"),
    "sparse": (pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}), "pickle"),
    "number labels": (pd.DataFrame({0: [1], 1: [2]}), "pickle"),
    "two of one name": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "pickle"),
    "levels": (pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, 2), (3, 4)])), "pickle"),
    "rhythm": (pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2020", periods=2)), "pickle"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_arrow_where_that_changes_nothing(store: FileResultStore, name: str):
    frame, serializer = FRAMES[name]
    kept = store.write(frame, RUN, 7)
    back: Any = store.read(kept, RUN, 7)
    assert kept.serializer == serializer
    pd.testing.assert_frame_equal(back, frame, check_freq=True)
    if name == "numbers":
        back.loc[0, "a"] = 9
        back["b"].to_numpy(copy=True)[0] = 1


def test_the_attributes_of_a_frame_and_its_subclass_are_kept(store: FileResultStore):
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["unit"] = ("km",)
    assert again(store, frame).attrs == {"unit": ("km",)}  # pyright: ignore[reportAttributeAccessIssue]


def test_a_table_comes_back_with_its_own_metadata(store: FileResultStore):
    table = pa.table({"a": [[1, None], []], "b": ["x", None]}).replace_schema_metadata({"mine": "1"})
    for options in [{}, {"serializer": "parquet"}]:
        back: Any = again(store, table, **options)
        assert back.equals(table)
        assert back.schema.metadata == {b"mine": b"1"}


def test_parquet_is_for_who_names_it(store: FileResultStore):
    frame = pd.DataFrame({"a": [1, 2]})
    kept = store.write(frame, RUN, 7, serializer="parquet")
    assert kept.location.endswith(".parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(kept.location), frame)


@pytest.mark.parametrize("serializer", [None, "arrow", "parquet", "pickle", "npy"])
def test_a_value_that_holds_a_secret_is_not_kept(store: FileResultStore, folder: Path, serializer: str | None):
    register("hush-hush-17")
    texts = ["hush-hush-17"] + [f"hush-hush-{row}" for row in range(1000)]
    value = np.array(texts) if serializer == "npy" else pd.DataFrame({"a": texts})
    with pytest.raises(UnserializableResult, match="it holds a secret, which is never kept"):
        store.write(value, RUN, 7, serializer=serializer)
    assert not [path for path in folder.rglob("*") if path.is_file()]


# -------------------------------------------------------------------------------------------------- no copies


@pytest.mark.parametrize("wrapped", [False, True], ids=["npy", "pickle"])
def test_a_large_array_is_not_copied(store: FileResultStore, wrapped: bool):
    array = np.zeros(40_000_000, dtype="u1")
    value = {"array": array} if wrapped else array
    tracemalloc.start()
    kept = store.write(value, RUN, 7)
    _, written = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    back = store.read(kept, RUN, 7)
    _, read = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.serializer == ("pickle" if wrapped else "npy")
    assert written < array.nbytes
    assert read < 1.2 * array.nbytes
    assert len(pickle.dumps(back)) > array.nbytes


# ---------------------------------------------------------------------------------------- what cannot be kept


class Raises:
    def __reduce__(self) -> tuple[Any, ...]:
        raise OSError(errno.ENOSPC, "not the disk,\n but \x1b[31mthe value")


class RaisesHostile:
    def __reduce__(self) -> tuple[Any, ...]:
        class Silent(Exception):
            def __str__(self) -> str:
                raise RuntimeError

        raise Silent


def make_generator() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (threading.Lock, ["_thread.lock", "cannot pickle"]),
        (make_generator, ["generator", "return a list"]),
        (Raises, ["Raises", "not the disk, but ?[31mthe value"]),
        (RaisesHostile, ["RaisesHostile", "Silent"]),
        (lambda: [threading.Lock()], ["list", "_thread.lock"]),
    ],
)
def test_what_cannot_be_kept_is_named_with_advice(store: FileResultStore, folder: Path, make: Any, said: list[str]):
    with pytest.raises(UnserializableResult) as caught:
        store.write(make(), RUN, 7)
    assert all(part in str(caught.value) for part in [*said, "leave out persist_result"])
    assert files_in(folder) == []


def test_an_open_file_cannot_be_kept(store: FileResultStore, tmp_path: Path):
    with (tmp_path / "open").open("w") as file, pytest.raises(UnserializableResult, match="return its path"):
        store.write(file, RUN, 7)


@pytest.mark.parametrize("name", ["json", "npy", "arrow", "parquet"])
def test_a_serializer_by_name_is_not_replaced_by_another(store: FileResultStore, folder: Path, name: str):
    with pytest.raises(UnserializableResult, match="tuple"):
        store.write((1, 2), RUN, 7, serializer=name)
    assert files_in(folder) == []


def test_functions_and_classes_without_a_module_are_kept(store: FileResultStore):
    factor = 3
    assert again(store, lambda x: x * factor)(2) == 6  # pyright: ignore[reportCallIssue]


# ------------------------------------------------------------------------------------------ what is not there


def test_what_another_process_kept_is_read(store: FileResultStore, folder: Path):
    kept = store.write({"a": (1, 2)}, RUN, 7)
    code = (
        "import sys; from jupyter_flows.results import FileResultStore;"
        "from jupyter_flows.model.results import KeptResult;"
        f"print(FileResultStore({str(folder)!r}, bytes(range(32))).read(KeptResult(*{tuple(kept)!r}), {RUN!r}, 7))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "{'a': (1, 2)}\n"


def spoil(kept: KeptResult, how: str, planted: bytes) -> KeptResult:
    path = Path(kept.location)
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "folder":
        path.unlink()
        path.mkdir()
    elif how == "pipe":
        path.unlink()
        os.mkfifo(path)
    elif how == "link":
        path.rename(path.with_name("moved"))
        path.symlink_to("moved")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "truncated":
        path.write_bytes(content[:-1])
    elif how == "one byte":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    else:
        path.write_bytes(planted)
    return kept


SPOILT = {
    "missing": "No such file",
    "folder": "something else",
    "pipe": "something else",
    "link": "symbolic links",
    "empty": "it has 0 bytes",
    "truncated": r"it has \d+ bytes",
    "one byte": "its content is not what was kept",
    "evil pickle": "it has|its content is not what was kept",
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_file_is_missing_and_not_loaded(store: FileResultStore, tmp_path: Path, evil: Any, how: str):
    planted = Path(store.write(evil, "fedcba", 1).location).read_bytes()
    kept = spoil(store.write((1, 2), RUN, 7), how, planted)
    with pytest.raises(ResultMissing, match=SPOILT[how]):
        store.read(kept, RUN, 7)
    assert not evil.marker.exists()


def test_an_evil_pickle_would_have_left_its_marker(store: FileResultStore, evil: Any):
    store.read(store.write(evil, RUN, 7), RUN, 7)
    assert evil.marker.exists()


FORGED = {
    "unsigned": (lambda kept: kept._replace(signature=""), "not signed"),
    "no signature": (lambda kept: kept._replace(signature="é" * 80), "its signature is none"),
    "altered signature": (lambda kept: kept._replace(signature=kept.signature[:-1] + "g"), "altered"),
    "cut signature": (lambda kept: kept._replace(signature=kept.signature[:16]), "altered"),
    "serializer": (lambda kept: kept._replace(serializer="json"), "altered"),
    "digest": (lambda kept: kept._replace(sha256="0" * 64), "altered"),
    "size": (lambda kept: kept._replace(size=kept.size + 1), "altered"),
    "to inline": (lambda kept: kept._replace(location="", inline="1"), "altered"),
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("number", [7, 8], ids=["its own", "another's"])
def test_a_forged_row_is_missing_and_not_loaded(store: FileResultStore, evil: Any, name: str, number: int):
    forge, said = FORGED[name]
    with pytest.raises(ResultMissing, match=said):
        store.read(forge(store.write(evil, RUN, 7)), RUN, number)
    assert not evil.marker.exists()


@pytest.mark.parametrize(("run_id", "number"), [(RUN, 8), ("another", 7), (RUN + "7", 0), (RUN[:-1], 7)])
def test_results_are_not_swapped_between_task_runs(store: FileResultStore, evil: Any, run_id: str, number: int):
    for value in [evil, "inline"]:
        with pytest.raises(ResultMissing, match="another task run"):
            store.read(store.write(value, RUN, 7), run_id, number)
    assert not evil.marker.exists()


def test_inline_values_are_signed_too(store: FileResultStore):
    kept = store.write({"paid": False}, RUN, 7)
    with pytest.raises(ResultMissing, match=f"task run 7 in run {RUN} cannot be used: its signature does not fit"):
        store.read(kept._replace(inline='{"paid":true}'), RUN, 7)


def test_another_key_makes_all_missing_and_says_so(folder: Path, store: FileResultStore, evil: Any):
    other = FileResultStore(folder, bytes(32))
    for value in [evil, 1]:
        with pytest.raises(ResultMissing, match="if the key file was lost or replaced"):
            other.read(store.write(value, RUN, 7), RUN, 7)
    assert not evil.marker.exists()


def test_what_does_not_load_any_more_is_missing(store: FileResultStore, monkeypatch: pytest.MonkeyPatch):
    module = type(sys)("gone_module")
    exec("class Gone: pass", vars(module))
    vars(module)["Gone"].__module__ = "gone_module"
    monkeypatch.setitem(sys.modules, "gone_module", module)
    kept = store.write(vars(module)["Gone"](), RUN, 7)
    monkeypatch.delitem(sys.modules, "gone_module")
    with pytest.raises(ResultMissing, match="cannot be loaded here: ModuleNotFoundError"):
        store.read(kept, RUN, 7)


def test_a_file_outside_of_the_folder_is_never_opened(store: FileResultStore, tmp_path: Path):
    kept = store.write((1, 2), RUN, 7)
    outside = tmp_path / Path(kept.location).name
    outside.write_bytes(Path(kept.location).read_bytes())
    for location in [str(outside), f"{store.location}/../{outside.name}", "/dev/zero"]:
        with pytest.raises(ResultMissing, match="not in the results folder"):
            store.read(kept._replace(location=location), RUN, 7)
        store.delete(kept._replace(location=location))
    assert outside.exists()


def test_a_location_that_is_no_path_is_missing(store: FileResultStore, folder: Path):
    kept = store.write((1, 2), RUN, 7)
    (folder / "ring").symlink_to("ring")
    for location in ["a\x00/b", f"{folder}/\x00", f"{folder}/ring/x", "x" * 9_000, "\udcff", " "]:
        with pytest.raises(ResultMissing):
            store.read(kept._replace(location=location), RUN, 7)
        store.delete(kept._replace(location=location))


def test_a_store_of_files_is_a_result_store(store: FileResultStore):
    any_store: ResultStore = store
    assert any_store.read(any_store.write("x", RUN, 7, None, None), RUN, 7) == "x"


# ---------------------------------------------------------------------------------------------- files on disk


def test_nobody_else_may_read_results_whatever_the_umask(tmp_path: Path):
    store = FileResultStore(tmp_path / "a" / "b" / "results", KEY)
    before = os.umask(0)
    try:
        store.write((1, 2), RUN, 7)
        store.write((1, 2), RUN, 7, key="c/d/e.pickle")
    finally:
        os.umask(before)
    assert [path for path in (tmp_path / "a").rglob("*") if path.lstat().st_mode & 0o077] == []
    assert not (tmp_path / "a").stat().st_mode & 0o077


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize(
    "value", [(1,), np.arange(9), pd.DataFrame({"a": [1]}), "x" * 9_000], ids=lambda v: type(v).__name__
)
def test_a_full_disk_is_said_and_leaves_nothing(
    store: FileResultStore, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, value: object
):
    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr("jupyter_flows.results.folder._sync_folder", lambda _: None)
    with pytest.raises(StoreUnavailable, match=r"the disk is full.*free some space"):
        store.write(value, RUN, 7)
    assert files_in(folder) == []


def test_a_disk_that_fills_up_in_mid_write_is_told_from_a_bad_value(tmp_path: Path):
    code = (
        "import resource, signal, sys, numpy as np, pandas as pd\n"
        "from jupyter_flows.results import FileResultStore\n"
        "from jupyter_flows.errors import StoreUnavailable\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        f"store = FileResultStore({str(tmp_path)!r}, bytes(32))\n"
        "big = np.zeros(1 << 22)\n"
        "for value in [big, [big], pd.DataFrame({'a': big}), 'x' * (1 << 22)]:\n"
        "    try:\n"
        "        store.write(value, 'run', 1)\n"
        "    except StoreUnavailable as error:\n"
        "        print(error.why.partition(' (')[0])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "the disk is full\n" * 4
    assert files_in(tmp_path) == []


def test_an_interrupt_in_mid_write_leaves_nothing(store: FileResultStore, folder: Path, monkeypatch: Any):
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write((1, 2), RUN, 7)
    assert files_in(folder) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        FileResultStore(tmp_path / "file" / "results", KEY).write((1, 2), RUN, 7)


def test_removing_a_result_takes_nothing_from_another_run(store: FileResultStore, folder: Path):
    one, other = store.write((1, 2), RUN, 7), store.write((1, 2), "another", 7)
    inline = store.write(1, RUN, 8)
    for _ in range(2):
        store.delete(one)
        store.delete(inline)
    assert files_in(folder) == [Path(other.location)]
    assert not (folder / RUN).exists()
    assert store.read(other, "another", 7) == (1, 2)


def test_a_key_names_the_place_and_the_last_writer_has_it(store: FileResultStore, folder: Path):
    first = store.write([1], RUN, 7, key="reports/day.json")
    assert first.location == str(folder / "reports" / "day.json")
    assert Path(first.location).read_text() == "[1]"
    second = store.write([2], RUN, 8, key="reports/day.json")
    with pytest.raises(ResultMissing, match="not what was kept"):
        store.read(first, RUN, 7)
    store.delete(first)  # its content is gone already; what is there now is another's
    assert store.read(second, RUN, 8) == [2]


@pytest.mark.parametrize("key", ["/etc/x", "../x", "a/../../x", "a//b", "a/", ".", "a\x00", "a\\..\\b", "a\nb"])
def test_a_key_that_leads_out_is_refused(store: FileResultStore, folder: Path, key: str):
    with pytest.raises(BadOption, match="result_storage_key"):
        store.write([1], RUN, 7, key=key)
    assert not folder.exists()


def test_a_key_that_leads_out_by_a_link_is_refused(store: FileResultStore, folder: Path, tmp_path: Path):
    folder.mkdir()
    (tmp_path / "outside").mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(BadOption, match="by a link"):
        store.write([1], RUN, 7, key="link/x.json")
    assert files_in(tmp_path / "outside") == []


def test_an_odd_run_id_stays_in_the_folder(store: FileResultStore, folder: Path):
    kept = store.write((1,), "../..", 7)
    assert Path(kept.location).is_relative_to(folder)
    assert store.read(kept, "../..", 7) == (1,)


def test_nothing_heavy_is_imported_before_it_is_needed(tmp_path: Path):
    code = (
        "import sys, jupyter_flows.results as results\n"
        f"store = results.FileResultStore({str(tmp_path)!r}, bytes(32))\n"
        "assert store.read(store.write({'a': 1}, 'run', 1), 'run', 1) == {'a': 1}\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'fsspec', 'cloudpickle', 'importlib.metadata', 'jupyter_core'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "[]\n"
