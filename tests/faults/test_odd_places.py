"""Runs in odd places: finalizers, signal handlers, generators that are closed, the end of the interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_flows import ThreadPoolTaskRunner, concurrency, flow, task
from jupyter_flows.drivers import loops
from jupyter_flows.testing import flows_test_harness
from tests.in_time import PATIENCE, in_time

ROOT = Path(__file__).parents[2]


@pytest.fixture
def harness():
    with flows_test_harness() as opened:
        yield opened


@pytest.fixture
def limited() -> Iterator[None]:
    """End what hangs in the main thread."""

    def give_up(*_: Any) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@task
def add(number: int) -> int:
    return number + 1


@task
async def add_later(number: int) -> int:
    return number + 1


@flow
def adds(number: int) -> int:
    return add(number)


class CallsInTheEnd:
    """Calls something when Python lets it go, which may be in any thread; ``said`` is what came of it."""

    said: list[Any]

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call

    def __del__(self) -> None:
        try:
            self.said.append(self.call())
        except RuntimeError as error:
            self.said.append(error)


def slot() -> int:
    with concurrency("none"):
        return 2


@task
def takes(_value: Any) -> int:
    return 1


@pytest.mark.parametrize("call", [lambda: add(1), lambda: adds(1), slot], ids=["task", "flow", "slot"])
def test_a_finalizer_in_the_thread_that_all_need_is_told_so(call, harness):
    CallsInTheEnd.said = said = []

    @flow
    def lets_go() -> Any:
        return takes.submit(CallsInTheEnd(call)).result() + takes.submit(2).result() + add(1)

    assert in_time(lets_go) == 4
    assert in_time(lambda: adds(1)) == 2
    ((error,),) = [said]
    assert error == 2 or "cannot be waited for in the thread that every run needs" in str(error)


def test_a_finalizer_may_submit(harness):
    CallsInTheEnd.said = said = []

    @flow
    def lets_go() -> Any:
        return takes.submit(CallsInTheEnd(lambda: add.submit(1))).result()

    assert in_time(lets_go) == 1
    in_time(lambda: adds(1))
    (future,) = said
    assert future.result(timeout=PATIENCE) == 2


def test_a_signal_handler_calls_flows_whatever_it_interrupts(harness, limited):
    runner, said = ThreadPoolTaskRunner(1), []

    @flow(task_runner=runner)
    def handled() -> Any:
        return add(1) + add.submit(2).result() + add_later.submit(3).result()

    before = signal.signal(signal.SIGUSR1, lambda *_: said.append(handled()))
    try:
        with runner._making, harness.session._starting, loops._starting, harness.session.limits._opening:
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert said == [9]


def test_a_generator_that_is_closed_half_way_may_call_tasks_to_the_end(harness, limited):
    ended: list[int] = []

    def numbers() -> Any:
        try:
            yield add(1)
            yield add(2)
        finally:
            ended.append(add(3) + add.submit(4).result())

    @task
    def some() -> Any:
        yield from numbers()
        raise GeneratorExit

    @flow
    def body() -> Any:
        half = numbers()
        next(half)
        half.close()
        return some.submit().wait().state.name, some(return_state=True).name

    assert body() == ("Failed", "Failed")
    assert ended == [9, 9, 9]


def test_who_stops_waiting_leaves_nothing_behind(harness, limited):
    goes_on, times = threading.Event(), SimpleNamespace(out=0)

    @task
    def waits() -> int:
        goes_on.wait(PATIENCE)
        return 5

    @flow
    def asks() -> Any:
        future = waits.submit()

        def ask() -> None:
            for _ in range(50):
                with pytest.raises(TimeoutError):
                    future.result(timeout=0)
                with pytest.raises(TimeoutError):
                    future.result(timeout=0.0001)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        times.out = len(future._call.callbacks)
        goes_on.set()
        return future.result()

    assert asks() == 5
    assert times.out == 0


BEGIN = """
    import asyncio, atexit, threading

    def late():
        print(adds(1), asyncio.run(adds_later(1)), lone.submit(2).result(), lone.map([3]).result())
"""
REST = """
    from jupyter_flows import flow, task

    @task
    def lone(number):
        return number + 1

    @task
    async def lone_later(number):
        return number + 1

    @flow
    def adds(number):
        return lone(number) + lone.submit(number).result() + lone_later.submit(number).result()

    @flow
    async def adds_later(number):
        return await lone_later(number) + await lone.submit(number)

    adds(1)
"""
LATE = {
    "a handler from before the import": (f"{BEGIN}\n    atexit.register(late)\n{REST}"),
    "a thread that outlives the main one": f"""{BEGIN}{REST}
    def outlives():
        threading.main_thread().join()
        late()

    threading.Thread(target=outlives).start()
""",
}


@pytest.mark.parametrize("program", LATE.values(), ids=LATE)
def test_runs_go_on_at_the_interpreters_end(program, tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=tmp_path,
        env={**os.environ, "JUPYTER_FLOWS_DIR": str(tmp_path / "flows"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("6 4 3 [4]\n", "")
