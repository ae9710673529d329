"""Taking a run up again: what is re-used, what runs again and why, and what is refused."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportFunctionMemberAccess=false, reportOperatorIssue=false, reportIndexIssue=false

from __future__ import annotations

import asyncio
import textwrap
import threading
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pydantic
import pytest

from jupyter_flows import Flow, Parameter, Skipped, flow, task, unmapped
from jupyter_flows.authoring.history import find_run, latest_run
from jupyter_flows.errors import CannotResume, RunNotFound
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.model.states import TRANSITIONS
from jupyter_flows.services.recovery import told
from jupyter_flows.signals import SKIP
from jupyter_flows.testing import FakeClock
from jupyter_flows.wiring import use_session

calls: list[Any] = []
broken: set[str] = set()


@pytest.fixture(autouse=True)
def fresh(harness):
    """Begin broken; in the end every run's states must be told in full, and each move be a legal one."""
    calls.clear()
    broken.clear()
    broken.add("boom")
    yield
    for run in harness.reader.flow_runs(RunFilter(limit=1_000)):
        numbers = [0, *(one.number for one in harness.reader.task_runs(run.id))]
        for changes in ([*harness.reader.states(run.id, number)] for number in numbers):
            told = [(change.version, change.state.name) for change in changes]
            assert [version for version, _ in told] == list(range(1, len(told) + 1)), told
            kinds = [change.state.kind for change in changes]
            assert all(after in TRANSITIONS[before] for before, after in pairwise(kinds)), told


@task
def value(x: Any) -> Any:
    calls.append(x)
    return x


@task
def boom(x: Any = None) -> Any:
    """Fails until the test mends it."""
    calls.append("boom")
    if "boom" in broken:
        raise ValueError("not yet")
    return x


@task(persist_result=True)
def kept(x: Any) -> Any:
    calls.append(x)
    return bytes(5_000) + bytes([x])


def failed_run(of, *args: Any, **kwargs: Any) -> None:
    """Run a flow, which must fail, and mend what failed."""
    state = of(*args, return_state=True, **kwargs)
    assert state.is_failed(), state
    broken.clear()
    calls.clear()


def said(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "jupyter_flows.resume"]


def in_a_new_process(harness) -> None:
    """Let go of the session and all that it holds in memory."""
    use_session(harness.settings)


@pytest.mark.parametrize("harness", [{"store": "sqlite"}, {"store": "memory"}], indirect=True, ids=["sqlite", "memory"])
@pytest.mark.parametrize("result", [1, "text", None, True, 1.5, [1, {"a": None}], {}, "", 0])
def test_a_small_value_is_re_used_as_it_was(result, harness, history):
    @flow
    def f():
        return value(result), boom(2)

    failed_run(f)
    before = history.tasks()[0]
    assert f.resume(history.run().id) == (result, 2)
    assert calls == ["boom"]
    first, second = history.tasks()
    assert first == before
    assert history.ends() == ["Completed", "Completed"]
    assert (first.attempts, second.attempts, history.run().attempts) == (1, 2, 2)
    assert history.states(2) == [
        "Pending", "Running", "Failed", "Scheduled", "Pending", "Retrying", "Completed",
    ]  # fmt: skip
    assert history.states(0) == ["Pending", "Running", "Failed", "Scheduled", "Retrying", "Completed"]
    assert history.states(1) == ["Pending", "Running", "Completed"]


def test_what_is_re_used_and_what_runs_again_is_said_with_the_reason(history, caplog):
    caplog.set_level("INFO")

    @task
    def large(x):
        calls.append(x)
        return "x" * 5_000

    @task
    def unlucky():
        raise RuntimeError("of its own")

    @flow
    def f():
        assert [value(1), kept(2), large("large")]
        unlucky.submit().wait()
        boom()

    failed_run(f)
    caplog.clear()
    run = history.run()
    f.resume(run.id)
    assert calls == ["large", "boom"]
    assert said(caplog) == [
        f"resuming {run.name} (Failed), attempt 2: 2 finished task runs are re-used, 3 run again",
        "runs again: large: it completed, but its value was not kept (persist_result=True keeps it)",
        "runs again: unlucky: it failed: RuntimeError: of its own",
        "runs again: boom: it failed: ValueError: not yet",
    ]
    assert [line.message for line in history.logs() if line.message in said(caplog)] == said(caplog)


