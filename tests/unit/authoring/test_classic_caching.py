"""The classic words for caching: ``cache_for``, ``cache_validator``, ``cache_key``, ``target``, ``checkpoint``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jupyter_flows import INPUTS, flow, task
from jupyter_flows.cache_validators import all_inputs, duration_only, never_use, partial_inputs_only
from jupyter_flows.errors import BadOption
from jupyter_flows.testing import FakeClock
from jupyter_flows.wiring import current_settings

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_000_000.0)


def ends(called, *all_arguments: tuple[object, ...]) -> list[str]:
    @flow
    def calls():
        return [called(*arguments, return_state=True).name for arguments in all_arguments]

    return calls()


def results() -> Path:
    return Path(current_settings().results_url)


@pytest.mark.parametrize(
    ("options", "second"),
    [
        ({"cache_for": HOUR}, "Cached"),  # by itself it compares nothing but the time
        ({"cache_for": HOUR, "cache_validator": duration_only}, "Cached"),
        ({"cache_for": HOUR, "cache_validator": partial_inputs_only}, "Cached"),
        ({"cache_for": HOUR, "cache_validator": partial_inputs_only(["y"])}, "Cached"),
        ({"cache_for": HOUR, "cache_validator": partial_inputs_only(["x"])}, "Completed"),
        ({"cache_for": HOUR, "cache_validator": all_inputs}, "Completed"),
        ({"cache_for": HOUR, "cache_validator": never_use}, "Completed"),
        ({"cache_for": HOUR, "cache_policy": INPUTS}, "Completed"),
    ],
)
def test_a_validator_decides_whether_another_argument_is_a_hit(options, second, clock):
    @task(**options)
    def load(x, y=0):
        return [x, y]

    assert ends(load, (1,), (2,)) == ["Completed", second]
    clock.advance(3601)
    assert ends(load, (1,)) == ["Completed"]


def test_tasks_with_one_cache_key_share_their_values():
    @task(cache_policy=INPUTS, cache_key="days")
    def one(day):
        return day

    @task(cache_policy=INPUTS, cache_key="days")
    def two(day):
        return day

    assert ends(one, (1,)) == ["Completed"]
    assert ends(two, (1,), (2,)) == ["Cached", "Completed"]


def test_a_value_at_its_target_is_found_and_one_that_is_gone_is_made_again():
    @task(target="{task_name}/{day}-{today}.json")
    def load(day):
        return {"day": day}

    assert ends(load, ("mon",), ("mon",), ("tue",)) == ["Completed", "Cached", "Completed"]
    (file,) = results().glob("load/mon-1970-01-*.json")
    assert file.read_text() == '{"day":"mon"}'
    file.unlink()
    assert ends(load, ("mon",), ("mon",)) == ["Completed", "Cached"]
    assert file.exists()


def test_a_file_that_somebody_else_put_at_the_target_is_not_believed():
    @task(target="{day}.json")
    def load(day):
        return {"day": day}

    results().mkdir(parents=True)
    (results() / "mon.json").write_text('{"day": "forged"}')
    assert ends(load, ("mon",)) == ["Completed"]
    (results() / "mon.json").write_text('{"day":"fake"}')
    assert ends(load, ("mon",)) == ["Completed"]


def test_a_target_may_be_a_function_of_the_classic_words():
    @task(target=lambda task_name, parameters, day, **_: f"{task_name}/{parameters['place']}/{day}.json")
    def load(day):
        return day

    @flow
    def calls(place):
        return [load(1, return_state=True).name, load(1, return_state=True).name]

    assert calls("rome") == ["Completed", "Cached"]
    assert (results() / "load" / "rome" / "1.json").exists()


def test_a_target_that_leads_out_fails_the_task_and_writes_nothing(tmp_path):
    @task(target="{day}.json")
    def load(day):
        return day

    @flow
    def once():
        load("../../evil")

    with pytest.raises(BadOption, match="target"):
        once()
    assert list(tmp_path.rglob("evil*")) == []


def test_checkpoint_keeps_the_value(history):
    @task(checkpoint=True)
    def load():
        return 1

    ends(load, ())
    assert [kept.number for kept in history.harness.reader.results(history.run().id)] == [1]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"cache_validator": 3}, "cache_validator"),
        ({"cache_validator": dict}, "cache_validator"),
        ({"cache_validator": all_inputs, "cache_policy": INPUTS}, "cache_validator"),
        ({"cache_key": "days"}, "cache_key"),
        ({"cache_policy": INPUTS, "cache_key": 3}, "cache_key"),
        ({"target": 3}, "target"),
        ({"target": "{x}", "cache_policy": INPUTS}, "target"),
        ({"cache_for": HOUR, "cache_expiration": HOUR, "cache_policy": INPUTS}, "cache_expiration"),
        ({"checkpoint": False, "target": "{x}"}, "persist_result"),
    ],
)
def test_classic_options_that_cannot_be_meant_are_refused(options, named):
    with pytest.raises(BadOption, match=named):
        task(**options)
