from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_flows.errors import ResultMissing
from jupyter_flows.model.results import KeptResult
from jupyter_flows.notebooks.kernel_answer import ANSWER_MIME
from jupyter_flows.secrets.resolved import register
from jupyter_flows.services import kept_names
from jupyter_flows.services.kept_names import keeping_expression, restoring_expression
from jupyter_flows.services.manifest import Manifest
from jupyter_flows.wiring import use_session

RUN = "abcdef012345"


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The names of a kernel."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    use_session(None)
    shell = SimpleNamespace(user_ns={})
    monkeypatch.setattr(kept_names, "kernel_shell", lambda: shell)
    yield shell.user_ns
    use_session(None)


def kept(names: dict[str, Any], room: int = 10**9) -> Manifest:
    """Keep all names as a kernel would: by evaluating the expression."""
    answer = eval(keeping_expression(RUN, 3, (*names, "never_bound"), room))
    content = answer._repr_mimebundle_()[ANSWER_MIME]
    manifest = Manifest.of_json({**content, "source": "digest"})
    assert manifest is not None
    return manifest


def test_values_come_back_under_their_names(names):
    names.update({"number": 7, "rows": {1, 2}, "quoted": 'it\'s "so"\n'})
    manifest = kept(names)
    assert manifest.absent == ("never_bound",)
    before = dict(names)
    names.clear()
    eval(restoring_expression(RUN, 3, manifest.values))
    assert names == before


def test_what_cannot_be_kept_is_told_with_its_type_and_advice(names):
    names["rows"] = (number for number in [1])
    lost = kept(names).lost["rows"]
    assert lost.kind == "generator"
    assert "return a list of its items" in lost.why


def test_a_value_that_is_too_large_leaves_no_file(names, tmp_path):
    names["text"] = "x" * 100_000
    assert "kept_max_bytes" in kept(names, room=1000).lost["text"].why
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 10_000]


@pytest.mark.parametrize("value", ["the hidden token", {"large": "the hidden token" * 1000}])
def test_a_secret_is_not_kept(names, value):
    register("the hidden token")
    names["token"] = value
    manifest = kept(names)
    assert not manifest.values
    assert "a secret, which is never kept" in manifest.lost["token"].why


def test_values_of_another_task_run_are_not_put_back(names):
    names["rows"] = [1]
    manifest = kept(names)
    names.clear()
    with pytest.raises(ResultMissing):
        eval(restoring_expression(RUN, 4, manifest.values))
    with pytest.raises(ResultMissing):
        eval(restoring_expression(RUN, 3, {"rows": KeptResult("pickle", location="/nowhere")}))
    assert names == {}


def test_two_names_of_one_object_come_back_as_one(names):
    names["rows"] = names["also"] = [1]
    names["equal"] = [1]
    manifest = kept(names)
    assert manifest.aliases == {"also": "rows"}
    names.clear()
    eval(restoring_expression(RUN, 3, manifest.values, manifest.aliases))
    assert names == {"rows": [1], "also": [1], "equal": [1]}
    assert names["rows"] is names["also"]
    assert names["rows"] is not names["equal"]
