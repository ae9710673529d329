"""What a type checker knows of decorated functions. `assert_type` does nothing at run time; pyright checks it."""

from __future__ import annotations

import asyncio
from typing import assert_type

import pytest

from jupyter_flows import Flow, Task, TaskFuture, flow, task
from jupyter_flows.drivers.futures import FutureList
from jupyter_flows.testing import flows_test_harness


@task
def count(text: str, times: int = 1) -> int:
    return len(text) * times


@task(retries=1)
async def fetch(name: str) -> bytes:
    return name.encode()


@flow
def report(day: str) -> dict[str, int]:
    return {day: count(day)}


@flow(name="later")
async def later(day: str) -> list[str]:
    return [day]


class Shop:
    @task
    def sell(self, what: str) -> float:
        return float(len(what))

    @flow
    def day(self, n: int) -> str:
        return str(n)


@pytest.fixture(autouse=True)
def _harness():
    with flows_test_harness("memory"):
        yield


def test_a_decorated_function_keeps_its_signature():
    assert_type(count("a"), int)
    assert_type(count("a", times=2), int)
    assert_type(count.fn("a"), int)
    assert_type(report("monday"), dict[str, int])
    assert isinstance(report, Flow) and isinstance(count, Task)


def test_a_submitted_task_gives_a_future_of_its_value():
    assert_type(count.submit("a"), TaskFuture[int])
    assert_type(count.submit("a").result(), int)
    assert_type(count.map(["a", "b"]), FutureList[int])
    assert_type(count.map(["a", "b"]).result(), list[int])
    assert_type(count("a", wait_for=[]), int)


def test_an_async_task_gives_its_value_when_awaited():
    async def awaits() -> None:
        assert_type(await fetch("a"), bytes)
        assert_type(await later("a"), list[str])

    asyncio.run(awaits())
    assert_type(fetch.submit("a"), TaskFuture[bytes])
    assert_type(fetch.submit("a").result(), bytes)
    assert_type(fetch.map(["a"]), FutureList[bytes])


def test_a_method_is_called_without_its_self():
    shop = Shop()
    assert_type(shop.sell("ab"), float)
    assert_type(shop.sell.submit("ab"), TaskFuture[float])
    assert_type(shop.day(3), str)


def test_changed_options_change_no_type():
    assert_type(count.with_options(retries=2)("a"), int)
    assert_type(report.with_options(name="x")("a"), dict[str, int])