def test_a_value_in_a_file_is_loaded_and_not_made_again(harness, history):
    @flow
    def f():
        return kept(7)[-1], boom()

    failed_run(f)
    in_a_new_process(harness)
    assert f.resume(history.run().name) == (7, None)
    assert calls == ["boom"]


def only_file(harness) -> Path:
    (found,) = [path for path in (harness.settings.flows_dir / "results").rglob("*") if path.is_file()]
    return found


def corrupt(harness) -> None:
    content = bytearray(only_file(harness).read_bytes())
    content[100] ^= 1
    only_file(harness).write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda harness: only_file(harness).unlink(), "No such file"),
        (corrupt, "its content is not what was kept"),
        (lambda harness: only_file(harness).write_bytes(b""), "bytes"),
    ],
    ids=["missing", "corrupt", "empty"],
)
def test_a_file_that_is_lost_makes_its_task_run_again_and_the_reason_is_said(harm, reason, harness, history, caplog):
    caplog.set_level("INFO")

    @flow
    def f():
        return kept(7)[-1], boom()

    failed_run(f)
    harm(harness)
    assert f.resume(history.run().id) == (7, None)
    assert calls == [7, "boom"]
    (line,) = [line for line in said(caplog) if line.startswith("runs again: kept")]
    assert reason in line
    assert [change.state.name for change in harness.reader.states(history.run().id, 1)] == [
        "Pending", "Running", "Completed", "Scheduled", "Pending", "Retrying", "Completed",
    ]  # fmt: skip
    broken.add("boom")
    assert only_file(harness).stat().st_size > 5_000


def swap(first: Path, second: Path) -> None:
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)


def test_files_that_were_swapped_are_found_out_and_made_again(harness, history):
    @flow
    def f():
        return kept(1)[-1], kept(2)[-1], boom()

    failed_run(f)
    swap(*[path for path in (harness.settings.flows_dir / "results").rglob("*") if path.is_file()])
    assert f.resume(history.run().id) == (1, 2, None)
    assert calls == [1, 2, "boom"]


def test_without_the_key_nothing_that_was_kept_is_loaded(harness, history, monkeypatch, tmp_path, caplog):
    caplog.set_level("INFO")
    monkeypatch.setenv("JUPYTER_FLOWS_RESULT_KEY_FILE", str(tmp_path / "key"))
    in_a_new_process(harness)

    @flow
    def f():
        return kept(1)[-1], value(2), boom()

    failed_run(f)
    (tmp_path / "key").unlink()
    in_a_new_process(harness)
    assert f.resume(history.run().id) == (1, 2, None)
    assert calls == [1, "boom"]
    (line,) = [line for line in said(caplog) if line.startswith("runs again: kept")]
    assert "if the key file was lost or replaced, what was kept before is out of reach" in line


def test_a_large_value_from_the_cache_comes_from_there_again(history):
    @task(cache_key_fn=lambda _context, _parameters: "the key")
    def cached():
        calls.append("cached")
        return bytes(5_000)

    @flow
    def f():
        return len(cached()), boom()

    @flow
    def fill():
        cached()

    fill()
    calls.clear()
    state = f(return_state=True)
    assert state.is_failed()
    broken.clear()
    calls.clear()
    (run,) = [run for run in history.runs() if run.flow == "f"]
    assert f.resume(run.id) == (5_000, None)
    assert calls == ["boom"]


def test_a_file_that_is_lost_after_the_plan_makes_its_task_run_again(harness, history, caplog):
    @task
    def take_away():
        only_file(harness).unlink()

    @flow
    def f():
        if not broken:
            take_away()
        return kept(7)[-1], boom()

    failed_run(f)
    assert f.resume(history.run().id) == (7, None)
    assert calls == [7, "boom"]
    assert any(line.message.startswith("runs again: ") and line.number == 1 for line in history.logs())


def test_tasks_that_are_asked_for_run_again(history, caplog):
    caplog.set_level("INFO")

    @flow
    def f():
        return value(1), value(2), kept(3)[-1], boom()

    failed_run(f)
    assert f.resume(history.run().id, again=["value"]) == (1, 2, 3, None)
    assert calls == [1, 2, "boom"]
    assert "runs again: value: asked for" in said(caplog)


