"""Flows: their options, how they end, sub-flows, parameters and logs."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportFunctionMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import threading
from datetime import date

import pytest

from jupyter_flows import (
    Completed,
    Failed,
    ParameterError,
    Paused,
    SequentialTaskRunner,
    flow,
    get_run_logger,
    set_concurrency_limit,
    task,
)
from jupyter_flows import concurrency as hold
from jupyter_flows.errors import BadOption, FailedRun, LimitTimeout, RunCancelled, UnknownOption


@task
def add(x, y=1):
    return x + y


@task
def boom(message="no"):
    raise ValueError(message)


# -- options and parameters ------------------------------------------------------------------------------------------


def test_a_flow_has_a_name_a_version_and_a_description():
    def define(value):
        @flow
        def my_report():
            """Say it."""
            return value + 1

        return my_report

    @flow
    def my_report():
        """Say it."""
        return 2

    assert (my_report.name, my_report.description) == ("my-report", "Say it.")
    assert define(1).version == define(2).version != my_report.version
    assert flow(version="7")(lambda: 1).version == "7"


def test_a_changed_constant_is_another_version():
    assert flow(lambda: 1).version != flow(lambda: 2).version
    assert flow(lambda x: x in {"a", "b"}).version == flow(lambda x: x in {"a", "b"}).version


def test_an_unknown_option_is_named_with_the_nearest():
    with pytest.raises(UnknownOption, match=r"@flow has no option 'retrys'; did you mean 'retries'"):
        flow(retrys=1)


def test_a_class_of_task_runners_stands_for_one_of_its_usual_size():
    @task
    def one() -> int:
        return 1

    @flow(task_runner=SequentialTaskRunner)
    def asks() -> int:
        return one.submit().result()

    assert (asks(), asks()) == (1, 1)


@pytest.mark.parametrize(
    "options",
    [
        {"final_state": "all"},
        {"validate_parameters": 1},
        {"task_runner": "dask"},
        {"task_runner": 3},
        {"task_runner": int},
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(options):
    with pytest.raises(BadOption):
        flow(**options)(lambda: 1)()


@pytest.mark.parametrize("name", ["return_state", "wait_for"])
def test_reserved_parameter_names_are_refused(name):
    namespace = {}
    exec(f"def f({name}): pass", namespace)
    with pytest.raises(BadOption, match="has a meaning in every call"):
        flow(namespace["f"])


def test_parameters_are_coerced_by_their_hints():
    @flow
    def takes(x: int, day: date = date(2013, 1, 1), *rest: int, flag: bool = False, **more: str):
        return x, day, rest, flag, more

    assert takes("5", "2013-01-15", 7, flag="yes", z="w") == (5, date(2013, 1, 15), (7,), True, {"z": "w"})


def test_all_bad_parameters_are_told_at_once_and_nothing_is_written(history):
    @flow
    def takes(x: int, day: date):
        add(1)

    with pytest.raises(ParameterError) as caught:
        takes("zz", "never")
    assert set(caught.value.problems) == {"x", "day"}
    assert takes("zz", "2013-01-15", return_state=True).is_failed()
    assert history.runs() == []


def test_missing_and_unknown_parameters_are_told_at_once():
    @flow
    def takes(x, y):
        pass

    with pytest.raises(ParameterError) as caught:
        takes(z=1)
    assert set(caught.value.problems) == {"x", "y", "z"}


def test_validation_can_be_turned_off():
    @flow(validate_parameters=False)
    def takes(x: int):
        return x

    assert takes("5") == "5"


def test_a_hint_that_cannot_be_resolved_hinders_nothing():
    @flow
    def takes(x: int, y: pd.DataFrame = None) -> pd.DataFrame:  # noqa: F821  # pyright: ignore[reportUndefinedVariable]
        return x

    assert takes("5") in {5, "5"}


def test_a_plain_flow_loads_no_pydantic():
    program = (
        "import sys\nfrom jupyter_flows import flow, task\nfrom jupyter_flows.testing import flows_test_harness\n"
        "@task\ndef one(): return 1\n@flow\ndef f(x, n: int = 2): return one() + one.submit().result()\n"
        "with flows_test_harness('memory'): assert f(1) == 2\n"
        "print(*sorted({'pydantic', 'sqlalchemy', 'asyncio', 'alembic'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_run_names_are_rendered(history):
    flow(flow_run_name="{day}-report")(lambda day: day)("monday")
    assert history.run().name == "monday-report"


def test_methods_are_flows():
    class Shop:
        @flow
        def day(self, n: int):
            return self, n

    shop = Shop()
    assert shop.day("3") == (shop, 3)


# -- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "name", "message"),
    [
        (lambda: 5, "Completed", ""),
        (lambda: None, "Completed", ""),
        (lambda: Completed("fine", data=1), "Completed", "fine"),
        (lambda: Failed("bad"), "Failed", "bad"),
        (lambda: Paused("wait"), "Suspended", "wait"),
        (lambda: add.submit(1), "Completed", ""),
        (lambda: [add.submit(1), boom.submit()], "Failed", "1 of 2 returned states did not complete: ValueError: no"),
        (
            lambda: (add(1, return_state=True), boom(return_state=True)),
            "Failed",
            "1 of 2 returned states did not complete: ValueError: no",
        ),
        (lambda: boom.submit(), "Failed", "ValueError: no"),  # noqa: PLW0108 - a flow of its own around it
        (lambda: boom.map([1, 2]), "Failed", "2 of 2 returned states did not complete: ValueError: 1"),
    ],
)
def test_the_returned_value_decides(end, name, message, history):
    state = flow(end)(return_state=True)
    assert (state.name, state.message) == (name, message)
    assert history.run().state.name == name


def test_returned_futures_become_values_in_the_same_shape():
    assert flow(lambda: {"a": add.submit(1), "b": [add.submit(2)]})() == {"a": 2, "b": [3]}


def test_a_failure_that_nobody_awaited_fails_the_flow(history):
    @flow
    def runs():
        boom.submit()
        boom.submit()

    with pytest.raises(FailedRun, match="2 task runs failed and nobody awaited the result: boom, boom"):
        runs()
    assert history.run().state.name == "Failed"


def test_only_the_returned_value_counts_where_asked_for():
    @flow(final_state="return")
    def runs():
        boom.submit()
        return 1

    assert runs() == 1


@pytest.mark.parametrize(
    "look",
    [
        lambda future: future.wait(),
        lambda future: future.result(raise_on_failure=False),
        lambda future: future.wait().state,
        lambda future: add.submit(future).wait(),
    ],
)
def test_a_failure_that_somebody_saw_does_not_fail_the_flow(look):
    @flow
    def runs():
        look(boom.submit())
        return 1

    assert runs() == 1


def test_a_caught_failure_of_a_direct_call_does_not_fail_the_flow():
    @flow
    def runs():
        with pytest.raises(ValueError, match="no"):
            boom()
        return 1

    assert runs() == 1


def test_a_caught_failure_of_an_awaited_task_does_not_fail_the_flow():
    @task
    async def fails():
        raise ValueError("no")

    @flow
    async def runs():
        with pytest.raises(ValueError, match="no"):
            await fails()
        with pytest.raises(ValueError, match="no"):
            await fails.submit()
        return 1

    assert asyncio.run(runs()) == 1


# -- sub-flows and loops ---------------------------------------------------------------------------------------------


def test_a_flow_in_a_flow_is_its_child(history):
    @flow
    def inner(x):
        return add(x)

    @task
    def calls():
        return inner(5)

    @flow
    def outer():
        return inner(1) + calls.submit().result()

    assert outer() == 8
    children = [run for run in history.runs() if run.parent_run_id]
    assert [(run.flow, run.parent_run_id, run.parent_number) for run in children] == [
        ("inner", history.run().id, 0),
        ("inner", history.run().id, 1),
    ]


def test_flows_and_tasks_work_inside_a_running_loop():
    @task
    async def later(x):
        await asyncio.sleep(0)
        return x

    @flow
    def plain():
        return add(1) + later.submit(2).result()

    @flow
    async def within():
        both = await asyncio.gather(later(1), later(2))
        return both, await later.submit(3), plain(), [await f for f in later.map([4, 5])], add(1)

    async def cell():
        return await within(), plain()

    assert asyncio.run(cell()) == (([1, 2], 3, 4, [4, 5], 2), 4)


def test_async_generators_give_lists():
    @task
    async def numbers(n):
        for x in range(n):
            yield x

    @flow
    def runs():
        return numbers.submit(3).result()

    async def alone():
        return await numbers(2)  # pyright: ignore[reportGeneralTypeIssues]

    assert runs() == [0, 1, 2]
    assert asyncio.run(alone()) == [0, 1]


# -- logs ------------------------------------------------------------------------------------------------------------


def test_records_and_prints_are_kept_in_order(history):
    @task
    def talks(n):
        print("printed", n)
        get_run_logger().warning("logged %s", n)

    @flow(log_prints=True)
    def runs():
        print("start")
        talks(1)
        talks.submit(2).wait()
        get_run_logger().info("end")

    runs()
    assert [(line.number, line.message) for line in history.logs()] == [
        (0, "start"), (1, "printed 1"), (1, "logged 1"), (2, "printed 2"), (2, "logged 2"), (0, "end"),
    ]  # fmt: skip


def test_prints_are_not_kept_unless_asked_for(history):
    @task(log_prints=False)
    def quiet():
        print("quiet")

    @flow(log_prints=True)
    def runs():
        quiet()
        print("to a file", file=io.StringIO())

    runs()
    assert history.logs() == []


# -- limits ----------------------------------------------------------------------------------------------------------


def test_a_limit_bounds_the_tasks_that_its_tag_names():
    set_concurrency_limit("db", 1)
    lock, now, most = threading.Lock(), [0], [0]

    @task(tags=["db"])
    def counts(x):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        with lock:
            now[0] -= 1
        return x

    @flow
    def runs():
        return counts.map(range(30)).result(), counts(1)

    assert runs() == (list(range(30)), 1)
    assert most == [1]


def test_a_block_holds_slots_and_gives_them_back(harness):
    set_concurrency_limit("db", 1)
    with (
        hold("db"),
        pytest.raises(LimitTimeout, match=r"no slot of db came free within 0.01 s"),
        hold("db", timeout_seconds=0.01),
    ):
        pass
    with hold(["db", "unlimited"]):
        pass

    async def within():
        async with hold("db"):
            with pytest.raises(LimitTimeout):
                async with hold("db", timeout_seconds=0.01):
                    pass
        async with hold("db", timeout_seconds=5):
            return 1

    assert asyncio.run(within()) == 1
    with pytest.raises(BadOption, match="has only 1 slots"), hold("db", occupy=2):
        pass


# -- cancel ----------------------------------------------------------------------------------------------------------


def test_a_run_can_be_cancelled_from_outside(history, harness):
    started, gate = threading.Event(), threading.Event()

    @task
    def slow():
        started.set()
        gate.wait(60)

    @flow
    def runs():
        future = slow.submit()
        assert started.wait(60)
        harness.reader.request_cancel(harness.session.live_runs()[0].id, 0.0)
        future.result()

    with pytest.raises(RunCancelled):
        runs()
    gate.set()
    assert history.ends() == ["Cancelled"]
    assert history.states() == ["Pending", "Running", "Cancelling", "Cancelled"]
    assert history.run().state.message == "it was asked to stop"


# -- hostile code ----------------------------------------------------------------------------------------------------


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "error", [StopIteration(3), SystemExit(2), GeneratorExit(), Mute(), Exception(threading.Lock())]
)
@pytest.mark.parametrize("how", ["call", "submit"])
def test_whatever_a_task_raises_is_a_failure(error, how, history):
    @task
    def raises():
        raise error

    @flow
    def runs():
        try:
            raises() if how == "call" else raises.submit().result()
        except BaseException as caught:
            assert caught is error  # noqa: PT017 - BaseExceptions that pytest itself would take
        return 1

    assert runs() == 1
    assert history.ends() == ["Failed"]


@pytest.mark.parametrize("how", ["call", "submit"])
def test_a_traceback_shows_the_users_frames(how):
    @flow
    def runs():
        return boom() if how == "call" else boom.submit().result()

    with pytest.raises(ValueError, match="no") as caught:
        runs()
    files = [entry.path.name for entry in caught.traceback if "jupyter_flows" in str(entry.path)]
    assert len(files) <= 3, files
    assert caught.traceback[-1].name in {"boom", "_value", "result", "__call__"}
