"""Worker processes that die, hang or lose their parent: one attempt is lost, never the run, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from jupyter_flows.model.runs import RunFilter

PRELUDE = """
import ctypes, os, signal, sys, time
from jupyter_flows import ProcessPoolTaskRunner, flow, task
runner = ProcessPoolTaskRunner(2, sys.argv[1])
"""

METHODS = pytest.mark.parametrize("method", ["spawn", "forkserver"])


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def ends(reader):
    (run,) = reader.flow_runs(RunFilter())
    return run.state.name, [child.state.name for child in reader.task_runs(run.id)]


DEATHS = {
    "kill -9": "os.kill(os.getpid(), signal.SIGKILL)",
    "_exit": "os._exit(0)",
    "segfault": "ctypes.string_at(0)",
    "abort": "os.abort()",
    "closed files": "os.closerange(0, 100)",
}


@METHODS
@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
def test_a_worker_that_dies_costs_one_attempt_and_not_the_run(death, method, scripts):
    code = f"""{PRELUDE}
@task(retries=1)
def dies(mark):
    if not os.path.exists(mark):
        open(mark, "w").close()
        {death}
    return 1

@task
def lives(x):
    return x

@flow(task_runner=runner)
def main():
    first = dies.submit("mark")
    return first.result() + sum(lives.map(range(10)).result())

print(main())
"""
    assert scripts.run(code, method).splitlines()[-1] == "46"
    assert ends(scripts.reader()) == ("Completed", ["Completed"] * 11)


@METHODS
def test_a_worker_that_is_killed_from_outside_is_lost_alone(method, scripts):
    process = scripts.start(
        f"""{PRELUDE}
@task
def waits(x):
    print(os.getpid(), flush=True)
    if x:
        time.sleep(600)
    return x

@flow(task_runner=runner, final_state="return")
def main():
    stuck = waits.submit(1)
    stuck.wait()
    return waits.submit(0).result()

main()
""",
        method,
    )
    (pid,) = lines(process, 1)
    os.kill(int(pid), signal.SIGKILL)
    assert process.wait(60) == 0
    reader = scripts.reader()
    assert ends(reader) == ("Completed", ["WorkerLost", "Completed"])
    (run,) = reader.flow_runs(RunFilter())
    assert reader.task_runs(run.id)[0].state.message == f"its worker process {pid} was killed by SIGKILL"


@METHODS
def test_a_worker_that_dies_while_idle_is_replaced_unseen(method, scripts):
    out = scripts.run(
        f"""{PRELUDE}
def gone(pid):  # only then are its files closed
    try:
        return open(f"/proc/{{pid}}/stat").read().split()[2] == "Z"
    except FileNotFoundError:
        return True

@task
def where():
    return os.getpid()

@flow(task_runner=runner)
def main():
    pid = where.submit().result()
    os.kill(pid, signal.SIGKILL)
    while not gone(pid):
        time.sleep(0.01)
    return pid != where.submit().result()

print(main())
""",
        method,
    )
    assert out == "True\n"
    assert ends(scripts.reader()) == ("Completed", ["Completed", "Completed"])


STUCK = f"""{PRELUDE}
import subprocess
import sys
@task(timeout_seconds=float(sys.argv[2]) if len(sys.argv) > 2 else None)
def stuck():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(os.getpid(), child.pid, flush=True)
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass

@flow(task_runner=runner, final_state="return")
def main():
    future = stuck.submit()
    print(future.wait().state, flush=True)

