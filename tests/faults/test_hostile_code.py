"""User code that raises what nobody should raise: each run has one final state, nobody hangs, the next flow works."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_flows import flow, task
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader
from jupyter_flows.wiring import current_session, use_session


@pytest.fixture
def reader(tmp_path):
    settings = load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)})
    use_session(settings)
    opened = open_reader(settings)
    yield opened
    use_session(None)
    opened.close()


class Unpicklable(Exception):
    def __init__(self) -> None:
        super().__init__("holds a lock")
        self.lock = threading.Lock()

    def __reduce__(self):
        raise TypeError("no")


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError("no str")

    __repr__ = __str__


class Untrue(Exception):
    def __bool__(self):
        raise ValueError("no truth")

    def __eq__(self, other):
        raise ValueError("no likeness")

    __hash__ = None  # type: ignore[assignment]


class Own(BaseException):
    pass


LONG = "x" * 1_000_000
ERRORS = [
    StopIteration("end"),
    StopAsyncIteration("end"),
    GeneratorExit("end"),
    SystemExit(3),
    Unpicklable(),
    Unspeakable(),
    Untrue(),
    Own("a base"),
    ExceptionGroup("several", [ValueError("one"), Unspeakable()]),
    RecursionError("deep"),
    MemoryError(),
    ValueError("half a pair \ud800 and \0"),
    ValueError(LONG),
    asyncio.CancelledError("of some other loop"),
    KeyboardInterrupt("of its own"),
]
INTERRUPTIONS = (KeyboardInterrupt, asyncio.CancelledError)


def name_of(error):
    return f"{type(error).__name__}{len(error.args[0]) if error.args and isinstance(error.args[0], str) else ''}"


def raising(error):
    @task
    def bad(x=0):
        raise error

    return bad


def word(error):
    return "Cancelled" if isinstance(error, INTERRUPTIONS) else "Failed"


def states(reader, **wanted):
    (run,) = reader.flow_runs(RunFilter(**wanted))
    return run.state.name, [child.state.name for child in reader.task_runs(run.id)]


def the_next_flow_works():
    @task
    def fine(x):
        return x

    @flow
    def after():
        return fine(1) + fine.submit(2).result()

    assert after() == 3
    assert not current_session().live_runs()


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
def test_a_direct_call_that_raises_hands_the_very_error_on(error, reader):
    bad = raising(error)

    @flow
    def body():
        bad()

    with pytest.raises(type(error)) as caught:
        body()
    assert caught.value is error
    assert states(reader) == (word(error), [word(error)])
    the_next_flow_works()


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
def test_a_submitted_task_that_raises_hands_the_very_error_on(error, reader):
    bad = raising(error)

    @flow
    def body():
        children = bad.map([1, 2, 3])
        assert [child.state.name for child in children.wait()] == [word(error)] * 3
        assert children[0].result(raise_on_failure=False) is error
        children[1].result()

    with pytest.raises(type(error)) as caught:
        body()
    assert caught.value is error
    assert states(reader) == (word(error), [word(error)] * 3)
    the_next_flow_works()


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
def test_an_async_task_that_raises_hands_its_error_on(error, reader):
    @task
    async def bad():
        raise error

    @flow
    async def body():
        child = bad.submit()
        await bad(return_state=True)
        await child

    with pytest.raises(BaseException) as caught:
        asyncio.run(body())
    python_changes_it = isinstance(error, StopIteration)
    fatal_to_a_loop = isinstance(error, KeyboardInterrupt | SystemExit)
    assert type(caught.value) in {RuntimeError if python_changes_it else type(error), KeyboardInterrupt}
    run, children = states(reader)
    assert run == word(error) or fatal_to_a_loop
    assert set(children) <= {word(error), "Cancelled"}
    the_next_flow_works()


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
def test_a_flow_body_that_raises_hands_the_very_error_on(error, reader):
    @task
    def fine():
        return 1

    @flow
    def body():
        fine()
        fine.submit()
        raise error

    with pytest.raises(type(error)) as caught:
        body()
    assert caught.value is error
    run, children = states(reader)
    assert run == word(error)
    assert children[0] == "Completed"
    assert children[1] in {"Completed", "Cancelled"}
    the_next_flow_works()


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
def test_a_raising_argument_or_value_is_harmless(error, reader):
    @task
    def same(x):
        return x

    @flow
    def body():
        return [same(error), same.submit(error).result(), same.map([error]).result()[0]]

    assert all(value is error for value in body())
    assert states(reader) == ("Completed", ["Completed"] * 3)


@pytest.mark.parametrize("error", [ValueError("no"), Unspeakable(), SystemExit(3), StopIteration()], ids=name_of)
def test_a_hook_that_raises_changes_nothing(error, reader):
    called = []

    def hook(subject, run, state):
        called.append(state.name)
        raise error

    @task(on_completion=hook, on_running=hook)
    def fine(x):
        return x

    @task(on_failure=[hook, hook])
    def bad():
        raise KeyError("bad")

    @flow(on_completion=hook, on_running=hook)
    def body():
        states = [bad(return_state=True), bad.submit().wait().state]
        return fine(1) + fine.submit(2).result() + len(states)

    assert body() == 5
    assert states(reader) == ("Completed", ["Failed", "Failed", "Completed", "Completed"])
    assert sorted(called) == ["Completed"] * 3 + ["Failed"] * 4 + ["Running"] * 3
    the_next_flow_works()


@pytest.mark.parametrize("error", [ValueError("no"), Unspeakable(), SystemExit(3)], ids=name_of)
def test_an_async_hook_that_raises_changes_nothing(error, reader):
    async def hook(subject, run, state):
        raise error

    @task(on_completion=hook)
    async def fine(x):
        return x

    @flow(on_completion=hook)
    async def body():
        return await fine(1) + await fine.submit(2)

    assert asyncio.run(body()) == 3
    assert states(reader) == ("Completed", ["Completed", "Completed"])


@pytest.mark.parametrize("error", [ValueError("no"), Unspeakable(), SystemExit(3), StopIteration()], ids=name_of)
def test_a_retry_condition_that_raises_means_no_retry(error, reader):
    def condition(subject, run, state):
        raise error

    @task(retries=2, retry_condition_fn=condition)
    def bad():
        raise KeyError("bad")

    @flow
    def body():
        return bad(return_state=True), bad.submit().wait().state

    assert body(return_state=True).is_failed()
    assert states(reader) == ("Failed", ["Failed", "Failed"])
    the_next_flow_works()


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3)], ids=name_of)
def test_a_generator_task_that_raises_half_way_fails(error, reader):
    @task
    def some():
        yield 1
        raise error

    @flow
    def body():
        return some.submit().wait().state.name

    assert body() == "Failed"
    assert states(reader)[1] == ["Failed"]
