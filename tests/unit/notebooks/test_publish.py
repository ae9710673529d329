from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_flows.errors import ParameterError
from jupyter_flows.notebooks.publish import RESULT_MIME, publish


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    sent: list[Any] = []
    shell = SimpleNamespace(kernel=object(), display_pub=SimpleNamespace(publish=sent.append))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return sent


def test_each_value_is_one_bundle(sent: list[Any]) -> None:
    publish(total=3, names=("a", "b"), ratio=np.float64(0.5))
    assert sent == [
        {RESULT_MIME: {"name": "total", "value": 3}},
        {RESULT_MIME: {"name": "names", "value": ["a", "b"]}},
        {RESULT_MIME: {"name": "ratio", "value": 0.5}},
    ]
    assert type(sent[2][RESULT_MIME]["value"]) is float


def test_outside_a_kernel_values_are_checked_and_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    publish(total=3)
    with pytest.raises(ParameterError):
        publish(total={1})


LOOP: list[Any] = []
LOOP.append(LOOP)

REFUSED = [
    (np.int64(3), "a int64 has no JSON form; use .item()"),
    (np.arange(3), "use .tolist()"),
    (pd.DataFrame({"a": [1]}), "use .to_dict('records')"),
    (pd.Timestamp("2013-01-15"), "use .isoformat()"),
    (date(2013, 1, 15), "a date has no JSON form; use str(...)"),
    (Path("x"), "use str(...)"),
    (float("nan"), "nan has no JSON form; use None"),
    ({1, 2}, "use a sorted list"),
    (b"x", "use text"),
    ({"a": [1, {2: 3}]}, "at ['a'][1]: the key 2 is no text"),
    (object(), "use numbers, text, lists or dicts"),
    (LOOP, "it contains itself"),
]


@pytest.mark.parametrize(("value", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_a_value_that_json_cannot_hold_is_refused_with_advice(sent: list[Any], value: object, reason: str) -> None:
    with pytest.raises(ParameterError) as caught:
        publish(good=1, bad=value)
    assert reason in caught.value.problems["bad"]
    assert sent == []
