"""What a runner starts for a run of a deployment: real child processes, real kernels, a real pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.engine.ports import RunReader
from jupyter_flows.model.deployments import DeploymentDefinition, ScheduleDefinition
from jupyter_flows.model.runs import FlowRun, RunFilter
from jupyter_flows.model.slots import SlotPlace
from jupyter_flows.model.states import cancelled
from jupyter_flows.schedules import CronSchedule, to_json
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.services.snapshots import keep_snapshot
from jupyter_flows.services.subjects import source_files
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_deployments, open_queue, open_reader, open_slots
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.waiting_end import end_waiting

EXECUTE = [sys.executable, "-m", "jupyter_flows.cli.main", "execute"]
TICK = datetime(2026, 3, 30, 9, tzinfo=ZoneInfo("Europe/Rome"))
FLOWS = """\
import asyncio, os, subprocess, sys, time
from pathlib import Path
from jupyter_flows import Flow, flow, runtime, task

@task
def double(n):
    return 2 * n

@flow
def daily(n: int = 1):
    here = runtime.flow_run
    return {"n": double(n), "tick": str(here.tick), "deployment": here.deployment, "folder": os.getcwd(),
            "word": os.environ.get("WORD") == "hush-hush-hush", "attempt": here.run_count}

@flow
def naps():
    subprocess.Popen(["sleep", "600"])
    print("napping", flush=True)
    time.sleep(600)

@flow
async def naps_async():
    print("napping", flush=True)
    await asyncio.sleep(600)

@flow
def stubborn():
    subprocess.Popen(["sh", "-c", "trap '' TERM; while :; do sleep 600; done"])
    print("napping", flush=True)
    while True:
        try:
            time.sleep(600)
        except BaseException:
            print("ignored", flush=True)

@flow
def leaves_one_behind():
    subprocess.Popen(["sleep", "600"])
    return 1

@flow
def naps_later():
    if runtime.flow_run.run_count == 1:
        raise ConnectionError("away")
    Path("seen").write_text(os.environ.get("WORD", "nothing"))
    time.sleep(600)

@flow
def twice():
    if runtime.flow_run.run_count == 1:
        double(1)
        raise ConnectionError("away")
    return double(1)
