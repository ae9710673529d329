"""Event loops that end, and tasks of theirs that others cancel: nothing waits for them for ever."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_flows import ThreadPoolTaskRunner, concurrency, flow, task
from jupyter_flows.authoring.concurrency import set_concurrency_limit
from jupyter_flows.drivers.performer import Performer
from jupyter_flows.model.states import completed
from jupyter_flows.testing import flows_test_harness


@pytest.fixture(autouse=True)
def harness():
    with flows_test_harness() as opened:
        yield opened


@task
def add(number):
    return number + 1


@pytest.mark.parametrize("how", ["futures", "async flow", "slot"])
def test_a_loop_in_a_thread_of_a_pool_gives_that_thread_away_while_it_waits(how):
    runner = ThreadPoolTaskRunner(1)
    set_concurrency_limit("door", 1)
    door = concurrency("door").__enter__()

    async def awaits(number):
        return sum(await asyncio.gather(*(add.submit(number) for _ in range(3))))

    @task
    def opens():
        return door.__exit__(None, None, None)

    async def enters(number):
        opened = opens.submit()
        async with concurrency("door"):
            return await add.submit(number) + 4 + bool(await opened)

    @task
    def loops(number):
        called = {"futures": awaits, "slot": enters, "async flow": flow(task_runner=runner)(awaits)}[how]
        return asyncio.run(called(number))

    @flow(task_runner=runner)
    def runs():
        return loops.submit(1).result()

    assert runs() == 6


def test_a_slot_that_is_granted_to_a_closed_loop_comes_back():
    set_concurrency_limit("door", 1)
    loop = asyncio.new_event_loop()

    async def waits():
        async with concurrency("door"):
            raise AssertionError("it got in")

    with concurrency("door"):
        waiting = loop.create_task(waits())
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
    with concurrency("door", timeout_seconds=10):
        assert flow(lambda: add.submit(1).result())() == 2
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]


def test_an_async_task_that_somebody_cancels_before_it_begins_is_cancelled():
    @task
    async def never():
        raise AssertionError("it began")

    @flow
    async def runs():
        loop, began = asyncio.get_running_loop(), asyncio.Event()
        made = loop.create_task

        def create_task(work, **options):
            begun = made(work, **options)
            begun.cancel()
            began.set()
            return begun

        loop.create_task = create_task  # type: ignore[method-assign]
        future = never.submit()
        await began.wait()
        loop.create_task = made  # type: ignore[method-assign]
        return future

    assert asyncio.run(runs(return_state=True)).name == "Cancelled"


def test_what_raises_at_the_end_of_a_run_keeps_nobody_else_waiting(caplog):
    gate = threading.Event()

    @task
    def held():
        assert gate.wait(10)
        return 1

    def breaks():
        raise RuntimeError("broken")

    @flow
    def runs():
        future = held.submit()
        future._call.add_callback(breaks)
        told = threading.Event()
        future._call.add_callback(told.set)
        gate.set()
        return told.wait(10), future.result()

    assert runs() == (True, 1)
    assert "broken" in caplog.text


def test_a_run_whose_arguments_were_let_go_is_not_begun(monkeypatch):
    begun, real = [], Performer.prepare

    @task
    def defaults(path="everything"):
        begun.append(path)

    @flow
    def runs():
        return defaults("this", return_state=True)

    def ended_just_before(self, effect):
        if self.call.number:
            self.call.settle(completed(0.0))
        return real(self, effect)

    monkeypatch.setattr(Performer, "prepare", ended_just_before)
    runs()
    assert begun == []
