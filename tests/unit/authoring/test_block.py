"""Blocks: saved in one process, loaded in another, their secrets elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from jupyter_flows import Block, Secret
from jupyter_flows.authoring.block_classes import _classes
from jupyter_flows.blocks import JSON, DateTime, LocalFileSystem, String
from jupyter_flows.blocks import Secret as SecretBlock
from jupyter_flows.errors import AmbiguousBlock, BadBlock, BadOption, BlockExists, BlockNotFound, SecretNotFound
from jupyter_flows.secrets.resolved import register

PASSWORD = "hunter2-and-more"
ADDRESS = f"postgresql://me:{PASSWORD}@host/db"


class Warehouse(Block):
    """Where rows go."""

    _block_type_name = "database"

    connection_string: str = Field(description="An address")
    table_name: str = Field(default="rows", description="A table")
    key: SecretStr | None = None


class Report(Block):
    target: Warehouse
    more: list[Warehouse] = Field(default_factory=list)


@pytest.fixture(autouse=True)
def flows_dir(harness, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("JUPYTER_FLOWS_SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("JUPYTER_FLOWS_DIR", str(harness.settings.flows_dir))
    return harness.settings.flows_dir


def test_a_block_is_saved_and_loaded_by_its_type_and_name():
    assert JSON(value={"bucket": "b", "prefix": ["p"]}).save("lake") == "json/lake"
    assert Block.load("lake") == Block.load("json/lake") == JSON(value={"bucket": "b", "prefix": ["p"]})
    assert JSON.load("lake").saved_as == "json/lake"
    assert (Block.list(), String.list()) == (["json/lake"], [])


def test_the_same_content_may_be_saved_twice_and_other_content_when_told():
    String(value="a").save("text")
    String(value="a").save("text")
    with pytest.raises(BlockExists, match=r"'string/text'.*overwrite=True"):
        String(value="b").save("text")
    String(value="b").save("text", overwrite=True)
    assert String.load("text").value == "b"


def test_the_order_of_what_json_keeps_is_kept_and_makes_no_other_content():
    JSON(value={"b": 1, "a": {"d": 1, "c": 2}}).save("columns")
    JSON(value={"a": {"c": 2, "d": 1}, "b": 1}).save("columns")
    loaded = JSON.load("columns").value
    assert (list(loaded), list(loaded["a"])) == (["a", "b"], ["c", "d"])


def test_a_name_of_several_types_is_told_apart():
    String(value="a").save("one")
    JSON(value=1).save("one")
    with pytest.raises(AmbiguousBlock, match="json/one, string/one"):
        Block.load("one")
    assert String.load("one").value == "a"


def test_a_missing_block_names_its_neighbours():
    String(value="a").save("greeting")
    with pytest.raises(BlockNotFound, match="did you mean 'string/greeting'"):
        Block.load("string/greetin")
    with pytest.raises(BlockNotFound, match="jupyter flows block ls"):
        Block.delete("nothing")


def test_secrets_of_a_block_are_not_in_the_store(flows_dir):
    block = Warehouse(connection_string=ADDRESS, key=SecretStr("another-secret"))
    assert PASSWORD not in repr(block)
    assert "another-secret" not in repr(block)
    block.save("warehouse")
    for file in flows_dir.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert PASSWORD.encode() not in content
            assert b"another-secret" not in content
    loaded = Block.load("warehouse")
    assert isinstance(loaded, Warehouse)
    assert loaded.connection_string == ADDRESS
    assert loaded.key is not None
    assert loaded.key.get_secret_value() == "another-secret"
    with pytest.raises(BlockExists):
        Warehouse(connection_string=ADDRESS, key=SecretStr("a-third-secret")).save("warehouse")
    Block.delete("warehouse")
    assert not Secret("block/database/warehouse/key").exists()


def test_a_secret_that_was_looked_up_is_secret_in_every_field(flows_dir):
    register("hush-hush-17")
    JSON(value={"greeting": ["a hush-hush-17"]}).save("greetings")
    assert not [file for file in flows_dir.rglob("*") if file.is_file() and b"hush-hush-17" in file.read_bytes()]
    assert JSON.load("greetings").value == {"greeting": ["a hush-hush-17"]}


def test_a_block_inside_another_is_a_part_or_a_reference():
    alone = Warehouse(connection_string="sqlite://", key=SecretStr("another-secret"))
    kept = Warehouse(connection_string="duckdb://")
    kept.save("kept")
    Report(target=alone, more=[kept]).save("daily")
    Warehouse(connection_string="duckdb://changed").save("kept", overwrite=True)
    loaded = Report.load("daily")
    assert loaded.target == alone
    assert loaded.more[0].connection_string == "duckdb://changed"
    Warehouse.delete("kept")
    with pytest.raises(BlockNotFound, match="database/kept"):
        Report.load("daily")


def test_a_class_with_other_fields_is_said():
    Warehouse(connection_string="sqlite://").save("old")

    class Changed(Block):
        _block_type_name = "database"
        address: str

    with pytest.raises(BadBlock, match=r"other fields now.*address: Field required"):
        Changed.load("old")


def test_a_class_that_is_not_here_is_named():
    def define():
        class Local(Block):
            size: int

        return Local

    define()(size=1).save("small")
    del _classes["local"]
    with pytest.raises(BadBlock, match="import or run what defines it"):
        Block.load("local/small")


def test_the_wrong_class_is_refused():
    String(value="a").save("text")
    with pytest.raises(BlockNotFound, match="json/text"):
        JSON.load("text")
    with pytest.raises(BadBlock, match="it is no json"):
        JSON.load("string/text")


@pytest.mark.parametrize("name", ["", "a/b", "a b", "../x", "x" * 256])
def test_a_name_must_be_plain(name):
    with pytest.raises(BadOption, match="letters, digits"):
        String(value="a").save(name)


def test_a_secret_block_is_found_as_a_secret():
    SecretBlock(value=SecretStr(PASSWORD)).save("chat")
    assert Secret("chat").get() == PASSWORD
    assert SecretBlock.load("chat").get() == PASSWORD
    assert PASSWORD not in repr(SecretBlock.load("chat").get())
    SecretBlock.delete("chat")
    with pytest.raises(SecretNotFound):
        Secret("chat").get()


def test_a_block_is_loaded_by_another_process():
    DateTime(value="2026-01-02T03:04:05Z").save("start")  # type: ignore[arg-type]
    code = "from jupyter_flows import Block; print(Block.load('date-time/start').value.isoformat())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "2026-01-02T03:04:05+00:00\n"


def test_a_folder_keeps_its_files_inside(tmp_path):
    folder = LocalFileSystem(basepath=str(tmp_path / "files"))
    folder.write_path("a/b.txt", b"text")
    assert folder.read_path("a/b.txt") == b"text"
    for path in ("../x", "/etc/passwd", "a/../../x"):
        with pytest.raises(BadBlock, match="leads out of"):
            folder.read_path(path)
    (copied,) = folder.get_directory(local_path=str(tmp_path / "copy"))
    assert Path(copied).read_bytes() == b"text"
    assert LocalFileSystem(basepath=str(tmp_path / "other")).put_directory(str(tmp_path / "copy"), "in") == 1