"""


class Bench:
    """A store of the test's own, and children on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "JUPYTER_DATA_DIR": str(folder / "data"), "JUPYTER_FLOWS_POLL_SECONDS": "0.1"}
        self.settings: Settings = load_settings(self.environment)
        self.reader: RunReader = open_reader(self.settings)
        self.children: list[subprocess.Popen[str]] = []
        (folder / "work.py").write_text(FLOWS)

    def deploy(self, flow: str = "daily", parameters: dict[str, Any] | None = None, **options: Any) -> str:
        """Deploy a flow of `work.py`, or a notebook where `target` says so, and make a run of it; return its id."""
        target = options.pop("target", f"work@{self.folder / 'work.py'}")
        flow = flow.replace("_", "-")
        kind = "notebook" if target.endswith(".ipynb") else "flow"
        schedule = ScheduleDefinition("schedule", to_json(CronSchedule("0 9 * * *", timezone="Europe/Rome")))
        folder = options.pop("directory", str(self.folder))
        wanted = DeploymentDefinition("mornings", flow, kind, target, folder, schedules=(schedule,), **options)
        snapshot = keep_snapshot(self.folder / "snapshots", source_files(target)) if "source" in options else ""
        with open_deployments(self.settings) as deployments, open_queue(self.settings) as queue:
            applied = deployments.apply(
                wanted, digest=new_run_id(), snapshot=str(snapshot), at=time.time(), new_id=new_run_id
            )
            (stored,) = deployments.schedules(applied.deployment.id)
            made = create_run(
                queue, applied.deployment, at=time.time(), parameters=parameters, tick=TICK, schedule_id=stored.id
            )
        return made.run_id

    def notebook(self, *sources: str, name: str = "report.ipynb", kernel: str = "python3") -> str:
        tags = {"metadata": {"tags": ["parameters"]}}
        cells = [new_code_cell(text, **(tags if text.startswith("day") else {})) for text in sources]
        metadata = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
        nbformat.write(new_notebook(cells=cells, metadata=metadata), self.folder / name)
        return str(self.folder / name)

    def start(self, *argv: str, **options: Any) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [*EXECUTE, *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=self.environment,
            process_group=0,
            **options,
        )
        self.children.append(child)
        return child

    def resume(self, run_id: str) -> subprocess.Popen[str]:
        """Start what somebody types, far from where the deployment works."""
        command = [sys.executable, "-m", "jupyter_flows.cli.main", "resume", run_id]
        child = subprocess.Popen(
            command,
            text=True,
            cwd="/",
            env=self.environment,
            process_group=0,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.children.append(child)
        return child

    def execute(self, run_id: str, status: int = 0) -> FlowRun:
        child = self.start(run_id)
        out, err = child.communicate(timeout=60)
        assert child.returncode == status, f"{out}\n{err}"
        assert "Traceback" not in err
        return self.reader.flow_run(run_id)

    def close(self) -> None:
        for child in self.children:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.communicate(timeout=60)
        self.reader.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.fixture
def eventually() -> Callable[..., Any]:
    def ask(question: Callable[[], Any], seconds: float = 60.0) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            assert time.monotonic() < deadline, f"still {answer!r} after {seconds:g} s"
            time.sleep(0.02)
        return answer

    return ask


def living(group: int) -> list[str]:
    """The processes of a group that are no zombies."""
    found = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in found.splitlines()]
    return [row[2] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def why(bench: Bench, run: FlowRun) -> str:
    (failure,) = [one for one in bench.reader.failures(run.id) if one.attempt == run.attempts]
    assert "jupyter_flows/" not in failure.traceback  # none of our frames
    return failure.message


def test_the_first_attempt_of_a_flow_is_the_run_that_was_made_for_the_tick(bench: Bench):
    (bench.folder / "env").write_text("WORD='hush-hush-hush'\n")
    run_id = bench.deploy("daily", {"n": 4}, env_file=str(bench.folder / "env"), tags=("a",))
    before = bench.reader.flow_run(run_id)
    assert (before.state.name, before.attempts) == ("Scheduled", 0)
    run = bench.execute(run_id)
    assert (run.state.name, run.attempts, run.name, run.tags) == ("Completed", 1, before.name, ("a",))
    assert json.loads(run.parameters) == {"n": 4}
    assert json.loads(run.value or "") == {
        "n": 8,
        "tick": "2026-03-30 09:00:00+02:00",
        "deployment": "mornings",
        "folder": str(bench.folder),
        "word": True,
        "attempt": 1,
    }
    assert [change.state.name for change in bench.reader.states(run.id, 0)] == [
        "Scheduled",
        "Pending",
        "Running",
        "Completed",
    ]
    assert "it completed" in bench.start(run_id).communicate(timeout=60)[1]


def test_a_run_that_failed_goes_on_with_its_next_attempt(bench: Bench):
    run_id = bench.deploy("twice")
    assert bench.execute(run_id, status=1).state.name == "Failed"
    run = bench.execute(run_id)
    assert (run.state.name, run.attempts) == ("Completed", 2)
    assert len(bench.reader.task_runs(run_id)) == 1  # re-used


def test_resumed_by_hand_it_runs_as_its_runner_would_run_it(bench: Bench):
    bench.environment["JUPYTER_FLOWS_LIMITS"] = "db=1"
    (bench.folder / "env").write_text("WORD='hush-hush-hush'\n")
    slots = open_slots(load_settings(bench.environment))
    assert slots is not None
    held, needs = SlotPlace("another", 1), (("db", 1),)
    for limit in (0.5, 4.0, 20.0):  # until what it does before its nap fits in, whatever else this machine does
        (bench.folder / "work.py").write_text(FLOWS)
        options = {"env_file": "env", "source": "snapshot", "timeout_seconds": limit, "limits": ("db",)}
        run_id = bench.deploy("naps_later", **options)
        assert bench.execute(run_id, status=1).state.is_failed()
        (bench.folder / "work.py").write_text("raise RuntimeError('edited since')\n")
        assert slots.take(held, needs, this_owner("test"), time.time(), time.time() + 60)
        child = bench.resume(run_id)
        assert child.stderr is not None
        lines = iter(child.stderr.readline, "")
        assert any(line == "waits for a slot of db\n" for line in lines)
        slots.give(held)
        assert child.wait(timeout=60) == 1
        run = bench.reader.flow_run(run_id)
        assert (run.state.name, run.attempts) == ("TimedOut", 2)
        if (bench.folder / "seen").exists():
            break
    assert (bench.folder / "seen").read_text() == "hush-hush-hush"
    assert slots.has_room(held, needs, time.time())
    slots.close()


def test_a_notebook_resumed_by_hand_has_the_variables_and_limits_of_its_deployment(bench: Bench):
    target = bench.notebook(
        "import os, time\nfrom pathlib import Path\nassert Path('ready').exists(), 'not yet'",
        "Path('seen').write_text(os.environ['WORD'])\ntime.sleep(600)",
    )
    (bench.folder / "env").write_text("WORD=hush-and-hush\n")
    for limit in (1.0, 5.0, 30.0):  # until what it does before its nap fits in, whatever else this machine does
        (bench.folder / "ready").unlink(missing_ok=True)
        run_id = bench.deploy("report", target=target, env_file="env", cell_timeout_seconds=limit)
        assert bench.execute(run_id, status=1).state.is_failed()
        (bench.folder / "ready").touch()
        child = bench.resume(run_id)
        child.communicate(timeout=60)
        assert child.returncode == 1
        run = bench.reader.flow_run(run_id)
        assert (run.state.name, run.attempts) == ("TimedOut", 2)
        assert f"time limit of {limit:g} s" in run.state.message
        if (bench.folder / "seen").exists():
            break
    assert (bench.folder / "seen").read_text() == "hush-and-hush"


def test_what_was_kept_when_it_was_deployed_runs_where_the_flow_lives(bench: Bench):
    run_id = bench.deploy("daily", source="snapshot")
    (bench.folder / "work.py").write_text("raise RuntimeError('edited since')\n")
    value = json.loads(bench.execute(run_id).value or "")
    assert (value["n"], value["folder"]) == (2, str(bench.folder))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda b: None, {"parameters": {"n": "x"}}, "n: Input should be a valid integer"),
        (lambda b: None, {"flow": "nightly"}, "has no such flow any more"),
        (lambda b: (b.folder / "work.py").unlink(), {}, "work.py is gone; put it back"),
        (lambda b: (b.folder / "work.py").write_text("import nonsense_xyz"), {}, "No module named 'nonsense_xyz'"),
        (lambda b: None, {"directory": "/nonsense/xyz"}, "its folder /nonsense/xyz is gone"),
        (lambda b: None, {"env_file": "/nonsense/env"}, "environment file /nonsense/env: No such file"),
        (lambda b: (b.folder / "env").write_text("A=1\nhush-hush"), {"env_file": "env"}, "line 2: it should read"),
    ],
)
def test_a_flow_that_cannot_start_ends_its_run_as_failed_and_says_why(
    bench: Bench, change: Callable[[Bench], Any], options: dict[str, Any], message: str
):
    run_id = bench.deploy(options.pop("flow", "daily"), options.pop("parameters", None), **options)
    change(bench)
    run = bench.execute(run_id, status=1)
    assert (run.state.name, run.attempts) == ("Failed", 1)
    assert message in run.state.message
    assert message in why(bench, run)


