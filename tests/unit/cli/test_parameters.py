from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def notebook(path: Path, source: str, tags: list[str], kernel: str = "python3") -> str:
    cell = {"cell_type": "code", "id": "a", "metadata": {"tags": tags}, "outputs": [], "source": source}
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel}}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata}
    path.write_text(json.dumps({**content, "cells": [{**cell, "execution_count": None}]}))
    return str(path)


CELL = """
day: str = "2013-01-15"  # a day of 2013
top: int
mode: Literal["a", "b"] = "a"
since = date.today()
"""


def test_parameters_are_listed_as_they_are_declared(cli: Any, tmp_path: Path) -> None:
    code, out, _ = cli("params", notebook(tmp_path / "x.ipynb", CELL, ["parameters"]))
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert lines[0] == ["NAME", "TYPE", "DEFAULT", "ONE", "OF", "ABOUT"]
    assert lines[1] == ["day", "str", '"2013-01-15"', "a", "day", "of", "2013"]
    assert lines[2] == ["top", "int", "required"]
    assert lines[3][-2:] == ["'a',", "'b'"]
    assert lines[4] == ["since", "date.today()"]


def test_programs_get_values_and_source(as_json: Any, tmp_path: Path) -> None:
    found = as_json("params", notebook(tmp_path / "x.ipynb", CELL, ["parameters"]))
    assert found["notebook"] == str(tmp_path / "x.ipynb")
    day, top, mode, since = found["parameters"]
    assert day == {
        "name": "day",
        "type": "str",
        "required": False,
        "default": "2013-01-15",
        "default_source": '"2013-01-15"',
        "choices": [],
        "help": "a day of 2013",
    }
    assert (top["required"], top["default"]) == (True, None)
    assert mode["choices"] == ["a", "b"]
    assert (since["default"], since["default_source"]) == (None, "date.today()")


@pytest.mark.parametrize(
    ("source", "tags", "said"),
    [("a = 1", [], "none of its cells has the tag"), ("pass", ["parameters"], "assigns none")],
)
def test_a_notebook_without_parameters_says_why(
    cli: Any, tmp_path: Path, source: str, tags: list[str], said: str
) -> None:
    assert said in cli("params", notebook(tmp_path / "x.ipynb", source, tags))[1]


def test_what_cannot_be_read_is_one_line(cli: Any, tmp_path: Path) -> None:
    for target, said in [("missing.ipynb", "there is no notebook"), ("x.ipynb", "is not Python")]:
        if said == "is not Python":
            notebook(tmp_path / target, "a = = 1", ["parameters"])
        code, out, err = cli("params", str(tmp_path / target))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert said in err