@pytest.mark.parametrize("skip_on_upstream_skip", [True, False])
def test_a_skipped_task_is_not_run_again_and_what_depends_on_it_is_told(skip_on_upstream_skip, history):
    @task
    def skipping():
        calls.append("skipping")
        raise Skipped("nothing to do")

    @task(skip_on_upstream_skip=skip_on_upstream_skip)
    def after(x):
        calls.append(("after", x))

    @flow
    def f():
        upstream = skipping.submit()
        upstream.wait()
        boom()
        return after.submit(upstream).wait() or "done"

    failed_run(f)
    f.resume(history.run().id)
    assert calls == ["boom"] + [("after", None)] * (not skip_on_upstream_skip)
    assert history.ends() == ["Skipped", "Completed", "Skipped" if skip_on_upstream_skip else "Completed"]


def test_calls_are_found_again_in_another_order(history):
    order = [list("abcde")]

    @flow
    def f():
        found = [value(name) for name in order[0]]
        boom()
        return found

    failed_run(f)
    order[0] = list("edbca")
    assert f.resume(history.run().id) == list("edbca")
    assert calls == ["boom"]


@dataclass(frozen=True)
class Pair:
    left: str
    right: int


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    "values",
    [
        [Path("a"), Path("b"), Path("c")],
        [Color.RED, Color.BLUE],
        [Decimal("1.5"), Decimal(2)],
        [UUID(int=1), UUID(int=2)],
        [b"a", b"b"],
        [timedelta(1), timedelta(2)],
        [frozenset("ab"), frozenset("cd")],
        [Pair("a", 1), Pair("a", 2), Pair("b", 1)],
        [np.int64(1), np.int64(2)],
        [np.str_("a"), np.str_("b")],
    ],
    ids=lambda values: type(values[0]).__name__,
)
def test_calls_with_what_a_set_can_hold_are_found_again_in_another_order(values, history):
    @task
    def name(x):
        calls.append("name")
        return str(x)

    @flow
    def f():
        found = {x: name(x) for x in values}
        boom()
        return found

    failed_run(f)
    values.reverse()
    assert f.resume(history.run().id) == {x: str(x) for x in values}
    assert calls == ["boom"]


def test_a_call_that_was_not_made_before_is_a_new_task_run(history):
    wanted = [1, 2]

    @flow
    def f():
        found = [value(x) for x in wanted]
        boom()
        return found

    failed_run(f)
    wanted[:] = [2, 3]
    assert f.resume(history.run().id) == [2, 3]
    assert calls == [3, "boom"]
    assert [run.number for run in history.tasks()] == [1, 2, 3, 4]


def test_equal_calls_are_told_apart_by_their_order(history):
    count = iter(range(100))

    @task
    def draw(_):
        return next(count)

    @flow
    def f():
        drawn = [draw(["same"]) for _ in range(4)]
        boom()
        return drawn

    failed_run(f)
    assert f.resume(history.run().id) == [0, 1, 2, 3]


def test_children_of_a_map_are_re_used_one_by_one(history):
    @task
    def maybe(x, factor):
        calls.append(x)
        if x % 3 == 0 and broken:
            raise ValueError(x)
        return x * factor

    @flow
    def f():
        return maybe.map(range(7), unmapped(10)).result()

    failed_run(f)
    assert f.resume(history.run().id) == [0, 10, 20, 30, 40, 50, 60]
    assert sorted(calls) == [0, 3, 6]
    tasks = history.tasks()
    assert [run.map_index for run in tasks] == list(range(7))
    assert {run.map_id for run in tasks} == {1}
    assert [run.attempts for run in tasks] == [2, 1, 1, 2, 1, 1, 2]


def test_submitted_tasks_and_their_dependents_go_on(history):
    @flow
    def f():
        first = value.submit(1)
        second = boom.submit(first)
        third = value.submit(second)
        return third.result()

    failed_run(f)
    assert history.ends() == ["Completed", "Failed", "UpstreamFailed"]
    assert f.resume(history.run().id) == 1
    assert calls == ["boom", 1]
    assert [run.upstreams for run in history.tasks()] == [(), (1,), (2,)]
    assert [run.attempts for run in history.tasks()] == [1, 2, 1]


