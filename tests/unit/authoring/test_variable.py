"""Variables: small values by name."""

from __future__ import annotations

import pytest

from jupyter_flows import Variable
from jupyter_flows.errors import BadOption, VariableExists
from jupyter_flows.secrets.resolved import register


def test_a_variable_gives_what_was_set():
    assert Variable.get("region") is None
    assert Variable.get("region", "eu") == "eu"
    Variable.set("region", "us")
    Variable.set("region", "us")
    assert Variable.get("region") == "us"
    with pytest.raises(VariableExists, match="'region' with another value"):
        Variable.set("region", "eu")
    Variable.set("region", {"name": "eu", "zones": [1, 2, None]}, overwrite=True)
    assert Variable.get("region") == {"name": "eu", "zones": [1, 2, None]}
    assert Variable.unset("region")
    assert not Variable.unset("region")


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("", 1, "letters, digits"),
        ("a b", 1, "letters, digits"),
        ("a/b", 1, "letters, digits"),
        ("x" * 256, 1, "letters, digits"),
        ("size", object(), "what JSON knows"),
        ("size", float("nan"), "what JSON knows"),
        ("size", "x" * 70_000, "at most 65536"),
        ("api_key", "xyz", "jupyter flows secret set api_key"),
        ("url", "postgresql://me:hunter2@host/db", "jupyter flows secret set url"),
    ],
)
def test_what_cannot_be_kept_is_refused(name, value, wanted):
    with pytest.raises(BadOption, match=wanted) as refused:
        Variable.set(name, value)
    assert "hunter2" not in str(refused.value)
    assert Variable.get(name) is None


def test_a_secret_that_was_looked_up_is_kept_in_no_variable():
    register("hush-hush-17")
    for value, tags in (({"greeting": ["a hush-hush-17"]}, []), (1, ["hush-hush-17"])):
        with pytest.raises(BadOption, match=r"holds? a secret") as refused:
            Variable.set("greeting", value, tags)
        assert "hush" not in str(refused.value)
    assert Variable.get("greeting") is None
