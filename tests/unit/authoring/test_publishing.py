from __future__ import annotations

import sys
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_flows.authoring import publishing
from jupyter_flows.authoring.publishing import publish
from jupyter_flows.errors import ParameterError, ResultMissing
from jupyter_flows.notebooks.published import RESULT_MIME, read_published
from jupyter_flows.services.published_values import PublishedValues, published_values

RUN = "0123456789ab"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a kernel shows; that of a notebook that nobody runs headless."""
    sent: list[Any] = []
    shell = SimpleNamespace(kernel=object(), display_pub=SimpleNamespace(publish=sent.append))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return sent


@pytest.fixture
def headless(sent: list[Any], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.setenv("JUPYTER_FLOWS_PARENT_RUN_ID", RUN)
    return sent


def read(sent: list[Any], run_id: str = RUN) -> Any:
    """The values as the code that runs the notebook sees them."""
    found = [read_published(bundle[RESULT_MIME]) for bundle in sent]
    values: Any = {name: value for name, value in filter(None, found) if not hasattr(value, "kept")}
    files: Any = {name: value for name, value in filter(None, found) if hasattr(value, "kept")}
    return published_values(run_id, values, files)


def test_each_json_value_is_one_bundle_in_the_notebook(headless: list[Any]) -> None:
    publish(total=3, names=("a", "b"), ratio=np.float64(0.5))
    assert headless == [
        {RESULT_MIME: {"name": "total", "value": 3}},
        {RESULT_MIME: {"name": "names", "value": ["a", "b"]}},
        {RESULT_MIME: {"name": "ratio", "value": 0.5}},
    ]
    assert type(headless[2][RESULT_MIME]["value"]) is float


def test_outside_a_headless_run_a_value_is_only_shown(sent: list[Any]) -> None:
    publish(total=3, frame=pd.DataFrame({"a": [1]}), lock=threading.Lock())
    assert sent[0] == {"text/plain": "total = 3", RESULT_MIME: {"name": "total", "value": 3}}
    assert sent[1] == {"text/plain": "frame = <pandas.DataFrame>"}
    assert list(sent[2]) == ["text/plain"]


def test_outside_a_kernel_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    publish(total=3, lock=threading.Lock())


FILED = [
    (pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), "pandas.DataFrame", "arrow"),
    (np.arange(6).reshape(2, 3), "numpy.ndarray", "npy"),
    ({1, 2}, "set", "pickle"),
    (float("nan"), "float", "pickle"),
    ({"a": [1, {2: 3}]}, "dict", "pickle"),
    (["x" * 1000] * 200, "list", "json"),
]


@pytest.mark.parametrize(("value", "kind", "serializer"), FILED, ids=[kind for _, kind, _ in FILED])
def test_what_is_large_or_no_json_goes_through_a_signed_file(
    headless: list[Any], value: Any, kind: str, serializer: str
) -> None:
    publish(it=value)
    told = headless[0][RESULT_MIME]["file"]
    assert (told["type"], told["serializer"]) == (kind, serializer)
    values = read(headless)
    assert repr(values["it"]) == repr(value)
    assert values["it"] is values["it"]  # loaded once
    assert list(values) == ["it"]


def test_a_file_is_loaded_only_for_the_run_that_published_it_and_as_it_was(headless: list[Any]) -> None:
    publish(it={1, 2})
    with pytest.raises(ResultMissing):
        read(headless, "another")["it"]
    headless[0][RESULT_MIME]["file"]["size"] += 1
    with pytest.raises(ResultMissing):
        read(headless)["it"]


def test_what_is_shown_of_a_value_does_not_load_it(headless: list[Any]) -> None:
    publish(odd={1, 2}, total=3)
    values = read(headless, "another")
    assert isinstance(values, PublishedValues)
    assert "total" in repr(values)
    assert "<set in a file of" in repr(values)
    assert "odd" in values


def test_what_cannot_be_kept_is_refused_by_name_and_type_and_nothing_is_published(headless: list[Any]) -> None:
    with pytest.raises(ParameterError) as caught:
        publish(good=1, lock=threading.Lock(), lines=(line for line in ()))
    assert headless == []
    assert caught.value.problems.keys() == {"lock", "lines"}
    assert "_thread.lock cannot be kept" in caught.value.problems["lock"]
    assert "generator cannot be kept" in caught.value.problems["lines"]
    assert "return a list of its items" in caught.value.problems["lines"]


def test_the_limit_of_json_is_on_its_text(headless: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MOST_CHARACTERS_IN_NOTEBOOK", 5)
    publish(small="abc", large="abcd")
    assert [list(bundle[RESULT_MIME]) for bundle in headless] == [["name", "value"], ["name", "file"]]