def test_tasks_called_by_tasks_are_found_by_their_caller(history):
    @task
    def outer(name):
        calls.append(name)
        inner = value(5)
        return boom(inner)

    @flow
    def f():
        return value(5), outer("outer")

    failed_run(f)
    assert f.resume(history.run().id) == (5, 5)
    assert calls == ["outer", "boom"]
    assert [(run.task, run.parent, run.state.name) for run in history.tasks()] == [
        ("value", 0, "Completed"),
        ("outer", 0, "Completed"),
        ("value", 2, "Completed"),
        ("boom", 2, "Completed"),
    ]


@flow(name="child")
def child(x: int):
    calls.append(f"child {x}")
    return value(x) * 10


@flow(name="failing-child")
def failing_child(x: int):
    first = value(x)
    return boom(first)


def test_a_nested_flow_that_completed_is_re_used_and_one_that_failed_goes_on(history):
    @flow
    def f():
        return child(1), failing_child(2)

    failed_run(f)
    run = history.run().id
    assert f.resume(run) == (10, 2)
    assert calls == ["boom"]  # neither the child that completed nor its tasks run again
    names = sorted((one.flow, one.state.name, one.parent_run_id == run) for one in history.runs())
    assert names == [("child", "Completed", True), ("f", "Completed", False), ("failing-child", "Completed", True)]


def test_a_nested_flow_whose_value_was_too_large_runs_again_on_its_kept_tasks(history):
    @flow(name="large-child")
    def large_child():
        calls.append("large")
        return "x" * value(5_000)

    @flow
    def f():
        return len(large_child()), boom()

    failed_run(f)
    assert f.resume(history.run().id) == (5_000, None)
    assert calls == ["large", "boom"]
    assert len(history.runs()) == 2


def test_an_async_flow_goes_on(history):
    @task
    async def double(x):
        calls.append(x)
        return 2 * x

    @flow
    async def f():
        many = await asyncio.gather(*(double(x) for x in range(3)))
        boom()
        return many

    failed_run(lambda **options: asyncio.run(f(**options)))
    assert asyncio.run(f.resume(history.run().id)) == [0, 2, 4]
    assert calls == ["boom"]


def test_a_flow_with_automatic_concurrency_goes_on(history):
    @flow(concurrency="auto")
    def f():
        a, b = value(1), value(2)
        return boom(a), value(b)

    failed_run(f)
    assert f.resume(history.run().id) == (1, 2)
    assert calls == ["boom"]


def test_retries_are_counted_anew_and_attempts_go_on(harness, history):
    @task(retries=1)
    def flaky():
        calls.append("flaky")
        if len(calls) < 4:
            raise ValueError(len(calls))
        return len(calls)

    @flow
    def f():
        return flaky()

    assert f(return_state=True).is_failed()
    assert f.resume(history.run().id) == 4
    assert [run.attempts for run in history.tasks()] == [4]
    assert history.states(1) == [
        "Pending", "Running", "AwaitingRetry", "Pending", "Retrying", "Failed",
        "Scheduled", "Pending", "Retrying", "AwaitingRetry", "Pending", "Retrying", "Completed",
    ]  # fmt: skip
    assert [failure.attempt for failure in history.failures() if failure.number == 1] == [1, 2, 3]


def test_retries_of_the_flow_are_counted_anew(history):
    @flow(retries=1)
    def f():
        calls.append("f")
        value(1)
        boom()
        return len(calls)

    failed_run(f)
    assert f.resume(history.run().id) == 2
    assert history.run().attempts == 3


def test_hooks_run_again_with_the_new_end(history):
    ends = []

    @flow(on_failure=lambda _f, _run, state: ends.append(state.name), on_completion=lambda *_: ends.append("done"))
    def f():
        return boom()

    failed_run(f)
    f.resume(history.run().id)
    assert ends == ["Failed", "done"]


def test_a_time_limit_holds_for_the_new_attempt(history):
    @task(timeout_seconds=30)
    def limited(x):
        return boom(x)

    @flow(timeout_seconds=60)
    def f():
        return limited(3)

    failed_run(f)
    assert f.resume(history.run().id) == 3


