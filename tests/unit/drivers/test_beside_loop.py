"""What is done beside an event loop: hooks, look-ups and the keeping of values of async tasks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_flows import flow, task
from jupyter_flows.drivers.beside_loop import beside
from jupyter_flows.testing import flows_test_harness

AT_EXIT = """
import asyncio
from jupyter_flows import task

async def hooked(task, run, state):
    print("async hook", state.name)

@task(persist_result=True, on_completion=[lambda task, run, state: print("hook", state.name), hooked])
async def ends_late():
    await asyncio.sleep(0.2)
    return [1]

ends_late.submit()
"""


@pytest.fixture
def harness():
    with flows_test_harness() as opened:
        yield opened


def test_a_value_or_an_error_comes_back():
    async def both():
        with pytest.raises(StopAsyncIteration, match="over"):
            await beside(throws)
        return await beside(max, 1, 2)

    def throws():
        raise StopAsyncIteration("over")

    assert asyncio.run(both()) == 2


def test_what_a_run_needs_at_its_end_does_not_queue_behind_who_waits_for_it(harness):
    @task(persist_result=True, on_completion=[lambda task, run, state: None])
    async def later(number):
        await asyncio.sleep(0)
        return number

    @flow
    async def runs():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        futures = [later.submit(number) for number in range(3)]
        return await asyncio.gather(*(asyncio.to_thread(future.result) for future in futures))

    assert asyncio.run(runs()) == [0, 1, 2]


def test_an_async_task_of_no_flow_ends_with_its_hooks_though_the_interpreter_does():
    ended = subprocess.run([sys.executable, "-c", AT_EXIT], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout.split("\n")[:2]) == (0, ["hook Completed", "async hook Completed"])
    assert ended.stderr == ""
