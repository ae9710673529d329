"""Programs at random: flows in tasks in flows, plain and async, their futures carried from run to run.

Each of them ends, and gives the sum that plain Python makes of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_flows import TaskFuture, ThreadPoolTaskRunner, allow_failure, as_completed, flow, task
from jupyter_flows.authoring.concurrency import set_concurrency_limit
from jupyter_flows.drivers.held_loops import loop_here
from jupyter_flows.testing import flows_test_harness

DEADLINE = 60.0
ALL_FAILED = 1000


@dataclass(frozen=True)
class Step:
    """Adds up what its inner steps give, and its number; ``how`` says where and in what way."""

    how: str
    number: int
    inner: tuple[Step, ...] = ()


def plainly(step: Step) -> int:
    return step.number + sum(map(plainly, step.inner)) + (ALL_FAILED if step.how == "behind a failure" else 0)


def total(parts: Any) -> int:
    if isinstance(parts, BaseException):
        return ALL_FAILED
    return sum(map(total, parts)) if isinstance(parts, list | tuple) else parts


@task
def add(*parts: Any) -> int:
    return total(parts)


@task
async def add_later(*parts: Any) -> int:
    await asyncio.sleep(0)
    return total(parts)


@task(tags=["door"], timeout_seconds=DEADLINE)
def add_one_at_a_time(*parts: Any) -> int:
    return total(parts)


@task(persist_result=True, on_completion=[lambda *_: None], state_handlers=[lambda *_: None])
async def add_and_keep(*parts: Any) -> int:
    return total(parts)


@task
def fails() -> None:
    raise ValueError("as it should")


@task
def works(step: Step) -> int:
    return step.number + sum(ended(begin(one)) for one in step.inner)


@task
async def works_later(step: Step) -> int:
    return step.number + sum([await ended_later(await begin_later(one)) for one in step.inner])


ADDS: tuple[Any, ...] = (add, add_later, add_one_at_a_time, add_and_keep)


def adds(step: Step) -> Any:
    return ADDS[step.number % len(ADDS)]


def around(step: Step, code: Any) -> Any:
    """A flow of this code, whose tasks have one thread, or share those of everybody."""
    return flow(name="around", task_runner=ThreadPoolTaskRunner(1) if step.number % 2 else None)(code)


def ended(begun: Any) -> int:
    return begun.result() if isinstance(begun, TaskFuture) else begun


async def ended_later(begun: Any) -> int:
    return await begun if isinstance(begun, TaskFuture) else begun


def begin(step: Step) -> Any:
    """Do a step in plain code; it gives its sum, or a future of it."""
    if step.how == "in a task":
        return works(step) if step.number % 2 else works.submit(step)
    if step.how == "in an async task":
        return works_later.submit(step)
    if step.how == "in a flow":
        return around(step, lambda: add.submit(step.number, *map(begin, step.inner)))()
    if step.how == "in an async flow" and loop_here() is None:
        return asyncio.run(around(step, works_later.fn)(step))
    parts = list(map(begin, step.inner))
    if step.how == "called":
        return add(step.number, *parts)
    if step.how == "carried":
        return around(step, lambda: add.submit(step.number, parts))()
    if step.how == "as they end":
        return step.number + sum(
            future.result() for future in as_completed([adds(step).submit(part) for part in parts])
        )
    return submit(step, parts)


def submit(step: Step, parts: list[Any]) -> TaskFuture[Any]:
    if step.how == "mapped":
        return add.submit(step.number, adds(step).map(parts))
    if step.how == "behind a failure":
        return add.submit(step.number, allow_failure(fails.submit()), parts)
    return adds(step).submit(step.number, *parts, wait_for=[part for part in parts if isinstance(part, TaskFuture)])


async def begin_later(step: Step) -> Any:
    """Do a step in async code."""
    if step.how in {"in a task", "in an async task"}:
        return (works if step.how == "in a task" else works_later).submit(step)
    if step.how == "in a flow":
        return begin(step)
    if step.how == "in an async flow":
        return await around(step, works_later.fn)(step)
    parts = [await begin_later(one) for one in step.inner]
    if step.how == "called":
        return add(step.number, *[await ended_later(part) for part in parts])
    if step.how == "carried":

        async def inside() -> Any:
            return add.submit(step.number, parts)

        return await around(step, inside)()
    if step.how == "as they end":
        return step.number + sum(await asyncio.gather(*(ended_later(adds(step).submit(part)) for part in parts)))
    return submit(step, parts)


HOWS = (
    *("called", "submitted", "mapped", "carried", "as they end", "behind a failure"),
    *("in a task", "in an async task", "in a flow", "in an async flow"),
)
LEAVES = st.builds(Step, st.sampled_from(["called", "submitted"]), st.integers(0, 9))
PROGRAMS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        Step, st.sampled_from(HOWS), st.integers(0, 9), st.lists(inner, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module", autouse=True)
def store() -> Iterator[None]:
    with flows_test_harness():
        set_concurrency_limit("door", 1)
        yield


def result_of(program: Step, way: str) -> Any:
    """Run a program in a thread of its own, so that one which hangs fails the test."""
    ends: list[Any] = []

    def run() -> None:
        try:
            if way == "async flow":
                ends.append(asyncio.run(around(program, works_later.fn)(Step("", 0, (program,)))))
            else:
                ends.append(ended(begin(program)) if way == "no flow" else around(program, begin)(program))
        except BaseException as error:
            ends.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    return ends[0] if ends else "it hangs"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(program=PROGRAMS, way=st.sampled_from(["flow", "async flow", "no flow"]))
def test_a_program_ends_as_plain_python_does(program: Step, way: str) -> None:
    assert result_of(program, way) == plainly(program)