class TestTimes:
    """Times of a run that is resumed are those of its last attempt."""

    @pytest.fixture
    def clock(self):
        return FakeClock(1_000_000.0)

    def test_they_do_not_hold_the_pause_between_the_attempts(self, history, clock):
        @flow
        def f():
            value(1)
            return boom()

        failed_run(f)
        clock.advance(3_600)
        f.resume(history.run().id)
        run, (first, second) = history.run(), history.tasks()
        assert (run.created_at, run.started_at, run.ended_at) == (1_000_000.0, 1_003_600.0, 1_003_600.0)
        assert (first.started_at, second.created_at, second.started_at) == (1_000_000.0, 1_000_000.0, 1_003_600.0)


# -- code and parameters --------------------------------------------------------------------------------

SOURCE = """
    from jupyter_flows import flow, task

    @task
    def part(x):
        return x + ADDED

    @flow(name="changing")
    def changing(x: int = 1):
        FIRST
        found = part(x)
        if FAILS:
            raise ValueError("not yet")
        return found
"""


def written(fails: bool, added: int = 0, first: str = "pass"):
    """The flow, as a source with these changes gives it."""
    source = SOURCE.replace("FAILS", "fails").replace("ADDED", str(added)).replace("FIRST", first)
    names: dict[str, Any] = {"fails": fails}
    exec(compile(textwrap.dedent(source), "changing.py", "exec"), names)
    return names["changing"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"first": "y = 0"}, ["flow changing (version "]),
        ({"added": 100}, ["task part, whose kept values are of its old code"]),
    ],
    ids=["nothing", "the flow", "a task"],
)
def test_changed_code_is_said_and_what_was_re_used_is_listed(changes, told, history, caplog):
    failed_run(written(True))
    assert written(False, **changes).resume(history.run().id) == 1
    lines = [line for line in said(caplog) if line.startswith("changed since: ")]
    assert len(lines) == len(told)
    assert all(line.startswith("changed since: " + start) for line, start in zip(lines, told, strict=True))
    assert ("re-used all the same: part" in said(caplog)) is bool(told)


def test_the_run_s_own_parameters_are_taken(history):
    @flow
    def f(x: int, *, y: int = 2):
        return value(x), value(y), boom()

    failed_run(f, 1, y=5)
    assert f.resume(history.run().id) == (1, 5, None)
    assert calls == ["boom"]


@pytest.mark.parametrize("given", [{"x": 1}, {"x": 1, "y": 5}])
def test_equal_parameters_may_be_given(given, history):
    @flow
    def f(x: int, y: int = 5):
        return x, y, boom()

    failed_run(f, 1)
    assert f.resume(history.run().id, **given) == (1, 5, None)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"x": 2}, r"its parameters stay as they were \(x was 1\); run f anew for other ones"), ({"z": 2}, "z was null")],
)
def test_other_parameters_are_refused(given, said, history):
    @flow
    def f(x: int):
        return boom(x)

    failed_run(f, 1)
    with pytest.raises(CannotResume, match=said):
        f.resume(history.run().id, **given)
    assert calls == []
    assert history.run().attempts == 1


class Custom:
    def __init__(self, size: int) -> None:
        self.size = size

    def __repr__(self) -> str:
        return f"Custom({self.size})"


def test_a_parameter_of_which_only_a_text_was_kept_must_be_given_again(history):
    @flow
    def f(x):
        return boom(x.size)

    failed_run(f, Custom(3))
    run = history.run().id
    with pytest.raises(CannotResume, match=r"of x only a text was kept; give it again: resume\(run, x=\.\.\.\)"):
        f.resume(run)
    with pytest.raises(CannotResume, match="its parameters stay as they were"):
        f.resume(run, x=Custom(4))
    assert f.resume(run, x=Custom(3)) == 3


class Order(pydantic.BaseModel):
    id: int
    day: date


