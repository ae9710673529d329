"""Event loops and plain calls: what would hold a loop up for itself is refused, the rest finds another loop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_flows import as_completed, flow, task, wait
from jupyter_flows.testing import flows_test_harness


@pytest.fixture(autouse=True)
def harness():
    with flows_test_harness() as opened:
        yield opened


@task
def add(number: Any) -> Any:
    return number + 1


@task
async def add_later(number: Any) -> Any:
    await asyncio.sleep(0)
    return number + 1


@flow
def same(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("wait_for_it", "whose"),
    [
        (lambda future: future.result(), "add_later runs"),
        (lambda future: list(as_completed([future])), "add_later runs"),
        (lambda future: wait([future]), "add_later runs"),
        (same, "add_later runs"),
        (add, "add waits for add_later"),
        (lambda future: add(add.submit(future)), "add waits for add_later"),
        (lambda future: add.submit(add.submit(future)).result(), "add waits for add_later"),
        (lambda future: add_later.submit(add.submit(1), wait_for=[future]).result(), "add_later runs"),
        (lambda future: add.submit(1, wait_for=[future]).wait(), "add waits for add_later"),
    ],
    ids=["result", "as completed", "wait", "flow", "called", "between", "deep", "async", "waited for"],
)
@pytest.mark.parametrize("runner", ["threads", "sequential"])
def test_a_loop_is_not_held_up_for_what_it_must_run_itself(runner, wait_for_it, whose):
    @flow(task_runner=runner)
    async def runs():
        future = add_later.submit(1)
        with pytest.raises(RuntimeError, match=f"({whose}|add_later runs).* on this event loop"):
            wait_for_it(future)
        return await future

    assert asyncio.run(runs()) == 2


def test_what_has_ended_is_waited_for_no_more():
    @flow
    async def runs():
        future = add_later.submit(1)
        after = add.submit(future)
        assert wait([after], timeout=0).not_done == {after}  # to ask is not to wait
        await future
        return add(future), after.result()

    assert asyncio.run(runs()) == (3, 3)


@flow
def awaits_two(number: Any) -> Any:
    return add.submit(add_later.submit(number)).result()


@flow
def awaits_none(number: Any) -> Any:
    add_later.submit(number)
    return number + 2


@task
def hops(number: Any) -> Any:
    return awaits_two.fn(number)


@flow
def awaits_through_a_thread(number: Any) -> Any:
    return hops.submit(number).result()


@pytest.mark.parametrize("called", [awaits_two, awaits_none, awaits_through_a_thread, hops], ids=lambda one: one.name)
@pytest.mark.parametrize("how", ["in a task of a flow", "in a task of an async flow", "in an async flow"])
def test_async_tasks_behind_a_plain_call_in_async_code_run_on_another_loop(how, called):
    @task
    async def calls(number: Any) -> Any:
        return called(number)

    @flow
    def plain():
        return calls.submit(1).result()

    @flow
    async def later():
        return await calls.submit(1) if how == "in a task of an async flow" else called(1)

    assert (plain() if how == "in a task of a flow" else asyncio.run(later())) == 3
