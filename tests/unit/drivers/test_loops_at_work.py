"""Loops that user code closes, or does not run on: whoever waits for what was under way there is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_flows import flow, task
from jupyter_flows.drivers.loops_at_work import CLOSED
from jupyter_flows.errors import RunCancelled, RunCrashed
from jupyter_flows.testing import flows_test_harness

PATIENCE = 30


@pytest.fixture(autouse=True)
def harness():
    with flows_test_harness(poll_seconds=0.02) as opened:
        yield opened


@task
async def never_ends(begun: asyncio.Semaphore) -> None:
    begun.release()
    await asyncio.Event().wait()


@task
def same(value: Any) -> Any:
    return value


@flow
async def leaves_behind(box: Any, begun: asyncio.Semaphore) -> None:
    box += [never_ends.submit(begun)]
    box += [same.submit(box[0])]
    await never_ends(begun)


@pytest.fixture
def left_on_a_loop():
    """A loop with a flow run and two task runs under way on it, and a third that waits for one of them."""
    loop, box = asyncio.new_event_loop(), []
    loop.set_exception_handler(lambda *_: None)  # asyncio says so too
    begun = asyncio.Semaphore(0)
    left = loop.create_task(leaves_behind(box, begun))
    for _ in range(2):
        loop.run_until_complete(begun.acquire())
    yield loop, box
    if not loop.is_closed():
        left.cancel()
        loop.run_until_complete(asyncio.gather(left, return_exceptions=True))
        loop.close()


def test_what_was_under_way_on_a_loop_that_is_closed_ends_as_crashed(left_on_a_loop, harness):
    loop, (first, behind) = left_on_a_loop
    loop.close()
    with pytest.raises(RunCrashed, match=CLOSED):
        first.result(timeout=PATIENCE)
    with pytest.raises((RunCancelled, RunCrashed), match=CLOSED):
        behind.result(timeout=PATIENCE)
    (run,) = harness.reader.flow_runs(_all())
    assert (run.state.name, run.state.message) == ("Crashed", CLOSED)


def test_a_loop_that_stands_still_is_not_waited_for_in_its_own_thread(left_on_a_loop):
    _, (first, behind) = left_on_a_loop
    with pytest.raises(RuntimeError, match="never_ends runs on an event loop of this thread that is not running"):
        first.result(timeout=PATIENCE)
    with pytest.raises(RuntimeError, match="same waits for never_ends, which runs on an event loop of this thread"):
        behind.result(timeout=PATIENCE)


def test_what_is_pending_when_asyncio_run_ends_is_cancelled(harness):
    @task
    async def never_ends_once(begun: asyncio.Event) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def main() -> Any:
        begun = asyncio.Event()
        background = asyncio.ensure_future(never_ends_once(begun))
        await begun.wait()
        return background

    assert asyncio.run(main()).cancelled()
    (run,) = harness.reader.flow_runs(_all())
    assert run.state.name == "Cancelled"


def _all() -> Any:
    from jupyter_flows.model.runs import RunFilter

    return RunFilter(standalone=True)