def test_type_hints_restore_dates_models_and_paths(history):
    @flow
    def f(day: date, order: Order, place: Path, days: list[date]):
        boom()
        return day, order, place, days

    given = (date(2013, 1, 15), Order(id=7, day=date(2020, 2, 29)), Path("a") / "b", [date(2020, 1, 1)])
    failed_run(f, *given)
    run = history.run()
    assert run.lost_parameters == ("days",)  # a list of what JSON does not hold
    with pytest.raises(CannotResume, match="of days only a text was kept"):
        f.resume(run.id)
    assert f.resume(run.id, days=given[3]) == given


# -- refused --------------------------------------------------------------------------------


def test_a_completed_run_is_refused(history):
    @flow
    def f():
        return value(1)

    f()
    with pytest.raises(CannotResume, match="it completed; run the flow again for a new result"):
        f.resume(history.run().id)


def test_a_running_run_is_refused(history, in_thread):
    entered, leave = threading.Event(), threading.Event()

    @flow
    def f():
        entered.set()
        assert leave.wait(60)

    running = in_thread(f)
    assert entered.wait(60)
    with pytest.raises(CannotResume, match=r"it is Running in process \d+ on .*; wait for its end, or cancel it first"):
        f.resume(seen(history).id)
    leave.set()
    running.result()


def seen(history):
    """The run, which may take a moment to be in the store."""
    wait_until(history.runs)
    return history.run()


def test_a_run_of_another_flow_is_refused(history):
    @flow
    def f():
        boom()

    @flow
    def g():
        pass

    failed_run(f)
    with pytest.raises(CannotResume, match="it is a run of f, not of g"):
        g.resume(history.run().id)


def test_the_run_of_a_task_alone_is_refused(history):
    @flow(name="boom")
    def f():
        pass

    assert boom(return_state=True).is_failed()
    with pytest.raises(CannotResume, match="it is a task that was called outside any flow; call it again"):
        f.resume(history.run().id)


def test_an_unknown_run_is_refused():
    with pytest.raises(RunNotFound):
        child.resume("nobody")


def test_a_run_is_resumed_as_often_as_it_fails(history):
    @flow
    def f():
        return value(1), boom()

    failed_run(f)
    for _ in range(2):
        broken.add("boom")
        assert f.resume(history.run().id, return_state=True).is_failed()
    broken.clear()
    assert f.resume(history.run().id) == (1, None)
    with pytest.raises(CannotResume, match="it completed"):
        f.resume(history.run().id)
    assert (history.run().attempts, [run.attempts for run in history.tasks()]) == (4, [1, 4])
    assert history.states(2).count("Failed") == 3


def test_of_two_threads_that_resume_one_run_one_wins(history, in_thread):
    barrier = threading.Barrier(2, timeout=60)

    @flow
    def f():
        return boom(1)

    failed_run(f)
    run = history.run().id
    plans = [f.plan_resume(run) for _ in range(2)]  # both read it before either takes it up

    def resume(plan):
        handle, opening = f.reopen(plan)
        barrier.wait(60)
        return check(f, handle, opening)

    ends = [in_thread(resume, plan) for plan in plans]
    results = []
    for end in ends:
        try:
            results.append(end.result())
        except CannotResume as refused:
            results.append(refused.why)
    assert sorted(map(str, results)) == ["1", "another process has taken it up"]
    assert calls == ["boom"]
    assert history.states(0).count("Completed") == 1


def check(f, handle, opening):
    from jupyter_flows.authoring.definition import answer
    from jupyter_flows.authoring.resuming import check_taken_up

    return answer(check_taken_up(handle, f._run_here(handle, opening)), False)


def test_a_cancelled_run_goes_on(history):
    @flow
    def f():
        value(1)
        if broken:
            raise KeyboardInterrupt
        return value(2)

    with pytest.raises(KeyboardInterrupt):
        f()
    broken.clear()
    calls.clear()
    assert history.run().state.name == "Cancelled"
    assert f.resume(history.run().id) == 2
    assert calls == [2]


@pytest.mark.parametrize("harness", [{"poll_seconds": 0.02}], indirect=True)
def test_a_run_that_was_asked_to_cancel_goes_on_without_that_request(harness, history, in_thread):
    entered, leave = threading.Event(), threading.Event()

    @flow
    def f():
        value(1)
        entered.set()
        if broken:
            value.submit(2).wait()
            assert leave.wait(60)
            value(3)
        return value(4)

    running = in_thread(lambda: f(return_state=True))
    assert entered.wait(60)
    run = seen(history).id
    assert harness.reader.request_cancel(run, harness.clock.time())
    wait_until(lambda: harness.reader.flow_run(run).state.name == "Cancelling")
    leave.set()
    assert running.result().is_cancelled()
    broken.clear()
    calls.clear()
    assert f.resume(run) == 4
    assert calls == [4]


