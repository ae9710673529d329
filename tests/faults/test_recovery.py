"""Owners that are killed, stopped, starved or raced, and what a resume in another process makes of their runs."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from jupyter_flows.model.runs import RunFilter
from tests.faults.test_runner import stop_between_writes

JOB = """
import os, sys, time
from pathlib import Path
from jupyter_flows import flow, task

def tell(line):
    with open("ledger", "a") as ledger:
        ledger.write(f"{line} {os.getpid()}\\n")
        ledger.flush()
        os.fsync(ledger.fileno())

def say_in():
    os.write(1, b"in\\n")  # in one piece: two may say it at once

def stop_here(name):
    if name == os.environ.get("STOP_IN"):
        say_in()
        while not Path("go").exists():
            time.sleep(0.01)
    elif name in os.environ.get("SLEEP_IN", ""):
        say_in()
        time.sleep(60)

@task
def step(name):
    tell(name)
    stop_here(name)
    return name

@flow
def job():
    first = step("a")
    many = step.map(["b", "c", "d"])
    return "".join([first, *many.result(), step("e")])
"""
RUN = JOB + "\nprint(job())"
RESUME = JOB + "\nprint(job.resume(sys.argv[1]))"
BRIEF = {"JUPYTER_FLOWS_LEASE_SECONDS": "1", "JUPYTER_FLOWS_HEARTBEAT_SECONDS": "0.3"}


def ledger(scripts) -> Counter[str]:
    """How often each task began."""
    return Counter(line.split()[0] for line in (scripts.home / "ledger").read_text().splitlines())


def begun_by(scripts, process) -> list[str]:
    lines = (scripts.home / "ledger").read_text().splitlines()
    return sorted(line.split()[0] for line in lines if line.split()[1] == str(process.pid))


def started(scripts, code: str = RUN, **environment: str):
    """A script that says when it is where it should be."""
    process = scripts.start(code, **environment)
    assert process.stdout.readline() == "in\n"
    return process


def only_run(reader):
    (run,) = reader.flow_runs(RunFilter(standalone=True))
    return run


def assert_whole(reader, run_id: str, repeated: int = 0) -> None:
    """The run completed, once, and so did everything in it; but for the task run whose value was lost."""
    assert reader.flow_run(run_id).state.name == "Completed"
    assert {run.state.name for run in reader.task_runs(run_id)} == {"Completed"}
    for number in [0, *(run.number for run in reader.task_runs(run_id))]:
        changes = reader.states(run_id, number)
        assert [change.version for change in changes] == list(range(1, len(changes) + 1))
        assert [change.state.name for change in changes].count("Completed") == (
            2 if repeated and number == repeated else 1
        )


@pytest.mark.parametrize(("moment", "again"), [("a", "a"), ("c", "c"), ("e", "e")])
def test_a_killed_owner_s_run_is_crashed_at_once_and_goes_on_elsewhere(moment, again, scripts, eventually):
    process = started(scripts, SLEEP_IN=moment)
    reader = scripts.reader()
    if moment == "c":  # its neighbours in the map end meanwhile
        eventually(lambda: sum(run.state.is_completed() for run in reader.task_runs(only_run(reader).id)) == 3)
    eventually(lambda: reader.flow_runs(RunFilter()))
    process.kill()
    process.wait(60)
    run = only_run(reader)
    assert run.state.name == "Crashed"
    assert scripts.run(RESUME, run.id) == "abcde\n"
    assert {name: count for name, count in ledger(scripts).items() if count > 1} == {again: 2}
    assert_whole(reader, run.id)


def test_a_run_is_killed_again_and_again_and_ends_all_the_same(scripts, eventually):
    process = started(scripts, SLEEP_IN="a")
    reader = scripts.reader()
    run = eventually(lambda: reader.flow_runs(RunFilter()))[0]
    for moment in ["cd", "d", "e"]:  # what sleeps has not ended, however late the kill comes
        process.kill()
        process.wait(60)
        assert reader.flow_run(run.id).state.name == "Crashed"
        process = scripts.start(RESUME, run.id, SLEEP_IN=moment)
        assert process.stdout.readline() == "in\n"
    process.kill()
    process.wait(60)
    assert scripts.run(RESUME, run.id) == "abcde\n"
    assert reader.flow_run(run.id).attempts == 5
    assert ledger(scripts)["a"] == 2
    assert_whole(reader, run.id)


NESTED = (
    JOB
    + """
@flow
def inner(name):
    return step(name) + step("c") + step("d")

@flow
def outer():
    return step("a") + inner("b") + step("e")