def test_a_deployed_notebook_runs_with_its_parameters_tick_variables_and_artifacts(bench: Bench):
    target = bench.notebook(
        "day = 'none'",
        "import os\nfrom jupyter_flows import flow, runtime\nrun = runtime.flow_run\nopen('out.csv', 'w').write('1')",
        "print('the word is', os.environ['WORD'])",
        "from jupyter_flows import publish\n@flow\ndef inner():\n    return str(runtime.flow_run.tick)",
        "publish(seen=[day, str(run.tick), run.deployment, run.id, inner()], word=len(os.environ['WORD']) == 13)",
    )
    (bench.folder / "env").write_text("WORD=hush-and-hush\n")
    run_id = bench.deploy("report", {"day": "mon"}, target=target, env_file="env", artifacts=("*.csv",))
    run = bench.execute(run_id)
    assert (run.state.name, run.attempts) == ("Completed", 1)
    tick = "2026-03-30 09:00:00+02:00"
    assert json.loads(run.value or "") == {"seen": ["mon", tick, "mornings", run_id, tick], "word": True}
    assert run.directory is not None
    assert {"report.ipynb", "graph.svg", "log.txt"} <= {path.name for path in Path(run.directory).iterdir()}
    assert list(Path(run.directory).rglob("out.csv"))
    told = [*map(str, bench.reader.logs(run_id)), (Path(run.directory) / "report.ipynb").read_text()]
    assert "the word is" in "".join(told)
    assert "hush-and-hush" not in "".join(told)
    (child,) = bench.reader.flow_runs(RunFilter(parent=run_id))
    assert child.state.is_completed()


