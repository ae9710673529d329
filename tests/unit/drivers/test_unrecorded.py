"""Forked children: what they call runs and is not recorded; what they cannot see the end of is refused by name."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_flows import allow_failure, as_completed, flow, task, wait
from jupyter_flows.errors import RunOfParentProcess
from jupyter_flows.model.signals import Completed, Failed
from jupyter_flows.testing import flows_test_harness

PATIENCE = 30


@pytest.fixture(autouse=True)
def harness():
    with flows_test_harness() as opened:
        yield opened


def in_child(function: Callable[[], Any]) -> Any:
    """Call a function in a forked child, which is killed when it does not come to an end; give what it gave."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE)
        try:
            answer: Any = function()
        except BaseException as error:
            answer = error
        os.write(writing, pickle.dumps(answer))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child came to no end: {status}"
    return pickle.loads(said)


@task
def add(number: Any) -> int:
    return number + 1


@task
async def add_later(number: int) -> int:
    return number + 1


@task
def count(number: int) -> Any:
    yield from range(number)


@task
def fails() -> None:
    raise Failed("as it should")


@task
def says_completed() -> Any:
    return Completed(data=5)


@flow
def adds(number: Any) -> int:
    return add(number)


@flow
async def adds_later(number: int) -> int:
    return await add_later(number)


ASKED: dict[str, Callable[[Any], Any]] = {
    "result": lambda future: future.result(),
    "result in no time": lambda future: future.result(timeout=0),
    "wait": lambda future: future.wait(),
    "state": lambda future: future.state,
    "done": lambda future: future.done(),
    "callback": lambda future: future.add_done_callback(print),
    "wait for many": lambda future: wait([future]),
    "as completed": lambda future: list(as_completed([future])),
    "await": lambda future: asyncio.run(awaited(future)),
    "given to a task": add,
    "given to a flow": adds,
    "waited for by a task": lambda future: add(1, wait_for=[future]),
}


async def awaited(future: Any) -> Any:
    return await future


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_child_is_told_that_it_will_not_see_the_end_of_its_parents_run(ask):
    goes_on = threading.Event()

    @task
    def waits() -> int:
        goes_on.wait(PATIENCE)
        return 7

    @flow
    def forks() -> Any:
        future = waits.submit()
        refused = in_child(lambda: ask(future))
        goes_on.set()
        return refused, future.result()

    refused, value = forks()
    assert isinstance(refused, RunOfParentProcess)
    assert f"waits runs in process {os.getpid()}" in str(refused)
    assert value == 7


def test_a_child_reads_what_had_ended_before_the_fork():
    @flow
    def forks() -> Any:
        future = add.submit(1).wait()
        return in_child(lambda: (future.result(), future.done(), add(future), adds(future)))

    assert forks() == (2, True, 3, 3)


CALLED: dict[str, tuple[Callable[[], Any], Any]] = {
    "a task": (lambda: add(1), 2),
    "a flow": (lambda: adds(1), 2),
    "an async task": (lambda: asyncio.run(add_later(1)), 2),
    "an async flow": (lambda: asyncio.run(adds_later(1)), 2),
    "a generator": (lambda: count(3), [0, 1, 2]),
    "a state that a task returns": (says_completed, 5),
    "the state of a task": (lambda: add(1, return_state=True).name, "Completed"),
    "the state of a task that fails": (lambda: fails(return_state=True).message, "as it should"),
    "the state of a flow": (lambda: adds(1, return_state=True).data, 2),
    "a submitted task": (lambda: add.submit(1).result(), 2),
    "a submitted async task": (lambda: add_later.submit(1).result(), 2),
    "a map": (lambda: add.map([1, 2]).result(), [2, 3]),
    "its own future": (lambda: add(allow_failure(add.submit(1))), 3),
}


@pytest.mark.parametrize(("called", "wanted"), CALLED.values(), ids=CALLED)
def test_what_a_child_calls_works_as_anywhere(called, wanted):
    @flow
    def forks() -> Any:
        add(1)
        return in_child(called)

    assert forks() == wanted


def test_a_child_needs_no_lock_that_another_thread_held_at_the_fork():
    from jupyter_flows import wiring
    from jupyter_flows.drivers import beside_loop, loops

    held, goes_on = threading.Barrier(2), threading.Event()

    def hold() -> None:
        with wiring._making, beside_loop._making, loops._starting:
            held.wait(PATIENCE)
            goes_on.wait(PATIENCE)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(PATIENCE)
    try:
        assert in_child(lambda: (add.submit(1).result(), add_later.submit(2).result(), adds(3))) == (2, 3, 4)
    finally:
        goes_on.set()
        holder.join()