"""
)


def test_a_flow_that_was_killed_in_a_flow_goes_on_in_both(scripts, eventually):
    process = started(scripts, NESTED + "outer()", SLEEP_IN="c")
    reader = scripts.reader()
    eventually(lambda: len(reader.flow_runs(RunFilter(standalone=True))) == 2)
    process.kill()
    process.wait(60)
    (root,) = [run for run in reader.flow_runs(RunFilter(standalone=True)) if run.parent_run_id is None]
    assert scripts.run(NESTED + "print(outer.resume(sys.argv[1]))", root.id) == "abcde\n"
    assert ledger(scripts) == {"a": 1, "b": 1, "c": 2, "d": 1, "e": 1}
    runs = reader.flow_runs(RunFilter(standalone=True))
    assert [run.attempts for run in runs] == [2, 2]
    for run in runs:
        assert_whole(reader, run.id)


# -- two at once ------------------------------------------------------------------------------------------------

FAILING = """
import os, sys
from pathlib import Path
from jupyter_flows import flow, task
from jupyter_flows.authoring.definition import answer
from jupyter_flows.authoring.resuming import check_taken_up
from jupyter_flows.errors import CannotResume

@task
def work(index):
    with open("ledger", "a") as ledger:
        ledger.write(f"{index} {os.getpid()}\\n")
    if not Path("mended").exists():
        raise ValueError("not yet")
    return index

@flow
def job(index: int):
    return work(index)
"""

PREPARE = (
    FAILING
    + """
for index in range(int(sys.argv[1])):
    job(index, return_state=True)
"""
)

RACE = (
    FAILING
    + """
me, other, *runs = sys.argv[1:]

def meet(place):
    Path(f"{place}.{me}").touch()
    while not Path(f"{place}.{other}").exists():
        pass

for index, run in enumerate(runs):
    try:
        if index % 2:
            meet(index)
            print("won", job.resume(run))
        else:  # both have read the run before either takes it up
            plan = job.plan_resume(run)
            meet(index)
            handle, opening = job.reopen(plan)
            print("won", answer(check_taken_up(handle, job._run_here(handle, opening)), False))
    except CannotResume as refused:
        print("lost", refused.why)
"""
)


def test_of_two_processes_that_resume_one_run_one_wins_and_the_other_says_so(scripts, at_scale):
    count = at_scale(20, 50)
    scripts.run(PREPARE, count)
    reader = scripts.reader()
    runs = sorted(reader.flow_runs(RunFilter()), key=lambda run: run.parameters and int(run.parameters[10:-1]))
    assert len(runs) == count
    (scripts.home / "mended").touch()
    (scripts.home / "ledger").unlink()
    racers = [scripts.start(RACE, *names, *(run.id for run in runs)) for names in (("one", "two"), ("two", "one"))]
    said = []
    for racer in racers:
        out, err = racer.communicate(timeout=60)
        assert racer.returncode == 0, err
        said.append(out.splitlines())
    for index, pair in enumerate(zip(*said, strict=True)):
        winner, loser = sorted(pair, reverse=True)
        assert winner == f"won {index}"
        meanwhile = ("it is Retrying in process", "it is Running in process", "it completed")
        late = loser.startswith(tuple(f"lost {words}" for words in meanwhile)) and index % 2
        assert late or loser == "lost another process has taken it up", loser
    assert ledger(scripts) == Counter(str(index) for index in range(count))
    for run in runs:
        assert_whole(reader, run.id)
        assert reader.flow_run(run.id).attempts == 2


# -- silence ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["STOP_IN", "SLEEP_IN"])
def test_an_owner_that_was_stopped_past_its_lease_is_fenced_off_and_stops_itself(how, scripts, eventually):
    process = started(scripts, **{how: "b"}, **BRIEF)
    reader = scripts.reader()
    run = eventually(lambda: reader.flow_runs(RunFilter()))[0]
    eventually(lambda: sum(one.state.is_completed() for one in reader.task_runs(run.id)) == 3)
    stop_between_writes(process.pid, scripts.home / "flows.db")
    seen = reader.flow_run(run.id)
    assert seen.state.is_running() or time.time() > seen.lease_until
    eventually(lambda: reader.flow_run(run.id).state.name == "Crashed")
    assert scripts.run(RESUME, run.id) == "abcde\n"
    ended = reader.flow_run(run.id)
    (scripts.home / "go").touch()
    os.kill(process.pid, signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "is owned by another process now; this one stopped writing to it" in err
    assert out == ""
    assert begun_by(scripts, process) == ["a", "b", "c", "d"]  # it began nothing more
    assert ledger(scripts) == {"a": 1, "b": 2, "c": 1, "d": 1, "e": 1}
    assert reader.flow_run(run.id) == ended
    assert_whole(reader, run.id)


def test_a_stopped_owner_s_run_that_nobody_took_is_crashed_all_the_same(scripts, eventually):
    """What recorded the crash took the lease away: there is one outcome."""
    process = started(scripts, STOP_IN="e", **BRIEF)
    reader = scripts.reader()
    run = eventually(lambda: reader.flow_runs(RunFilter()))[0]
    stop_between_writes(process.pid, scripts.home / "flows.db")
    eventually(lambda: reader.record_dead(time.time()) == [run.id])
    (scripts.home / "go").touch()
    os.kill(process.pid, signal.SIGCONT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "is owned by another process now" in err
    assert reader.flow_run(run.id).state.name == "Crashed"
    assert scripts.run(RESUME, run.id) == "abcde\n"
    assert_whole(reader, run.id)


HOLDING = """
import ctypes, os, sys
from jupyter_flows import flow, task