def test_a_notebook_goes_on_after_its_failing_task_and_keeps_its_tick(bench: Bench):
    target = bench.notebook(
        "from jupyter_flows import publish, runtime\nfrom pathlib import Path",
        "%%task load\nrows = [1, 2]",
        "%%task report\nPath('loaded').write_text(Path('loaded').read_text() + 'x')\ntotal = sum(rows)",
        "publish(total=total, tick=str(runtime.flow_run.tick), attempt=runtime.flow_run.run_count)",
    )
    run_id = bench.deploy("report", target=target)
    assert bench.execute(run_id, status=1).state.is_failed()
    (bench.folder / "loaded").write_text("")
    run = bench.execute(run_id)
    assert json.loads(run.value or "") == {"total": 3, "tick": "2026-03-30 09:00:00+02:00", "attempt": 2}


def test_a_deployed_notebook_looks_its_secrets_up_when_it_runs(bench: Bench):
    target = bench.notebook("day = ''", "from jupyter_flows import publish\npublish(length=len(day))")
    run_id = bench.deploy("report", {"day": {"$secret": "DAY"}}, target=target)
    bench.environment["JUPYTER_FLOWS__CONTEXT__SECRETS__DAY"] = "doomsday"
    assert json.loads(bench.execute(run_id).value or "") == {"length": 8}


def test_a_kept_notebook_runs_in_its_own_folder(bench: Bench):
    target = bench.notebook("import os", "from jupyter_flows import publish", "publish(folder=os.getcwd())")
    run_id = bench.deploy("report", target=target, source="snapshot")
    Path(target).write_text("no notebook any more")
    assert json.loads(bench.execute(run_id).value or "") == {"folder": str(bench.folder)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gone": True}, "report.ipynb"),
        ({"kernel": "nonsense-xyz"}, "nonsense-xyz"),
        ({"parameters": {"nonsense": 1}}, "nonsense"),
    ],
)
def test_a_notebook_that_cannot_start_ends_its_run_as_failed_and_says_why(
    bench: Bench, options: dict[str, Any], message: str
):
    target = bench.notebook("day = 1", kernel=options.get("kernel", "python3"))
    run_id = bench.deploy("report", options.get("parameters"), target=target)
    if options.get("gone"):
        Path(target).rename(bench.folder / "moved.ipynb")
    run = bench.execute(run_id, status=1)
    assert (run.state.name, run.attempts) == ("Failed", 1)
    assert message in run.state.message
    assert message in why(bench, run)


def test_the_time_limit_of_the_deployment_holds(bench: Bench):
    run = bench.execute(bench.deploy("naps", timeout_seconds=0.3), status=1)
    assert run.state.name == "TimedOut"


def test_nothing_that_a_run_has_started_outlives_it(bench: Bench, eventually: Callable[..., Any]):
    assert bench.execute(bench.deploy("leaves_one_behind")).state.is_completed()
    assert eventually(lambda: not living(bench.children[0].pid))