def wait_until(question):
    for _ in range(1_000):
        if question():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it has not come true within 10 s")


# -- graphs --------------------------------------------------------------------------------


def test_a_graph_goes_on(history):
    with Flow("graph") as graph:
        x = Parameter("x")
        first = value(x)
        second = boom(first)
        third = value(second)
    assert graph.run(x=4).is_failed()
    broken.clear()
    calls.clear()
    state = graph.resume(history.run().id)
    assert state.is_successful() and state[third].result() == 4
    assert calls == ["boom", 4]
    assert state[first].result() == 4


def test_a_graph_s_maps_go_on(history):
    @task
    def maybe(x):
        calls.append(x)
        if x == 3 and broken:
            raise ValueError(x)
        return x + 1

    @task
    def total(many):
        return sum(many)

    with Flow("graph") as graph:
        numbers = value([1, 2, 3, 4])
        end = total(maybe.map(maybe.map(numbers)))
    assert graph.run().is_failed()
    broken.clear()
    calls.clear()
    state = graph.resume(history.run().id)
    assert state[end].result() == 18
    assert sorted(calls) == [3, 3, 4]


def test_a_graph_spares_lost_values_that_nobody_needs(history, caplog):
    caplog.set_level("INFO")

    @task
    def large(x):
        calls.append(("large", x))
        return "x" * 5_000

    @task
    def size(x):
        calls.append("size")
        return len(x)

    with Flow("graph") as graph:
        spared, needed = large(1), large(2)
        end = boom([size(spared), needed])
    assert graph.run().is_failed()
    broken.clear()
    calls.clear()
    state = graph.resume(history.run().id)
    assert state[end].result() == [5_000, "x" * 5_000]
    assert calls == [("large", 2), "boom"]
    assert state[spared].is_successful()


def test_a_graph_s_skips_are_kept(history):
    @task
    def skipping():
        calls.append("skipping")
        raise SKIP("nothing")

    @task
    def after(x):
        calls.append("after")

    with Flow("graph") as graph:
        skipped, mended = skipping(), boom()
        late = after(value(mended), upstream_tasks=[skipped])
    graph.set_reference_tasks([mended])
    assert graph.run().is_failed()
    broken.clear()
    calls.clear()
    state = graph.resume(history.run().id)
    assert state[late].is_skipped() and state[skipped].is_skipped()
    assert calls == ["boom", None]


@pytest.mark.parametrize("values", [{"x": 2}])
def test_a_graph_s_parameters_stay_as_they_were(values, history):
    with Flow("graph") as graph:
        boom(Parameter("x"))
    assert graph.run(x=1).is_failed()
    with pytest.raises(CannotResume, match="its parameters stay as they were"):
        graph.resume(history.run().id, **values)


def test_a_graph_in_a_flow_goes_on(history):
    with Flow("graph") as graph:
        first = value(1)
        end = boom(first)

    @flow
    def f():
        state = graph.run()
        return state[end].result()

    failed_run(f)
    assert f.resume(history.run().id) == 1
    assert calls == ["boom"]
    assert len(history.runs()) == 2


def large(x):
    """Too much for the store: texts of 1,000 signs."""
    calls.append("large")
    return [str(x) * 1_000] * 5


def test_a_graph_s_tasks_that_are_asked_for_are_never_spared(history):
    with Flow("graph") as graph:
        first = task(large)(1)
        end = boom(task(len, name="length")(first))
    assert graph.run().is_failed()
    broken.clear()
    calls.clear()
    state = graph.resume(history.run().id, again=["large"])
    assert state[end].result() == 5
    assert calls == ["large", "boom"]


