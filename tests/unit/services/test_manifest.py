from __future__ import annotations

import json

import pytest

from jupyter_flows.model.results import KeptResult
from jupyter_flows.services.manifest import LostValue, Manifest

WHOLE = Manifest("d", {"x": KeptResult("npy", "", "/a", 8, "sha", "sign")}, {"g": LostValue("generator", "no")}, ("y",))


def test_a_manifest_comes_back_from_json_as_it_was():
    assert Manifest.of_json(json.loads(json.dumps(WHOLE.as_json()))) == WHOLE
    assert WHOLE.size == 8
    assert WHOLE.message == "`g` (generator): no"


@pytest.mark.parametrize("told", [None, [], {}, {"source": "d", "values": 3}, {"source": "d", "values": {"x": 1}}])
def test_what_is_no_manifest_is_none(told):
    assert Manifest.of_json(told) is None
