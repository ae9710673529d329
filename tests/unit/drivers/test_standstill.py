"""Runs that wait for one another in a circle are told so by name, and those that only seem to are left alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_flows import as_completed, concurrency, flow, task
from jupyter_flows.authoring.concurrency import set_concurrency_limit
from jupyter_flows.errors import LimitTimeout, WaitsForItself
from jupyter_flows.testing import flows_test_harness
from tests.in_time import PATIENCE, in_time


@pytest.fixture(autouse=True)
def harness():
    with flows_test_harness(mark_delay_seconds=0.01) as opened:
        set_concurrency_limit("door", 1)
        yield opened


@task(tags=["door"])
def enters(number: Any = 1) -> int:
    return number + 1


@task(tags=["door"])
async def enters_later(number: Any = 1) -> int:
    return number + 1


@flow
def through_a_flow() -> int:
    return enters()


def in_a_block() -> int:
    with concurrency("door"):
        return 2


async def in_an_async_block() -> int:
    async with concurrency("door"):
        return 2


async def awaits(value: Any) -> Any:
    return await value


async def gathers() -> Any:
    return await asyncio.gather(enters_later(1), enters_later(2))


INSIDE: dict[str, tuple[Callable[[], Any], str]] = {
    "called": (enters, "enters waits for a slot of 'door' that outer holds"),
    "submitted": (lambda: enters.submit().result(), "outer waits for enters; enters waits for a slot"),
    "mapped": (lambda: enters.map([1, 2]).result(), "] waits for a slot of 'door' that outer holds"),
    "as completed": (lambda: list(as_completed([enters.submit()])), "outer waits for enters; enters waits"),
    "in a flow": (through_a_flow, "enters waits for a slot of 'door' that outer holds"),
    "a block": (in_a_block, "a block of outer waits for a slot of 'door' that outer holds"),
    "behind another": (
        lambda: plain.submit(enters.submit()).result(),
        "plain waits for enters; enters waits for a slot",
    ),
    "behind another, called": (lambda: plain(enters.submit()), "plain waits for enters; enters waits for a slot"),
}
INSIDE_ASYNC: dict[str, tuple[Callable[[], Any], str]] = {
    "awaited": (enters_later, "enters_later waits for a slot of 'door' that outer holds"),
    "submitted": (lambda: awaits(enters_later.submit()), "enters_later waits for a slot of 'door' that outer holds"),
    "gathered": (gathers, "enters_later waits for a slot of 'door' that outer holds"),
    "a block": (in_an_async_block, "a block of outer waits for a slot of 'door' that outer holds"),
}


@task
def plain(value: Any) -> Any:
    return value


@pytest.mark.parametrize(("inside", "words"), INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("how", ["called", "submitted"])
def test_who_waits_for_the_slot_that_it_holds_itself_is_told_so(how, inside, words):
    @task(tags=["door"])
    def outer() -> Any:
        return inside()

    @flow
    def around() -> Any:
        return outer() if how == "called" else outer.submit().result()

    error = in_time(around)
    assert isinstance(error, WaitsForItself)
    assert words in str(error)
    assert in_time(flow(lambda: enters.submit(3).result())) == 4


@pytest.mark.parametrize(("inside", "words"), INSIDE_ASYNC.values(), ids=INSIDE_ASYNC)
@pytest.mark.parametrize("how", ["awaited", "submitted"])
def test_so_is_who_does_in_async_code(how, inside, words):
    @task(tags=["door"])
    async def outer() -> Any:
        return await inside()

    @flow
    async def around() -> Any:
        return await (outer() if how == "awaited" else outer.submit())

    error = in_time(lambda: asyncio.run(around()))
    assert isinstance(error, WaitsForItself)
    assert words in str(error)


@pytest.mark.parametrize("inside", [enters, in_a_block, through_a_flow, lambda: enters.submit().result()])
def test_so_is_who_holds_it_by_a_block(inside):
    def around() -> Any:
        with concurrency("door"):
            return inside()

    for code in (around, flow(around)):
        error = in_time(code)
        assert isinstance(error, WaitsForItself)
        assert "waits for a slot of 'door' that a block of " in str(error)


CIRCLES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "itself": (lambda box: box.future.result(), "outer waits for outer"),
    "a task that it submits": (
        lambda box: plain.submit(box.future).result(),
        "outer waits for plain; plain waits for outer",
    ),
    "a task that it calls": (lambda box: plain(box.future), "outer waits for plain; plain waits for outer"),
    "a task that waits": (
        lambda box: plain.submit(1, wait_for=[plain.submit(box.future)]).result(),
        "outer waits for plain; plain waits for plain; plain waits for outer",
    ),
    "a loop": (lambda box: asyncio.run(awaits(box.future)), "outer waits for outer"),
}


@pytest.mark.parametrize(("waits", "words"), CIRCLES.values(), ids=CIRCLES)
def test_who_waits_for_its_own_end_is_told_so(waits, words):
    box, ready = SimpleNamespace(), threading.Event()

    @task
    def outer() -> Any:
        ready.wait(PATIENCE)
        return waits(box)

    @flow
    def around() -> Any:
        box.future = outer.submit()
        ready.set()
        return box.future.result()

    error = in_time(around)
    assert isinstance(error, WaitsForItself)
    assert words in str(error)


def test_of_two_that_wait_for_each_other_one_is_told_so():
    futures: list[Any] = []
    ready = threading.Event()

    @task(task_run_name="number {number}")
    def other(number: int) -> Any:
        ready.wait(PATIENCE)
        return futures[1 - number].result()

    @flow
    def around() -> Any:
        futures.extend(other.map([0, 1]))
        ready.set()
        return futures[0].result()

    error = in_time(around)
    assert isinstance(error, WaitsForItself)
    assert {"number 0 waits for number 1", "number 1 waits for number 0"} == set(error.steps)


def test_a_wait_with_a_time_limit_is_left_to_it():
    @task(tags=["door"])
    def outer() -> Any:
        inner = enters.submit()
        with pytest.raises(TimeoutError, match="has not ended within"):
            inner.result(timeout=0.2)
        with pytest.raises(LimitTimeout):
            concurrency("door", timeout_seconds=0.2).__enter__()
        return inner

    assert in_time(flow(lambda: outer.submit().result().result())) == 2


def test_those_that_stand_in_line_behind_one_that_goes_on_are_left_alone(harness):
    goes_on, begun = threading.Event(), threading.Event()

    @task(tags=["door"])
    def first() -> int:
        begun.set()
        goes_on.wait(PATIENCE)
        return 1

    @task
    def waits_for_slots() -> Any:
        return enters(1) + in_a_block()

    async def block() -> None:
        async with concurrency("door"):
            await asyncio.sleep(0)

    @flow
    async def blocks() -> None:
        await asyncio.gather(block(), block(), enters_later(1))

    @flow
    def around() -> Any:
        holder = first.submit()
        begun.wait(PATIENCE)
        line = [waits_for_slots.submit(), *enters.map([1, 2]), plain.submit(enters.submit())]
        beside = threading.Thread(target=lambda: asyncio.run(blocks()), daemon=True)
        beside.start()
        looked = threading.Event()
        looks_again(harness.session, looked)
        assert looked.wait(PATIENCE)
        goes_on.set()
        beside.join(PATIENCE)
        return holder.result(), [future.result() for future in line]

    assert in_time(around) == (1, [4, 2, 3, 2])


def test_a_task_that_waits_for_a_long_chain_of_runs_is_looked_at_quickly():
    @task
    def follows(number: Any) -> int:
        return number + 1

    @task
    def waits_for_the_last() -> int:
        future: Any = 0
        for _ in range(2000):
            future = follows.submit(future)
        return future.result()

    @flow
    def around() -> int:
        return waits_for_the_last()

    assert in_time(around) == 2000


def looks_again(session: Any, looked: threading.Event, times: int = 5) -> None:
    """Set an event when the session has looked at the waits some times more."""
    look, left = session.waits.look, [times]

    def count(now: float) -> None:
        look(now)
        left[0] -= 1
        if not left[0]:
            looked.set()

    session.waits.look = count