@pytest.mark.parametrize("flow", ["naps", "naps_async", "stubborn", "notebook"])
@pytest.mark.parametrize("how", ["parted", "cancelled"])
def test_a_child_ends_with_its_runner_and_by_a_cancel_request_with_all_that_it_has_started(
    bench: Bench, eventually: Callable[..., Any], flow: str, how: str
):
    if flow == "notebook":
        code = (
            "import os, subprocess, time\nsubprocess.Popen(['sleep', '600'])\nopen('pid', 'w').write(str(os.getpid()))"
        )
        run_id = bench.deploy("report", target=bench.notebook(f"{code}\ntime.sleep(600)"))
    else:
        run_id = bench.deploy(flow)
    here, there = os.pipe()
    child = bench.start(run_id, "--lifeline", str(here), "--grace", "1", pass_fds=[here])
    os.close(here)
    groups = [child.pid]
    if flow == "notebook":
        groups.append(int(eventually(lambda: (bench.folder / "pid").exists() and (bench.folder / "pid").read_text())))
    else:
        assert child.stdout is not None
        assert child.stdout.readline() == "napping\n"
        eventually(lambda: bench.reader.flow_run(run_id).state.name == "Running")
    if how == "parted":
        os.close(there)
    else:
        bench.reader.request_cancel(run_id, time.time())
    child.wait(timeout=60)
    eventually(lambda: not any(living(group) for group in groups))
    run = bench.reader.flow_run(run_id)
    assert run.state.name == ("Interrupted" if how == "parted" else "Cancelled")
    assert run.ended_at is not None
    assert all(one.state.is_final() for one in bench.reader.task_runs(run_id))
    if how == "cancelled":
        os.close(there)


def test_a_killed_child_leaves_a_crashed_run_and_no_kernel(bench: Bench, eventually: Callable[..., Any]):
    code = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(600)"
    run_id = bench.deploy("report", target=bench.notebook(code))
    child = bench.start(run_id)
    kernel = int(eventually(lambda: (bench.folder / "pid").exists() and (bench.folder / "pid").read_text()))
    child.kill()
    child.wait(timeout=60)
    assert bench.reader.flow_run(run_id).state.name == "Crashed"
    eventually(lambda: not living(kernel))
    assert bench.reader.record_dead(time.time()) == [run_id]


def test_a_killed_kernel_is_told_as_what_it_is(bench: Bench):
    run_id = bench.deploy("report", target=bench.notebook("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
    assert bench.execute(run_id, status=1).state.name == "KernelDied"


def test_a_warm_child_waits_for_its_run(bench: Bench):
    target = bench.notebook("from jupyter_flows import publish, runtime", "publish(tick=str(runtime.flow_run.tick))")
    run_id = bench.deploy("report", target=target)
    here, there = os.pipe()
    child = bench.start("--lifeline", str(here), "--prepare", "mornings", pass_fds=[here])
    os.close(here)
    os.write(there, json.dumps({"run": run_id}).encode() + b"\n")
    _, err = child.communicate(timeout=60)
    os.close(there)
    assert (child.returncode, err) == (0, "")
    assert json.loads(bench.reader.flow_run(run_id).value or "") == {"tick": "2026-03-30 09:00:00+02:00"}


@pytest.mark.parametrize("said", [b"", b"nonsense\n"])
def test_a_warm_child_that_nobody_needs_ends(bench: Bench, said: bytes):
    here, there = os.pipe()
    child = bench.start("--lifeline", str(here), pass_fds=[here])
    os.close(here)
    os.write(there, said)
    os.close(there)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, "")


def test_of_two_children_one_wins(bench: Bench):
    run_id = bench.deploy("daily")
    children = [bench.start(run_id) for _ in range(3)]
    ends = [child.communicate(timeout=60) for child in children]
    assert sorted(child.returncode for child in children) == [0, 2, 2], ends
    run = bench.reader.flow_run(run_id)
    assert (run.state.name, run.attempts) == ("Completed", 1)


def test_a_run_that_was_cancelled_since_it_was_claimed_is_not_executed(bench: Bench):
    run_id = bench.deploy("daily", {"n": 4})
    with open_queue(bench.settings) as queue, queue.file.writing() as connection:
        assert end_waiting(connection, run_id, cancelled(time.time(), "asked from outside"))
    run = bench.execute(run_id, status=2)
    assert (run.state.name, run.state.message, run.attempts) == ("Cancelled", "asked from outside", 0)


def test_a_run_of_no_deployment_is_not_executed(bench: Bench):
    code = "from work import daily; print(daily(return_state=True))"
    environment = {**bench.environment, "PYTHONPATH": os.pathsep.join([str(bench.folder), str(Path.cwd())])}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60, cwd="/")
    (run,) = bench.reader.flow_runs(RunFilter())
    child = bench.start(run.id)
    assert "it completed" in child.communicate(timeout=60)[1]
    assert child.returncode == 2