@task
def hold():
    print("in", flush=True)
    gate = os.open("gate", os.O_RDONLY)  # waits for the other end
    ctypes.PyDLL(None).read(gate, ctypes.create_string_buffer(1), 1)  # this call keeps the interpreter
    return "held"

@flow
def job():
    return hold()
"""


def test_a_call_that_holds_the_interpreter_past_the_lease_keeps_its_run(scripts, eventually):
    os.mkfifo(scripts.home / "gate")
    process = started(scripts, HOLDING + "print(job())", **BRIEF)
    reader = scripts.reader()
    run = eventually(lambda: [run for run in reader.flow_runs(RunFilter()) if run.state.is_running()])[0]
    gate = os.open(scripts.home / "gate", os.O_WRONLY)
    eventually(lambda: time.time() > reader.flow_run(run.id).lease_until + 0.3)
    assert reader.flow_run(run.id).state.is_running()
    assert reader.record_dead(time.time()) == []
    refused = scripts.start(HOLDING + "job.resume(sys.argv[1])", run.id)
    _, said = refused.communicate(timeout=60)
    assert f"it is Running in process {process.pid}" in said
    os.write(gate, b"!")
    os.close(gate)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "held\n"), err
    assert (only_run(reader).state.name, only_run(reader).attempts) == ("Completed", 1)


# -- kept values ------------------------------------------------------------------------------------------------

KEEPING = """
import os, signal, sys
from pathlib import Path
from jupyter_flows import flow, task
from jupyter_flows.results import FileResultStore

@task(persist_result=True)
def large():
    with open("ledger", "a") as ledger:
        ledger.write(f"large {os.getpid()}\\n")
    return bytes(2_000_000)

@task
def end(value):
    if not Path("mended").exists():
        raise ValueError("not yet")
    return len(value)

@flow
def job():
    return end(large())
"""

KILLED_AFTER_THE_FILE = (
    KEEPING
    + """
write = FileResultStore.write

def write_and_die(*args, **kwargs):
    write(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

FileResultStore.write = write_and_die
job()
"""
)


def kept_files(scripts) -> list[Path]:
    return [path for path in (scripts.home / "results").rglob("*") if path.is_file()]


def test_a_kill_between_a_result_s_file_and_its_row_runs_the_task_again(scripts):
    scripts.run(KILLED_AFTER_THE_FILE, status=-signal.SIGKILL)
    (orphan,) = kept_files(scripts)
    (scripts.home / "mended").touch()
    reader = scripts.reader()
    run = only_run(reader).id
    assert reader.results(run) == []
    assert scripts.run(KEEPING + "print(job.resume(sys.argv[1]))", run) == "2000000\n"
    assert ledger(scripts) == {"large": 2}
    assert kept_files(scripts) == [orphan]  # the same content is the same file
    assert len(reader.results(run)) == 1
    assert_whole(reader, run)


FULL_DISK = (
    KEEPING
    + """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, -1))
job(return_state=True)
"""
)


def test_a_value_that_a_full_disk_has_lost_is_made_again_when_there_is_space(scripts):
    scripts.run(FULL_DISK)
    reader = scripts.reader()
    run = only_run(reader)
    assert run.state.name == "Failed"
    assert kept_files(scripts) == []
    plan = KEEPING + "\n".join(["", "for one in job.plan_resume(sys.argv[1]).again:", "    print(one.reason)"])
    assert "the disk is full" in scripts.run(plan, run.id).splitlines()[0]
    (scripts.home / "mended").touch()
    assert scripts.run(KEEPING + "print(job.resume(sys.argv[1]))", run.id) == "2000000\n"
    assert ledger(scripts) == {"large": 2}
    assert len(kept_files(scripts)) == 1
    assert_whole(reader, run.id, repeated=1)


BOXED = """
import sys
from pathlib import Path
sys.path.insert(0, "")
import shapes
from jupyter_flows import flow, task

@task(persist_result=True)
def make():
    return shapes.made()

@flow
def job():
    made = make()
    if not Path("mended").exists():
        raise ValueError("not yet")
    return made
"""


def test_a_value_whose_class_is_gone_is_made_again_and_this_is_said(scripts):
    (scripts.home / "shapes.py").write_text("class Box: pass\ndef made(): return Box()\n")
    scripts.run(BOXED + "job(return_state=True)")
    (scripts.home / "shapes.py").write_text("def made(): return 'a plain text'\n")
    (scripts.home / "mended").touch()
    reader = scripts.reader()
    run = only_run(reader).id
    assert scripts.run(BOXED + "print(job.resume(sys.argv[1]))", run) == "a plain text\n"
    lines = [line.message for line in reader.logs(run) if line.number == 1]
    assert any(line.startswith("runs again: ") and "Can't get attribute 'Box'" in line for line in lines), lines
    assert_whole(reader, run, repeated=1)
