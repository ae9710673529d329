"""Threads that a task starts, and joins: what they wait for finds a place in a pool that is full."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any

import pytest

from jupyter_flows import ThreadPoolTaskRunner, as_completed, flow, task
from jupyter_flows.testing import flows_test_harness
from tests.in_time import PATIENCE, in_time


@pytest.fixture(autouse=True)
def harness():
    with flows_test_harness(mark_delay_seconds=0.01, max_workers=1) as opened:
        yield opened


@task
def add(number: int) -> int:
    return number + 1


def in_an_executor(futures: list[Any]) -> int:
    with ThreadPoolExecutor(2) as threads:
        return sum(threads.map(lambda future: future.result(), futures))


async def awaited(future: Any) -> Any:
    return await future


async def in_a_loops_thread() -> Any:
    return await asyncio.to_thread(add.submit(1).result)


def thread_of(function: Callable[[Any], Any]) -> Callable[[], Any]:
    """Submit here, and do the rest in a thread."""

    def call() -> Any:
        future = add.submit(1)
        return in_time(lambda: function(future))

    return call


OWN_THREADS: dict[str, tuple[Callable[[], Any], int]] = {
    "waits for a future": (thread_of(lambda future: future.result()), 2),
    "waits in time": (thread_of(lambda future: future.result(timeout=PATIENCE)), 2),
    "waits as completed": (thread_of(lambda future: next(as_completed([future])).result()), 2),
    "awaits in a loop": (thread_of(lambda future: asyncio.run(awaited(future))), 2),
    "submits, with the context": (lambda: in_time(partial(copy_context().run, lambda: add.submit(1).result())), 2),
    "submits, as nobody": (lambda: in_time(lambda: add.submit(1).result()), 2),
    "an executor": (lambda: in_an_executor(add.map([1, 2, 3])), 9),
    "asyncio's own": (lambda: asyncio.run(in_a_loops_thread()), 2),
}


@pytest.mark.parametrize(("inside", "wanted"), OWN_THREADS.values(), ids=OWN_THREADS)
def test_a_thread_that_a_task_joins_may_wait_for_runs_of_the_same_full_pool(inside, wanted):
    @task
    def outer() -> Any:
        return inside()

    @flow
    def around() -> Any:
        return outer.submit().result()

    assert in_time(around) == wanted


def test_a_place_is_lent_for_the_length_of_the_wait_only():
    runner = ThreadPoolTaskRunner(1)

    @task
    def outer() -> Any:
        return in_time(add.submit(1).result)

    @flow(task_runner=runner)
    def around() -> Any:
        value = outer.submit().result()
        pool = runner.pool
        assert pool is not None
        return value, pool._extra

    assert in_time(around) == (2, 0)


def test_who_waits_outside_of_all_tasks_is_lent_nothing():
    runner, begun, goes_on = ThreadPoolTaskRunner(1), threading.Event(), threading.Event()

    @task
    def stands() -> int:
        begun.set()
        goes_on.wait(PATIENCE)
        return 1

    @flow(task_runner=runner)
    def around() -> Any:
        first, second = stands.submit(), add.submit(1)
        begun.wait(PATIENCE)
        second.wait(timeout=0.2)
        assert not second.done()
        goes_on.set()
        return first.result() + second.result()

    assert in_time(around) == 3
