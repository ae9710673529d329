"""`jupyter flows variable` and `jupyter flows block`."""

from __future__ import annotations

import pytest

from jupyter_flows import Variable
from jupyter_flows.blocks import JSON, Secret

PASSWORD = "hunter2-and-more"


@pytest.fixture(autouse=True)
def _own_key(data_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_SECRET_KEY_FILE", str(tmp_path / "key"))


def test_variables_are_kept_and_read(cli, as_json):
    assert cli("variable", "ls") == (0, "No variable is kept.\n", "")
    assert cli("variable", "set", "region", "eu-1", "--tag", "cloud") == (0, "region is set.\n", "")
    assert cli("variable", "set", "sizes", "[1, 2]")[0] == 0
    assert (Variable.get("region"), Variable.get("sizes")) == ("eu-1", [1, 2])
    assert cli("variable", "get", "region")[1] == '"eu-1"\n'
    assert as_json("variable", "get", "sizes") == {"name": "sizes", "value": [1, 2]}
    assert [one["name"] for one in as_json("variable", "ls")["variables"]] == ["region", "sizes"]
    assert "cloud" in cli("variable", "ls")[1]
    assert cli("variable", "unset", "sizes") == (0, "sizes is unset.\n", "")


def test_what_is_wrong_with_a_variable_is_one_line(cli):
    cli("variable", "set", "region", "eu")
    for argv, wanted in [
        (("set", "region", "us"), "--overwrite"),
        (("get", "regio"), "did you mean 'region'?"),
        (("unset", "nothing"), "variable ls"),
        (("set", "a b", "1"), "letters, digits"),
        (("set", "password", "x"), "secret set password"),
    ]:
        code, out, err = cli("variable", *argv)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert wanted in err
    assert cli("variable", "set", "region", "us", "--overwrite")[0] == 0


def test_blocks_are_shown_without_their_secrets(cli, as_json):
    assert cli("block", "ls") == (0, "No block is saved.\n", "")
    JSON(value={"bucket": "b", "token": PASSWORD}).save("lake")
    Secret(value=PASSWORD).save("chat")  # type: ignore[arg-type]
    assert [one["block"] for one in as_json("block", "ls")["blocks"]] == ["json/lake", "secret/chat"]
    assert as_json("block", "show", "lake")["data"] == {"value": {"bucket": "b", "token": "••••••"}}
    assert cli("block", "show", "chat")[1] == 'secret/chat\n  value: "••••••"\n'
    types = {one["type"]: one["fields"] for one in as_json("block", "types")["types"]}
    assert types == {"json": ["value"], "secret": ["value"]}
    assert "A value that never shows" in cli("block", "types")[1]
    assert cli("block", "delete", "secret/chat")[0] == 0
    assert cli("block", "show", "chat")[0] == 2


def test_escape_sequences_in_a_block_are_shown_as_text(cli):
    JSON(value="\x1b[31mred").save("colour")
    assert "\x1b" not in cli("block", "show", "colour")[1]
