"""`jupyter flows resume` of flows: what it says first, what it prints in the end, and what it refuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = """
from pathlib import Path
from jupyter_flows import Flow, flow, task

@task
def counted(x):
    with Path("ledger").open("a") as ledger:
        ledger.write(f"{x} ")
    return x

@task
def unkept():
    counted.fn("unkept")
    return object()

@task
def mended(x):
    counted.fn("mended")
    if not Path("mend").exists():
        raise ValueError("not \\x1b[31m yet")
    return x

@flow
def plain(day: int = 1):
    unkept()
    return mended(counted(day))

@flow
async def awaited(day: int = 1):
    return mended(counted(day))

with Flow("declared") as declared:
    mended(counted(7))
"""


@pytest.fixture(autouse=True)
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mendable_flows.py"
    path.write_text(SOURCE)
    yield path
    for name in ("mendable_flows", "mendable_flows_file"):
        sys.modules.pop(name, None)


@pytest.fixture
def failed(cli, as_json):
    """Run a flow that fails; returns its run's id."""

    def run(name: str) -> str:
        assert cli("run", f"mendable_flows.py:{name}")[0] == 1
        return as_json("ls")["runs"][0]["id"]

    return run


def ledger() -> list[str]:
    return Path("ledger").read_text().split()


@pytest.mark.parametrize(("name", "result"), [("plain", 1), ("awaited", 1), ("declared", {"mended": 7})])
def test_a_mended_run_goes_on_and_prints_what_run_prints(cli, failed, name, result):
    run = failed(name)
    before = ledger()
    Path("mend").touch()
    code, out, err = cli("resume", run, "--json")
    found = json.loads(out)
    assert (code, found["result"], found["attempts"], found["state"]["type"]) == (0, result, 2, "completed")
    assert [one for one in ledger()[len(before) :] if one != "unkept"] == ["mended"]
    assert "runs again: mended: it failed: ValueError" in err and "\x1b" not in err


def test_it_says_first_what_runs_again_and_why(cli, failed):
    run = failed("plain")
    before = ledger()
    code, out, _ = cli("resume", run[:6], "--dry-run")
    assert code == 0
    assert out.splitlines() == [
        f"resuming plain-{run[:6]} (Failed), attempt 2: 1 finished task run is re-used, 2 run again",
        "runs again: unkept: it completed, but its value was not kept (persist_result=True keeps it)",
        "runs again: mended: it failed: ValueError: not \\x1b[31m yet",
    ]
    assert ledger() == before


def test_a_plan_is_there_for_programs_too(as_json, failed):
    plan = as_json("resume", failed("declared"), "--dry-run")
    assert [one["name"] for one in plan["reused"]] == ["counted"]
    assert [(one["name"], one["reason"].partition(":")[0]) for one in plan["again"]] == [("mended", "it failed")]


def test_a_task_can_be_run_again_all_the_same(cli, failed):
    run = failed("declared")
    Path("mend").touch()
    assert cli("resume", run, "--again", "counted")[0] == 0
    assert ledger() == ["7", "mended", "7", "mended"]


def test_of_what_failed_only_what_is_named_runs_again(cli, failed, as_json):
    run = failed("plain")
    number = as_json("why", run)["task"]["number"]
    plan = as_json("resume", run, "--dry-run", "--only", str(number))
    assert "mended" in [one["name"] for one in plan["again"]]
    code, _, err = cli("resume", run, "--only", "999")
    assert (code, err.count("\n")) == (2, 1)
    assert "no failed task run 999" in err


def test_a_failed_run_says_how_it_is_resumed(cli, as_json):
    _, _, err = cli("run", "mendable_flows.py:plain")
    assert f"jupyter flows resume {as_json('ls')['runs'][0]['id'][:8]}" in err


def test_what_cannot_be_resumed_is_refused_in_one_line(cli, failed, source):
    run = failed("plain")
    Path("mend").touch()
    assert cli("resume", run)[0] == 0
    for argv, said in (
        ([run], "it completed"),
        (["nobody"], "there is no run"),
    ):
        code, out, err = cli("resume", *argv)
        assert (code, out) == (2, "") and said in err and len(err.splitlines()) == 1
    Path("mend").unlink()
    other = failed("plain")
    source.unlink()
    code, _, err = cli("resume", other)
    assert code == 2 and "is gone" in err and len(err.splitlines()) == 1
