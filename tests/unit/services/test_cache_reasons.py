from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import FLOW_PARAMETERS, INPUTS, RUN_ID, TASK_SOURCE, flow, task, task_input_hash
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.services.cache_reasons import CacheReason, cache_reasons
from jupyter_flows.testing import FakeClock, Harness, flows_test_harness
from jupyter_flows.wiring import current_settings


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_000_000.0)


@pytest.fixture(autouse=True)
def harness(clock: FakeClock) -> Iterator[Harness]:
    with flows_test_harness(clock=clock) as harness:
        yield harness


@pytest.fixture
def asked(harness: Harness) -> Callable[..., CacheReason]:
    """Call a task in a flow of its own; return why it got what it got from the cache."""

    def ask(called: Any, *args: Any, **kwargs: Any) -> CacheReason:
        @flow
        def once(_given: object) -> None:
            called(*args, **kwargs)

        once(args)
        (reason,) = cache_reasons(harness.reader, harness.reader.flow_runs(RunFilter(limit=1))[0].id)
        return reason

    return ask


def made(body: str = "return x", **options: Any) -> Any:
    """A task of one identity whatever its code."""
    names: dict[str, Any] = {"__name__": "etl"}
    exec(f"def load(x, limit=3):\n    {body}\n", names)
    return task(**options)(names["load"])


def test_the_first_look_up_was_never_computed(asked):
    reason = asked(made(cache_policy=INPUTS), 1)
    assert (reason.hit, reason.differing) == (False, ())
    assert reason.reason.startswith("never computed")
    assert list(reason.parts) == ["task", "input limit", "input x"]


def test_a_hit_names_its_origin_and_age_and_has_the_parts_of_that(asked, clock):
    load = made(cache_policy=INPUTS)
    first = asked(load, 1)
    clock.advance(7200)
    reason = asked(load, 1)
    assert reason.hit and reason.parts == first.parts and reason.key == first.key
    assert reason.compared_with == first.task_run.id
    assert reason.reason == f"found: the value of {first.task_run.id}, kept 2 h before"


@pytest.mark.parametrize(
    ("policy", "then", "differing", "said"),
    [
        (INPUTS, lambda options: (made(**options), (2,)), ("input x",), "argument `x` differs"),
        (INPUTS, lambda options: (made(**options), (1, 4)), ("input limit",), "argument `limit` differs"),
        (
            INPUTS + TASK_SOURCE,
            lambda options: (made("return -x", **options), (1,)),
            ("task source",),
            "source changed",
        ),
        (INPUTS + RUN_ID, lambda options: (made(**options), (1,)), ("run id",), "RUN_ID"),
        (FLOW_PARAMETERS, lambda options: (made(**options), (5,)), ("flow parameter _given",), "flow parameter"),
    ],
)
def test_a_miss_says_which_part_differs(asked, policy, then, differing, said):
    options = {"cache_policy": policy}
    first = asked(made(**options), 1)
    called, args = then(options)
    reason = asked(called, *args)
    assert (reason.hit, reason.compared_with) == (False, first.task_run.id)
    assert reason.differing == differing
    assert said in reason.reason


def test_a_miss_is_compared_with_the_most_alike_of_the_earlier_runs(asked):
    load = made(cache_policy=INPUTS)
    near = asked(load, 1, 2)
    asked(load, 8, 9)
    reason = asked(load, 1, 3)
    assert (reason.compared_with, reason.differing) == (near.task_run.id, ("input limit",))


def test_an_expired_value_is_told_with_its_time(asked, clock):
    load = made(cache_policy=INPUTS, cache_expiration=3600)
    first = asked(load, 1)
    clock.advance(3 * 3600)
    assert asked(load, 1).reason == f"expired 2 h before: the value of {first.task_run.id}"


def test_a_refreshed_value_was_not_asked_for(asked):
    load = made(cache_policy=INPUTS)
    asked(load, 1)
    assert asked(load.with_options(refresh_cache=True), 1).reason.startswith("not asked: refresh_cache")


def test_a_value_whose_file_is_gone_is_told(asked):
    load = made("return list(range(10_000))", cache_policy=INPUTS)
    first = asked(load, 1)
    (file,) = [path for path in Path(current_settings().results_url).rglob("*") if path.is_file()]
    file.unlink()
    reason = asked(load, 1)
    assert reason.reason.startswith("the kept value is not to be had")
    assert reason.compared_with == first.task_run.id


def test_of_key_functions_only_the_ready_made_one_tells_its_parts(asked):
    assert "input x" in asked(made(cache_key_fn=task_input_hash), 1).parts

    def by_x(_context: object, parameters: dict[str, Any]) -> str:
        return str(parameters["x"])

    load = made(cache_key_fn=by_x)
    assert list(asked(load, 1).parts) == ["key function"]
    assert asked(load, 2).reason.startswith("its key function gave another key")
