from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from jupyter_flows import INPUTS, RUN_ID, TASK_SOURCE, flow, task, task_input_hash
from jupyter_flows.errors import BadOption, UncacheableInput
from jupyter_flows.testing import FakeClock
from jupyter_flows.wiring import current_settings


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_000_000.0)


def by_value(_context: object, parameters: dict[str, object]) -> str:
    return str(parameters["x"])


def counted(**options: object):
    calls: list[object] = []

    @task(cache_key_fn=by_value, **options)
    def double(x: int):
        calls.append(x)
        return [x, x]

    return double, calls


def test_nothing_is_kept_unless_it_is_asked_for(history):
    @task
    def plain(x):
        return x

    @flow
    def twice():
        return plain(1), plain(1)

    twice()
    assert history.ends() == ["Completed", "Completed"]
    assert history.harness.reader.results(history.run().id) == []


@pytest.mark.parametrize("how", ["call", "submit", "map"])
def test_a_kept_value_is_found_by_its_key(how, history):
    double, calls = counted()

    @flow
    def twice():
        first = double(1)
        second = {
            "call": lambda: double(1),
            "submit": lambda: double.submit(1).result(),
            "map": lambda: double.map([1]).result()[0],
        }[how]()
        assert first == second
        assert first is not second

    twice()
    assert calls == [1]
    assert history.ends() == ["Completed", "Cached"]
    assert history.tasks()[1].state.message == f"from {history.run().id}-1, 0 s old"


def test_a_value_outlives_its_flow_run_and_each_hit_is_logged(clock):
    double, calls = counted()
    states = []

    @flow
    def once():
        states.append(double(1, return_state=True))

    once()
    clock.advance(60)
    once()
    assert [state.name for state in states] == ["Completed", "Cached"]
    assert states[1].message.endswith("60 s old")
    assert calls == [1]


def test_every_hit_says_key_age_and_origin_in_the_log(history):
    double, _ = counted()

    @flow
    def twice():
        double(1)
        double(1)

    twice()
    (line,) = [line for line in history.logs() if "cache hit" in line.message]
    origin = f"from {history.run().id}-1, 0 s old"
    assert (line.number, line.level) == (2, logging.INFO)
    assert line.message == f"cache hit: {origin}, key {double.key}:1"


def test_a_value_expires(clock):
    double, calls = counted(cache_expiration=timedelta(minutes=1))

    @flow
    def once():
        double(1)

    once()
    clock.advance(59)
    once()
    assert calls == [1]
    clock.advance(2)
    once()
    assert calls == [1, 1]


def test_refresh_runs_again_and_keeps_the_new_value():
    double, calls = counted()

    @flow
    def refreshed():
        double(1)
        double.with_options(refresh_cache=True)(1)
        return double(1, return_state=True).name

    assert refreshed() == "Cached"
    assert calls == [1, 1]


def test_two_tasks_with_one_key_share_nothing():
    @task(cache_key_fn=lambda _context, _parameters: "same")
    def one():
        return 1

    @task(cache_key_fn=lambda _context, _parameters: "same")
    def two():
        return 2

    @flow
    def both():
        return [one(), two()]

    assert both() == [1, 2]


def test_no_key_means_no_cache():
    calls = []

    @task(cache_key_fn=lambda _context, _parameters: None)
    def never():
        calls.append(1)

    @flow
    def twice():
        never()
        never()

    twice()
    assert len(calls) == 2


def test_a_key_function_that_raises_fails_the_task_with_its_own_error(history):
    @task(cache_key_fn=lambda _context, parameters: parameters["y"])
    def works(x):
        return x

    @flow
    def once():
        return works(1)

    with pytest.raises(KeyError, match="y"):
        once()
    assert history.ends() == ["Failed"]


def test_a_failure_is_not_kept_and_is_tried_again():
    calls = []

    @task(cache_key_fn=lambda _context, _parameters: "k", retries=1)
    def flaky():
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("not yet")
        return len(calls)

    @flow
    def twice():
        return [flaky(), flaky()]

    assert twice() == [2, 2]
    assert len(calls) == 2


