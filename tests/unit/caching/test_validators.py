from __future__ import annotations

import pytest

from jupyter_flows import INPUTS, RUN_ID, cache_validators
from jupyter_flows.cache_validators import (
    all_inputs,
    all_parameters,
    duration_only,
    never_use,
    partial_inputs_only,
    partial_parameters_only,
)
from jupyter_flows.caching.policies import CacheFacts, CachePolicy
from jupyter_flows.errors import BadOption


def load(day, limit):
    return day, limit


def key(policy: CachePolicy, inputs: dict[str, object], parameters: dict[str, object]) -> str | None:
    return policy.key(CacheFacts("etl.load", load, inputs, "run", parameters))


INPUTS_NOW: dict[str, object] = {"day": 1, "limit": 2}
PARAMETERS_NOW: dict[str, object] = {"place": "a", "size": 3}


@pytest.mark.parametrize(
    ("policy", "counts"),
    [
        (duration_only, set()),
        (all_inputs, {"day", "limit"}),
        (all_parameters, {"place", "size"}),
        (partial_inputs_only(["day"]), {"day"}),
        (partial_inputs_only("limit"), {"limit"}),
        (partial_inputs_only(), set()),
        (partial_parameters_only(["size"]), {"size"}),
        (partial_parameters_only(), set()),
        (partial_inputs_only(["day"]) + RUN_ID, {"day"}),
        (partial_inputs_only(["day"]) + partial_parameters_only(["size"]), {"day", "size"}),
        (partial_inputs_only(["day"]) + INPUTS, {"day", "limit"}),
        (partial_inputs_only(["day", "limit"]) - "day", {"limit"}),
        (never_use + partial_inputs_only(["day"]), {"day"}),
    ],
    ids=lambda value: repr(sorted(value) if isinstance(value, set) else value),
)
def test_a_validator_compares_what_its_name_says(policy, counts):
    before = key(policy, INPUTS_NOW, PARAMETERS_NOW)
    assert before is not None
    for name in INPUTS_NOW:
        assert (key(policy, {**INPUTS_NOW, name: "other"}, PARAMETERS_NOW) != before) is (name in counts)
    for name in PARAMETERS_NOW:
        assert (key(policy, INPUTS_NOW, {**PARAMETERS_NOW, name: "other"}) != before) is (name in counts)


def test_never_use_makes_no_key():
    assert key(never_use, INPUTS_NOW, PARAMETERS_NOW) is None


@pytest.mark.parametrize("make", [partial_inputs_only, partial_parameters_only])
def test_what_is_no_name_is_refused(make):
    with pytest.raises(BadOption, match="validate_on"):
        make([1])


def test_a_policy_is_told_in_its_own_words():
    assert repr(partial_inputs_only(["day"])) == "<CachePolicy INPUTS only day>"
    assert repr(duration_only) == "<CachePolicy TASK>"
    assert RUN_ID + RUN_ID == RUN_ID
    assert sorted(cache_validators.__all__) == cache_validators.__all__
