from __future__ import annotations

from typing import Any

import pytest

from jupyter_flows.model.results import KeptResult
from jupyter_flows.notebooks.published import PublishedFile, published_as_json, read_published

FILE = PublishedFile("set", KeptResult("pickle", location="r/x.pkl", size=3, sha256="00", signature="11"))


def test_a_file_is_told_and_read_again() -> None:
    assert read_published({"name": "odd", "file": FILE.as_json()}) == ("odd", FILE)


def test_a_json_value_is_read_as_it_is() -> None:
    assert read_published({"name": "total", "value": [1, None]}) == ("total", [1, None])
    assert read_published({"name": "nothing"}) == ("nothing", None)


@pytest.mark.parametrize(
    "said",
    [
        None,
        "total",
        ["total"],
        {"value": 3},
        {"name": 3, "value": 3},
        {"name": "x", "file": "r/x.pkl"},
        {"name": "x", "file": {}},
        {"name": "x", "file": {**FILE.as_json(), "size": "3"}},
        {"name": "x", "file": {**FILE.as_json(), "location": ["/etc/passwd"]}},
        {"name": "x", "file": {**FILE.as_json(), "type": None}},
    ],
)
def test_what_cannot_be_understood_is_no_value(said: Any) -> None:
    assert read_published(said) is None


def test_everything_has_a_json_form() -> None:
    assert published_as_json({"total": 3, "odd": FILE})["total"] == 3
    assert published_as_json({"odd": FILE}) == {"odd": {"type": "set", "file": "r/x.pkl", "bytes": 3}}
