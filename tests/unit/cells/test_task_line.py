from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from jupyter_flows.cells.task_line import OPTIONS, TaskLine, parse_task_line, task_line_of_metadata
from jupyter_flows.errors import BadOption, DefinitionError, UnknownOption

READ: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing": ("", {}),
    "a name": ("clean", {"name": "clean"}),
    "a name with blanks": ("'clean it'", {"name": "clean it"}),
    "a name as an option": ("--name clean", {"name": "clean"}),
    "a name after options": ("--retries 1 clean", {"name": "clean", "retries": 1}),
    "a name with a sign": (r"a#b\c", {"name": r"a#b\c"}),
    "retries": ("--retries 3 --retry-delay 1,2.5,1m", {"retries": 3, "retry_delay_seconds": (1.0, 2.5, 60.0)}),
    "with an equals sign": ("--retries=3", {"retries": 3}),
    "the last one counts": ("--retries 3 --retries 4", {"retries": 4}),
    "seconds": ("--timeout 90", {"timeout_seconds": 90.0}),
    "hours": ("--timeout 1.5h", {"timeout_seconds": 5400.0}),
    "cache for a day": ("--cache 1d", {"cache_seconds": 86400.0}),
    "cache for ever": ("--cache always", {"cache_seconds": float("inf")}),
    "tags": ("--tags db,'slow one'", {"tags": ("db", "slow one")}),
    "names": (
        "--in a,b --out c --mutates d --ignore e",
        {"inputs": ("a", "b"), "outputs": ("c",), "mutates": ("d",), "ignore": ("e",)},
    ),
    "names with blanks between": ("--in 'a, b'", {"inputs": ("a", "b")}),
    "no names": ("--in ''", {"inputs": ()}),
    "after": ("--after 'load it',x", {"after": ("load it", "x")}),
    "flags": ("--no-infer --background", {"infer": False, "background": True}),
    "isolation": ("--isolation copy", {"isolation": "copy"}),
}


@pytest.mark.parametrize(("line", "wanted"), READ.values(), ids=READ.keys())
def test_a_line_is_read(line: str, wanted: dict[str, Any]) -> None:
    assert parse_task_line(line) == TaskLine(**wanted)


WRONG = {
    "unknown": ("--retires 3", UnknownOption, "%%task has no option '--retires'; did you mean '--retries'?"),
    "one dash": ("-r 3", UnknownOption, "%%task has no option '-r'"),
    "no number": ("--retries x", BadOption, "--retries='x' cannot be used; give a whole number from 0 up"),
    "negative": ("--retries=-1", BadOption, "give a whole number from 0 up"),
    "no seconds": ("--timeout soon", BadOption, "give seconds, or a number with s, m, h or d"),
    "no value": ("--retries", BadOption, "write --retries N"),
    "an option for a value": ("--retries --in a", BadOption, "write --retries N"),
    "a value for a flag": ("--background=1", BadOption, "it is given without a value"),
    "two names": ("a b", BadOption, "there is a name already"),
    "no Python name": ("--in a-b", BadOption, "give Python names with commas between them"),
    "controls": ("'a\x1b[31m'", BadOption, "without control characters"),
    "an open quotation mark": ("'a", BadOption, "a quotation mark is not closed"),
    "an unknown isolation": ("--isolation jail", BadOption, "use one of shared, copy, process"),
}


@pytest.mark.parametrize(("line", "kind", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_line_is_refused_by_name(line: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as raised:
        parse_task_line(line)
    assert message in str(raised.value)
    assert isinstance(raised.value, DefinitionError)


METADATA: dict[str, tuple[dict[str, object], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "numbers": (
        {"retries": 3, "timeout": 1.5, "retry_delay": [1, 2]},
        {"retries": 3, "timeout_seconds": 1.5, "retry_delay_seconds": (1.0, 2.0)},
    ),
    "texts": ({"retries": "3", "timeout": "5m"}, {"retries": 3, "timeout_seconds": 300.0}),
    "lists": ({"in": ["a"], "out": "b,c", "tags": ["x"]}, {"inputs": ("a",), "outputs": ("b", "c"), "tags": ("x",)}),
    "flags": ({"no_infer": True, "background": False}, {"infer": False}),
    "cache": ({"cache": True}, {"cache_seconds": float("inf")}),
    "no cache": ({"cache": False}, {}),
}


@pytest.mark.parametrize(("options", "wanted"), METADATA.values(), ids=METADATA.keys())
def test_metadata_says_the_same(options: dict[str, object], wanted: dict[str, Any]) -> None:
    assert task_line_of_metadata(options) == TaskLine(**wanted)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retires": 3}, "cell metadata `jupyter_flows` has no option 'retires'; did you mean 'retries'?"),
        ({"retries": True}, "retries=True cannot be used; give a whole number from 0 up"),
        ({"retries": 1.5}, "give a whole number"),
        ({"background": 1}, "give true or false"),
        ({"in": [1]}, "give a name"),
        ({"name": None}, "give a name"),
    ],
)
def test_wrong_metadata_is_refused_by_name(options: dict[str, object], message: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        task_line_of_metadata(options)
    assert message in str(raised.value)


def test_every_field_has_its_option_and_every_option_its_help() -> None:
    assert {option.field for option in OPTIONS} == {field.name for field in fields(TaskLine)}
    assert all(option.help for option in OPTIONS)