def test_a_value_that_cannot_be_kept_goes_on_in_memory_and_says_so(history):
    @task(persist_result=True)
    def lock():
        return threading.Lock()

    @flow
    def once():
        lock().acquire()

    once()
    (made,) = history.tasks()
    assert made.state.name == "Completed"
    assert "its value is not kept" in made.state.message
    assert "lock that lock returned" in made.state.message


def test_a_kept_value_is_on_record_and_in_a_private_file(history):
    @task(persist_result=True)
    def many():
        return list(range(10_000))

    @flow
    def once():
        many()

    once()
    (kept,) = history.harness.reader.results(history.run().id)
    assert (kept.number, kept.cache_key, kept.result.serializer) == (1, None, "json")
    (file,) = [path for path in Path(current_settings().results_url).rglob("*") if path.is_file()]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_size == kept.result.size


@pytest.mark.parametrize("harm", ["remove", "change"])
def test_a_kept_value_that_was_harmed_is_made_again(harm, history):
    calls = []

    @task(cache_key_fn=lambda _context, _parameters: "k")
    def many():
        calls.append(1)
        return list(range(10_000))

    @flow
    def once():
        return sum(many())

    once()
    (file,) = [path for path in Path(current_settings().results_url).rglob("*") if path.is_file()]
    if harm == "remove":
        file.unlink()
    else:
        file.write_bytes(b"[]")
    assert once() == sum(range(10_000))
    assert len(calls) == 2


def test_an_async_task_remembers_too():
    calls = []

    @task(cache_key_fn=by_value)
    async def double(x):
        calls.append(x)
        return 2 * x

    @flow
    async def twice():
        return [await double(3), await double(3)]

    assert asyncio.run(twice()) == [6, 6]
    assert calls == [3]


def test_a_place_of_the_users_own(history):
    @task(persist_result=True, result_storage_key="days/{parameters[day]}.json")
    def report(day):
        return {"day": day}

    @flow
    def once():
        report("2013-01-15")

    once()
    assert (Path(current_settings().results_url) / "days" / "2013-01-15.json").is_file()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"cache_key_fn": "k"}, "cache_key_fn"),
        ({"cache_policy": "INPUTS"}, "cache_policy"),
        ({"persist_result": "yes"}, "persist_result"),
        ({"persist_result": False, "cache_key_fn": by_value}, "persist_result"),
        ({"cache_expiration": 5}, "cache_expiration"),
        ({"result_serializer": "json"}, "result_serializer"),
        ({"cache_key_fn": by_value, "cache_expiration": -1}, "cache_expiration"),
        ({"cache_key_fn": by_value, "result_serializer": 3}, "result_serializer"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, named):
    with pytest.raises(BadOption, match=named):
        task(**options)


def test_an_ellipsis_as_key_function_is_taken_as_not_given(caplog):
    @task(retries=3, cache_key_fn=...)
    def works():
        return 1

    assert works() == 1
    assert "cache_key_fn=..." in caplog.text


def test_a_policy_makes_the_key(history):
    @task(cache_policy=INPUTS + TASK_SOURCE - "verbose")
    def square(value, verbose=False):
        return value * value

    @flow
    def squares():
        return [square(4), square(4, verbose=True), square(5), square(4.0)]

    assert squares() == [16, 16, 25, 16.0]
    assert history.ends() == ["Completed", "Cached", "Completed", "Completed"]


def test_a_run_id_in_the_policy_keeps_runs_apart():
    calls = []

    @task(cache_policy=INPUTS + RUN_ID)
    def double(x):
        calls.append(x)
        return 2 * x

    @flow
    def twice():
        return [double(1), double(1)]

    twice()
    twice()
    assert calls == [1, 1]


def test_the_ready_made_key_function(history):
    @task(cache_key_fn=task_input_hash)
    def double(x):
        return 2 * x

    @flow
    def twice():
        return [double([1, {"a": 2}]), double([1, {"a": 2}])]

    twice()
    assert history.ends() == ["Completed", "Cached"]


def test_an_argument_without_a_hash_fails_the_task_and_is_named(history):
    @task(cache_policy=INPUTS)
    def use(lock):
        return 1

    @flow
    def once():
        use(threading.Lock())

    with pytest.raises(UncacheableInput, match="'lock'"):
        once()
    assert history.ends() == ["Failed"]
