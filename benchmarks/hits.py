"""Workloads of cached calls: a direct call whose value is found, and the same call without a cache."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Figures = dict[str, float]

_CALLS = 1_000


def _per_call(**options: Any) -> Figures:
    """Seconds of one direct call of a task with three small arguments, whose value is there where it is cached."""
    from jupyter_flows import flow, task

    @task(**options)
    def load(day: str, limit: int, columns: list[str]) -> int:
        return len(day) + limit + len(columns)

    @flow
    def calls(count: int) -> float:
        load("2013-01-15", 100, ["a", "b"])
        started = time.perf_counter()
        for _ in range(count):
            assert load("2013-01-15", 100, ["a", "b"]) == 112
        return (time.perf_counter() - started) / count

    calls(20)
    return {"seconds": sorted(calls(_CALLS) for _ in range(3))[1]}


def cache_hit() -> Figures:
    """A direct call whose value is found by the key of its inputs."""
    from jupyter_flows import INPUTS

    return _per_call(cache_policy=INPUTS)


def no_cache() -> Figures:
    """The same call without a cache."""
    return _per_call()


def cache_look_up() -> Figures:
    """What a hit does beside its call: the key is made, the row found, the value verified and read."""
    from jupyter_flows import INPUTS, flow, task
    from jupyter_flows.drivers.context import current_frame

    @task(cache_policy=INPUTS)
    def load(day: str, limit: int, columns: list[str]) -> int:
        return len(day) + limit + len(columns)

    @flow
    def look_ups(count: int) -> float:
        arguments = ("2013-01-15", 100, ["a", "b"])
        load(*arguments)
        frame, memory = current_frame(), load.code.memory
        assert frame is not None and memory is not None
        started = time.perf_counter()
        for _ in range(count):
            key = memory.key(frame.call, arguments, {})
            assert key is not None and memory.find(frame.call, key, time.time()) is not None
        return (time.perf_counter() - started) / count

    look_ups(20)
    return {"seconds": sorted(look_ups(_CALLS) for _ in range(3))[1]}


WORKLOADS: dict[str, Callable[[], Figures]] = {
    "cache_hit": cache_hit,
    "no_cache": no_cache,
    "cache_look_up": cache_look_up,
}