@pytest.mark.parametrize("mapped", [False, True])
def test_a_graph_s_lost_value_is_not_spared_where_what_takes_it_was_never_born(mapped, history):
    """No task run tells of what the run never came to, such as a map whose length was not known yet."""

    def graph(whole):
        with Flow("graph") as made:
            first = task(large)(1)
            boom(task(len, name="length")(first))
            late = None
            if whole:
                late = value.map(first) if mapped else task("".join, name="joined")(first)
        return made, late

    assert graph(False)[0].run().is_failed()
    broken.clear()
    calls.clear()
    whole, late = graph(True)
    state = whole.resume(history.run().id)
    assert state[late].result() == (["1" * 1_000] * 5 if mapped else "1" * 5_000)
    assert calls.count("large") == 1


def test_a_graph_s_lost_value_is_not_spared_by_a_value_that_cannot_be_loaded(harness, history, monkeypatch):
    class Box:
        """Kept by reference: gone with its name."""

    monkeypatch.setitem(globals(), "Box", Box)
    Box.__qualname__ = "Box"

    @task(persist_result=True)
    def boxed(many):
        calls.append(("boxed", len(many)))
        return Box() if broken else "plain"

    with Flow("graph") as graph:
        first = task(large)(1)
        second = boxed(first)
        end = boom(second)
    assert graph.run().is_failed()
    broken.clear()
    calls.clear()
    monkeypatch.delitem(globals(), "Box")
    state = graph.resume(history.run().id)
    assert state.is_successful()
    assert calls == ["large", ("boxed", 5), "boom"]
    assert state[end].result() == "plain"


def test_a_task_that_the_run_does_not_have_cannot_run_again(history):
    @flow
    def f():
        return value(1), boom()

    failed_run(f)
    with pytest.raises(CannotResume, match="it has no task valeu; its tasks: boom, value"):
        f.resume(history.run().id, again=["valeu"])
    assert history.run().attempts == 1


# -- only some of what failed ----------------------------------------------------------------------------------------


@task
def halve(x: int) -> int:
    calls.append(x)
    if x % 2 and "boom" in broken:
        raise ValueError(f"{x} is odd") if x < 4 else KeyError(x)
    return x // 2


@task
def total(numbers: list[int]) -> int:
    return sum(numbers)


@flow
def halves_quietly() -> str:
    halve.map(range(6))
    return "done"


with Flow("declared-halves") as declared_halves:
    total(halve.map(list(range(6))))


def resume_only(made: Any, names: set[str]) -> dict[str, str]:
    run = made.plan_resume().run
    numbers = [one.run.number for one in made.plan_resume().again if one.run.name in names]
    calls.clear()
    broken.clear()
    made.resume(only=numbers) if made is declared_halves else made.resume(only=numbers, return_state=True)
    return {one.name: one.state.name for one in find_run(run.id).task_runs}


@pytest.mark.parametrize("made", [halves_quietly, declared_halves], ids=["imperative", "declared"])
def test_only_the_chosen_ones_are_tried_again_and_the_others_stay_failed(made):
    made.run() if made is declared_halves else made(return_state=True)
    after = resume_only(made, {"halve[1]", "halve[3]"})
    assert sorted(calls) == [1, 3]
    assert [after[f"halve[{x}]"] for x in range(6)] == ["Completed"] * 5 + ["Failed"]
    assert latest_run(made.name).state.name == "Failed"
    assert after.get("total") in {None, "TriggerFailed"}
    calls.clear()
    made.resume()
    assert calls == [5]
    assert latest_run(made.name).state.name == "Completed"


def test_a_call_whose_failure_is_left_raises_it_without_running():
    @flow
    def daily() -> Any:
        seen = []
        for x in (1, 5):
            try:
                seen.append(halve(x))
            except Exception as error:
                seen.append(type(error).__name__)
        if "boom" in broken:
            raise RuntimeError("later")
        return seen

    daily(return_state=True)
    plan = daily.plan_resume(only=[1])
    assert [one.name for one in plan.stay] == ["halve"]
    assert "1 runs again, 1 left failed" in told(plan)[0].text
    broken.clear()
    assert daily.resume(only=[1]) == [0, "FailedRun"]


def test_what_did_not_fail_cannot_be_chosen():
    halves_quietly(return_state=True)
    with pytest.raises(CannotResume, match="no failed task run 1, 77"):
        halves_quietly.plan_resume(only=[1, 77])
