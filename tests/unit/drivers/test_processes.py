"""Tasks in worker processes: what goes there, what comes home, and what every flow may expect of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator

import pytest

from jupyter_flows import (
    Completed,
    ProcessPoolTaskRunner,
    Skipped,
    concurrency,
    flow,
    get_run_logger,
    runtime,
    task,
)
from jupyter_flows.drivers.worker_processes import ForkServer
from jupyter_flows.errors import BadOption, FailedRun, NeedsFlowProcess, RunCrashed, UnpicklableValue
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader
from jupyter_flows.wiring import make_task_runner, use_session

HERE = os.getpid()


@pytest.fixture
def reader(tmp_path):
    settings = load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)})
    use_session(settings)
    opened = open_reader(settings)
    yield opened
    use_session(None)
    opened.close()


@pytest.fixture(scope="module", params=["spawn", "forkserver"])
def processes(request) -> Iterator[ProcessPoolTaskRunner]:
    runner = ProcessPoolTaskRunner(2, request.param)
    yield runner
    runner.close()


@pytest.fixture
def run_in(processes, reader):
    """Submit one call of a function in a flow of its own, and return its state."""

    def run(function, *args, **options):
        work = task(**options)(function)

        @flow(task_runner=processes, final_state="return")
        def around():
            return [work.submit(*args).wait()]

        state = around(return_state=True)
        (child,) = reader.task_runs(reader.flow_runs(RunFilter(limit=1))[0].id)
        return child, state

    return run


def value_of(processes, function, *args, **options):
    work = task(**options)(function)

    @flow(task_runner=processes)
    def around():
        return work.submit(*args).result()

    return around()


def logged(reader):
    return [(line.logger, line.message) for line in reader.logs(reader.flow_runs(RunFilter(limit=1))[0].id)]


def test_a_task_runs_in_another_process(processes, reader):
    assert value_of(processes, os.getpid) != HERE


def test_a_function_that_is_made_on_the_spot_goes_with_what_it_closes_over(processes, reader):
    factor = 6
    assert value_of(processes, lambda x: factor * x, 7) == 42


def test_children_of_a_map_share_the_workers(processes, reader):
    @task
    def where(_number):
        return os.getpid()

    @flow(task_runner=processes)
    def around():
        return set(where.map(range(20)).result())

    places = around()
    assert 1 <= len(places) <= 2
    assert HERE not in places


@pytest.mark.parametrize(
    "value",
    [None, "text", b"x" * 300_000, bytearray(b"y" * 300_000), {"a": [1, (2, {3})]}, ValueError("as a value")],
    ids=["none", "text", "bytes", "bytearray", "nested", "exception"],
)
def test_values_come_and_go_as_they_are(value, processes, reader):
    back = value_of(processes, lambda x: x, value)
    assert type(back) is type(value)
    assert repr(back) == repr(value)


def test_an_array_crosses_beside_the_pickle_and_can_be_written_to(processes, reader):
    np = pytest.importorskip("numpy")

    def double(array):
        array *= 2  # its own memory
        return array

    array = np.arange(100_000.0)
    back = value_of(processes, double, array)
    back[0] = 5.0
    assert (back[1:] == 2 * array[1:]).all()
    assert array[1] == 1.0


def test_an_exception_comes_home_with_the_users_frames_only(processes, reader):
    def deep():
        raise KeyError("lost")

    def work():
        deep()

    with pytest.raises(KeyError) as caught:
        value_of(processes, work)
    text = str(caught.value.__cause__)
    assert "in deep" in text
    assert "in work" in text
    assert "process_worker" not in text


def test_an_exception_that_cannot_be_pickled_comes_home_as_text(run_in):
    class Stubborn(Exception):
        def __reduce__(self):
            raise TypeError("no")

    def work():
        raise Stubborn("stays here")

    child, state = run_in(work)
    assert child.state.name == "Failed"
    assert "Stubborn: stays here" in child.state.message
    (returned,) = state.result(raise_on_failure=False) if state.is_completed() else [None]
    assert returned is None


def test_an_exception_that_cannot_be_unpickled_comes_home_as_text(processes, reader):
    class TwoWords(Exception):
        def __init__(self, one, two):
            super().__init__(f"{one} {two}")

    def work():
        raise TwoWords("half", "way")

    with pytest.raises(FailedRun, match="TwoWords: half way"):
        value_of(processes, work)


@pytest.mark.parametrize("number", [0, 3])
def test_exit_in_a_task_fails_it_and_leaves_the_worker(number, run_in):
    def work():
        raise SystemExit(number)

    assert run_in(work)[0].state.name == "Failed"


def test_signals_and_states_decide_the_end(run_in):
    def skips():
        raise Skipped("not today")

    def completes():
        return Completed(data=4, message="well")

    assert run_in(skips)[0].state.name == "Skipped"
    assert run_in(completes)[0].state.message == "well"


def test_an_argument_that_cannot_be_sent_is_named_and_the_flow_goes_on(processes, reader):
    @task
    def use(fine, lock):
        return fine

    @flow(task_runner=processes)
    def around():
        with pytest.raises(UnpicklableValue) as caught:
            use.submit(1, lock=threading.Lock()).result()
        return str(caught.value)

    said = around()
    assert "argument 'lock' (lock) of task use" in said
    assert "task_runner='threads'" in said


def test_a_function_that_cannot_be_sent_is_named(processes, reader):
    lock = threading.Lock()

    def work():
        return lock

    with pytest.raises(UnpicklableValue, match=r"function \(function\) of task work"):
        value_of(processes, work)


def test_a_value_that_cannot_be_sent_home_is_named(processes, reader):
    with pytest.raises(UnpicklableValue, match=r"value \(lock\) of task <lambda>"):
        value_of(processes, lambda: threading.Lock())  # noqa: PLW0108 - a function of the module would go by name


def test_retries_run_in_workers_too(processes, reader, tmp_path):
    ledger = tmp_path / "ledger"

    def work():
        with ledger.open("a") as file:
            file.write("x")
        if len(ledger.read_text()) < 3:
            raise OSError("not yet")
        return runtime.task_run.run_count  # type: ignore[union-attr]

    assert value_of(processes, work, retries=5) == 3


def test_prints_are_shown_and_kept_in_order(processes, reader, capsys):
    def work():
        for number in range(50):
            print("line", number)
            get_run_logger().info("record %s", number)

    value_of(processes, work, log_prints=True)
    assert capsys.readouterr().out.splitlines() == [f"line {number}" for number in range(50)]
    wanted = [pair for n in range(50) for pair in (("print", f"line {n}"), ("jupyter_flows.run", f"record {n}"))]
    assert logged(reader) == wanted


def test_prints_that_nobody_wants_kept_are_still_shown(processes, reader, capsys):
    value_of(processes, print, "only", "shown")
    assert capsys.readouterr().out == "only shown\n"
    assert logged(reader) == []


def test_log_records_reach_the_handlers_at_home(processes, reader, caplog):
    def work():
        logging.getLogger("of.mine").warning("mind the %s", "gap", extra={"odd": threading.Lock()})

    value_of(processes, work)
    (record,) = [record for record in caplog.records if record.name == "of.mine"]
    assert record.getMessage() == "mind the gap"
    assert record.process != HERE


def test_runtime_knows_the_run(processes, reader):
    @task(tags=["a"], task_run_name="named-{x}")
    def work(x):
        mine, flows = runtime.task_run, runtime.flow_run
        assert mine is not None
        assert flows is not None
        return mine.id, mine.name, mine.tags, mine.run_count, mine.map_index, flows.id, flows.name, flows.parameters

    @flow(task_runner=processes, validate_parameters=False)
    def around(day, lock):
        return work.map([5])[0].result()

    ident, name, tags, count, index, flow_id, _, parameters = around("today", threading.Lock())
    (run,) = reader.flow_runs(RunFilter(limit=1))
    assert (flow_id, ident) == (run.id, f"{run.id}-1")
    assert (name, tags, count, index) == ("named-5", ("a",), 1, 0)
    assert parameters == {"day": "today"}, "what cannot be sent is left out"


def test_a_task_called_in_a_task_is_a_plain_call(processes, reader):
    @task(retries=3)
    def inner(x):
        return x + 1, os.getpid()

    @task
    def outer(x):
        return inner(x), os.getpid()

    @flow(task_runner=processes)
    def around():
        return outer.submit(1).result()

    (value, inside), place = around()
    assert (value, inside) == (2, place)
    assert reader.counts()["task_runs"] == 1


def test_what_needs_the_flow_is_refused_in_a_worker(processes, reader):
    @task
    def inner():
        return 1

    def submits():
        inner.submit()

    def maps():
        inner.map([1])

    def holds():
        with concurrency("db"):
            pass

    for work in (submits, maps, holds):
        with pytest.raises(NeedsFlowProcess, match="worker process"):
            value_of(processes, work)


def test_generators_and_async_tasks_stay_in_this_process(processes, reader):
    @task
    def numbers():
        yield os.getpid()

    @task
    async def beside():
        await asyncio.sleep(0)
        return os.getpid()

    @flow(task_runner=processes)
    def around():
        return numbers.submit().result(), beside.submit().result()

    assert around() == ([HERE], HERE)


def test_direct_calls_stay_in_their_caller(processes, reader):
    @flow(task_runner=processes)
    def around():
        return task(os.getpid)()

    assert around() == HERE


def test_code_that_uses_multiprocessing_works_in_a_worker(processes, reader, capfd):
    def work():
        import multiprocessing

        context = multiprocessing.get_context("fork")
        with context.Pool(2) as pool:
            return pool.map(abs, [-1, -2])

    assert value_of(processes, work) == [1, 2]


def test_standard_input_is_at_its_end(processes, reader):
    with pytest.raises(EOFError):
        value_of(processes, input)


def test_time_limits_kill_and_say_nothing_of_threads(run_in):
    def endless():
        while True:
            pass

    child, _ = run_in(endless, timeout_seconds=0.2)
    assert child.state.name == "TimedOut"
    assert child.state.message == "passed its time limit of 0.2 s"


def test_a_generator_says_that_its_thread_is_left_behind(processes, reader):
    release = threading.Event()

    def stuck():
        release.wait()
        yield 1

    @flow(task_runner=processes, final_state="return")
    def around():
        future = task(timeout_seconds=0.05)(stuck).submit()
        return future.wait().state.message

    try:
        assert "left behind" in around()
    finally:
        release.set()


def test_a_lost_worker_costs_one_attempt(run_in):
    def leaves():
        if runtime.task_run.run_count == 1:  # type: ignore[union-attr]
            os._exit(7)
        return "here"

    assert run_in(leaves)[0].state.name == "WorkerLost"
    child, _ = run_in(leaves, retries=1)
    assert child.state.name == "Completed"


def test_the_value_of_a_lost_worker_is_an_ordinary_error(processes, reader):
    with pytest.raises(RunCrashed, match="exited with code 7"):
        value_of(processes, os._exit, 7)
    (run,) = reader.flow_runs(RunFilter(limit=1))
    assert run.state.name == "Failed"


def test_the_default_is_one_worker_for_each_processor():
    assert ProcessPoolTaskRunner().max_workers >= 1
    with contextlib.suppress(AttributeError):
        assert ProcessPoolTaskRunner().max_workers == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("options", "wanted"),
    [({"max_workers": 0}, "from 1 up"), ({"max_workers": True}, "from 1 up"), ({"start_method": "fork"}, "spawn")],
    ids=str,
)
def test_options_that_cannot_be_meant_are_refused(options, wanted):
    with pytest.raises(BadOption, match=wanted):
        ProcessPoolTaskRunner(**options)


def test_one_setting_chooses_processes(tmp_path):
    use_session(load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path), "JUPYTER_FLOWS_TASK_RUNNER": "processes"}))

    @flow
    def around():
        return task(os.getpid).submit().result()

    try:
        assert around() != HERE
    finally:
        use_session(None)


def test_the_number_of_workers_follows_the_setting_where_it_is_given(tmp_path):
    use_session(load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path), "JUPYTER_FLOWS_MAX_WORKERS": "3"}))
    try:
        assert repr(make_task_runner("processes")) == "ProcessPoolTaskRunner(max_workers=3, start_method='spawn')"
    finally:
        use_session(None)


def test_a_process_closes_its_way_to_the_fork_server_when_it_ends():
    code = """
        import atexit
        atexit.register(lambda: print(control.fileno()))  # the first is called last
        from jupyter_flows.drivers import worker_processes
        worker = worker_processes.WorkerProcess("forkserver")
        control = worker_processes._fork_server._control
        worker.await_ready()
        print(worker.end(30.0))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout.splitlines(), ended.stderr) == (["exited with code 0", "-1"], "")


def test_a_worker_whose_fork_server_was_let_go_is_ended_all_the_same():
    server = ForkServer()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        number = server.start(theirs)
        server.let_go()
        assert server.end(number, 0.0) == -signal.SIGKILL
