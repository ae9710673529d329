from __future__ import annotations

import dataclasses
import pickle
import threading
from types import FunctionType
from typing import Any, cast

import pytest

from jupyter_flows.caching.policies import (
    DEFAULT,
    FLOW_PARAMETERS,
    INPUTS,
    NO_CACHE,
    RUN_ID,
    TASK_SOURCE,
    CacheFacts,
    CachePolicy,
)
from jupyter_flows.errors import BadOption, JupyterFlowsError, UncacheableInput


def load(day, debug=False):
    return day, debug


def changed(day, debug=False):
    return debug, day


FACTS = CacheFacts("etl.load", load, {"day": 1, "debug": False}, "run-1", {"source": "a"})
CHANGES = {
    "input": {"arguments": {"day": 2, "debug": False}},
    "debug": {"arguments": {"day": 1, "debug": True}},
    "source": {"function": changed},
    "run": {"run_id": "run-2"},
    "parameter": {"flow_parameters": {"source": "b"}},
    "task": {"task_key": "etl.save"},
}
ALL = INPUTS + TASK_SOURCE + RUN_ID + FLOW_PARAMETERS


@pytest.mark.parametrize(
    ("policy", "misses"),
    [
        (INPUTS, {"input", "debug"}),
        (INPUTS - "debug", {"input"}),
        (INPUTS - ["debug", "day"], set()),
        (TASK_SOURCE, {"source"}),
        (RUN_ID, {"run"}),
        (FLOW_PARAMETERS, {"parameter"}),
        (DEFAULT, {"input", "debug", "source", "run"}),
        (DEFAULT - "debug", {"input", "source", "run"}),
        (INPUTS - "debug" + TASK_SOURCE, {"input", "source"}),
        (INPUTS + NO_CACHE, {"input", "debug"}),
        (ALL, {"input", "debug", "source", "run", "parameter"}),
    ],
    ids=lambda value: repr(sorted(value) if isinstance(value, set) else value),
)
def test_a_key_changes_with_what_the_policy_names_and_with_the_task(policy: CachePolicy, misses):
    missed = {
        what
        for what, change in CHANGES.items()
        if policy.key(dataclasses.replace(FACTS, **change)) != policy.key(FACTS)
    }
    assert missed == misses | {"task"}


def test_keys_of_different_policies_differ():
    policies = [INPUTS, TASK_SOURCE, RUN_ID, FLOW_PARAMETERS, DEFAULT, ALL, INPUTS - "debug"]
    keys = {policy.key(FACTS) for policy in policies}
    assert len(keys) == len(policies)
    assert all(key is not None and len(key) == 64 for key in keys)


def test_the_order_of_a_sum_does_not_count():
    assert RUN_ID + TASK_SOURCE + INPUTS == DEFAULT
    assert (RUN_ID + INPUTS).key(FACTS) == (INPUTS + RUN_ID).key(FACTS)


def test_no_cache_has_no_key():
    assert NO_CACHE.key(FACTS) is None
    assert NO_CACHE.explain(FACTS) == []


def test_a_policy_says_what_its_key_is_made_of():
    explained = ALL.explain(FACTS)
    assert [part for part, _ in explained] == [
        "task",
        "input day",
        "input debug",
        "task source",
        "run id",
        "flow parameter source",
    ]
    other = dict(ALL.explain(dataclasses.replace(FACTS, arguments={"day": 2, "debug": False})))
    assert [part for part, digest in explained if other[part] != digest] == ["input day"]


def test_a_policy_shows_itself_as_it_is_written():
    assert repr(DEFAULT - "debug") == "<CachePolicy INPUTS + TASK_SOURCE + RUN_ID - 'debug'>"
    assert repr(NO_CACHE) == "<CachePolicy NO_CACHE>"


def test_a_policy_can_be_sent_to_another_process():
    policy = DEFAULT - "debug"
    assert pickle.loads(pickle.dumps(policy)).key(FACTS) == policy.key(FACTS)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda: TASK_SOURCE - "debug", "only INPUTS has arguments"),
        (lambda: NO_CACHE - "debug", "only INPUTS has arguments"),
        (lambda: INPUTS - cast("Any", [1]), "give the name of an argument"),
        (lambda: INPUTS - cast("Any", [RUN_ID]), "give the name of an argument"),
    ],
)
def test_what_cannot_be_left_out_is_refused(attempt, said):
    with pytest.raises(BadOption, match=said):
        attempt()


def test_only_policies_are_added():
    with pytest.raises(TypeError):
        INPUTS + "debug"  # type: ignore[operator] # pyright: ignore[reportUnusedExpression]


@pytest.mark.parametrize("policy", [INPUTS, DEFAULT, ALL])
def test_an_argument_without_a_hash_is_named(policy):
    facts = dataclasses.replace(FACTS, arguments={"day": 1, "conn": threading.Lock(), "more": [threading.Lock()]})
    with pytest.raises(UncacheableInput) as caught:
        policy.key(facts)
    assert str(caught.value).startswith(
        "load cannot be cached: its argument 'conn' (_thread.lock) has no content hash: "
    )
    assert str(caught.value).endswith("; leave it out with INPUTS - 'conn', or give a cache_key_fn")
    assert (policy - ["conn", "more"]).key(facts)
    with pytest.raises(
        UncacheableInput, match=r"'more' \(builtins.list\) has no content hash: it holds a _thread.lock"
    ):
        (policy - "conn").key(facts)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert isinstance(caught.value, JupyterFlowsError)


def test_a_flow_parameter_without_a_hash_is_named():
    facts = dataclasses.replace(FACTS, flow_parameters={"conn": threading.Lock()})
    with pytest.raises(UncacheableInput, match=r"'conn'.*; leave FLOW_PARAMETERS out of the policy"):
        FLOW_PARAMETERS.key(facts)


def test_what_a_function_around_the_task_binds_is_named():
    lock = threading.Lock()

    def guarded():
        return lock

    with pytest.raises(UncacheableInput, match=r"'lock'.*; pass it as a parameter, or leave TASK_SOURCE out"):
        TASK_SOURCE.key(dataclasses.replace(FACTS, function=guarded))


@dataclasses.dataclass
class Loader:
    folder: str

    def load(self, day):
        return self.folder, day


def test_the_object_of_a_method_is_an_input():
    def key(folder: str, policy: CachePolicy = INPUTS + TASK_SOURCE) -> str | None:
        return policy.key(CacheFacts("etl.Loader.load", Loader(folder).load, {"day": 1}))

    assert key("a") == key("a") != key("b")
    assert key("a", INPUTS - "self") == key("b", INPUTS - "self")


def test_tasks_of_two_notebooks_with_one_name_do_not_share_a_key():
    facts = CacheFacts("__main__.load", load, {"day": 1})
    assert INPUTS.key(facts) != INPUTS.key(dataclasses.replace(facts, function=changed))
    moved = FunctionType(load.__code__, {"__name__": "elsewhere"}, "load")
    assert INPUTS.key(facts) == INPUTS.key(dataclasses.replace(facts, function=moved))