main()
"""


@METHODS
def test_a_time_limit_ends_the_worker_and_what_it_started(method, scripts, eventually):
    for limit in (0.5, 5, 30):  # until it is enough to start something
        out = scripts.run(STUCK, method, limit).splitlines()
        assert out.pop() == f"TimedOut('passed its time limit of {limit} s')"
        if out:
            break
    pids = [int(pid) for pid in out[0].split()]
    eventually(lambda: all(map(gone, pids)))
    runs = scripts.reader().flow_runs(RunFilter())
    assert {run.state.name for run in runs} == {"Completed"}
    assert [run.state.name for one in runs for run in scripts.reader().task_runs(one.id)] == ["TimedOut"] * len(runs)


@METHODS
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_their_parent(number, method, scripts, eventually):
    process = scripts.start(STUCK, method)
    pids = [int(pid) for pid in lines(process, 1)[0].split()]
    process.send_signal(number)
    assert process.wait(60) != 0
    eventually(lambda: all(map(gone, pids)))
    if number == signal.SIGINT:
        assert ends(scripts.reader()) == ("Cancelled", ["Cancelled"])
    if number == signal.SIGTERM:
        assert ends(scripts.reader())[0] == "Interrupted"


@METHODS
def test_idle_workers_end_with_the_process_and_do_not_hold_it(method, scripts, eventually):
    out = scripts.run(
        f"""{PRELUDE}
@task
def where(x):
    time.sleep(0.05)
    return os.getpid()

@flow(task_runner=runner)
def main():
    return set(where.map(range(6)).result())

print(*main())
print(*[process.pid for process in __import__("psutil").Process().children(recursive=True)])
""",
        method,
    ).splitlines()
    pids = [int(pid) for line in out for pid in line.split()]
    assert len(pids) >= 2
    eventually(lambda: all(map(gone, pids)))


@METHODS
def test_a_closed_runner_leaves_no_process(method, scripts):
    out = scripts.run(
        f"""{PRELUDE}
import psutil

@task
def nothing(x):
    return x

@flow(task_runner=runner)
def main():
    return nothing.map(range(4)).result()

main()
runner.close()
alive = [child for child in psutil.Process().children() if "process_worker" in " ".join(child.cmdline())]
print(len(alive), main())
""",
        method,
    )
    assert out == "0 [0, 1, 2, 3]\n"


@METHODS
def test_a_fork_of_the_parent_does_not_keep_workers_alive(method, scripts, eventually):
    process = scripts.start(
        f"""{PRELUDE}
@task
def where():
    return os.getpid()

@flow(task_runner=runner)
def main():
    return where.submit().result()

worker = main()
child = os.fork()
if child == 0:
    time.sleep(600)
print(worker, child, flush=True)
os._exit(0)
""",
        method,
    )
    worker, child = map(int, lines(process, 1)[0].split())
    try:
        eventually(lambda: gone(worker))
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_script_without_a_guard_is_not_run_again(scripts, tmp_path):
    script = tmp_path / "plain.py"
    script.write_text(
        f"""{PRELUDE}
print("top level")

class Point:
    def __init__(self, x):
        self.x = x

@task
def move(point):
    return Point(point.x + 1)

@flow(task_runner=runner)
def main():
    moved = move.submit(Point(1)).result()
    return moved.x, type(moved) is Point

print(main())
""",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script), "spawn"],
        env=scripts.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("top level\n(2, True)\n", "")


@METHODS
def test_tasks_of_a_module_go_by_name(method, scripts):
    module = Path(scripts.home) / "mine.py"
    module.write_text(
        "import os, threading\n"
        "from jupyter_flows import task\n"
        "LOCK = threading.Lock()\n"
        "CALLS = []\n"
        "@task\n"
        "def count(x):\n"
        "    with LOCK:\n"
        "        CALLS.append(x)\n"
        "    return len(CALLS)\n",
        encoding="utf-8",
    )
    out = scripts.run(
        f"""{PRELUDE}
@task
def where():
    return os.getcwd(), os.environ.get("OF_MINE")

@flow(task_runner=ProcessPoolTaskRunner(1, sys.argv[1]))
def main():
    where.submit().result()
    os.mkdir("deeper")
    os.chdir("deeper")  # a worker that is there already follows
    sys.path.insert(0, os.path.dirname(os.getcwd()))
    import mine
    return mine.count.map([7, 7, 7]).result(), mine.CALLS, where.submit().result()[0] == os.getcwd()

print(main())
os.environ["OF_MINE"] = "seen"
print(flow(task_runner=runner)(lambda: where.submit().result()[1])())
""",
        method,
    )
    assert out == "([1, 2, 3], [], True)\nseen\n"
