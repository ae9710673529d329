from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

SOURCE = """
import asyncio, os, sys
from jupyter_flows import flow, task

@task
def half(x):
    return x / 2

@flow
def halves(n: int = 4, names: list[str] = []):
    print("printed by the flow")
    os.system("echo printed by a child")
    return {"half": half(n), "names": names}

@flow
async def waits(seconds: float = 0.0):
    await asyncio.sleep(seconds)
    return seconds

@task
def broken(x):
    raise ValueError(f"no {x} \\x1b[31mhere")

@flow
def fails():
    broken(3)

@flow
def gives_an_object():
    return {1, 2}

@flow
def is_interrupted():
    raise KeyboardInterrupt
"""


@pytest.fixture(autouse=True)
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    path = tmp_path / "some_flows.py"
    path.write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    return "some_flows.py"


def test_run_gives_the_run_and_its_result_and_nothing_else_on_standard_output(cli):
    code, out, err = cli("run", "some_flows.py:halves", "-p", "n=6", "-p", 'names=["a"]', "--json")

    found = json.loads(out)
    assert code == 0
    assert found["result"] == {"half": 3.0, "names": ["a"]}
    assert found["state"]["type"] == "completed"
    assert found["parameters"] == {"n": 6, "names": ["a"]}
    assert "printed by the flow" in err


def test_run_for_people_ends_in_state_time_id_and_result(cli, as_json):
    code, out, _ = cli("run", "some_flows:waits", "-p", "seconds=0.01")
    assert code == 0
    last = out.splitlines()[-2:]
    assert last[0].startswith("Completed  waits") and as_json("ls")["runs"][0]["id"] in last[0]
    assert last[1].split() == ["result", "0.01"]


def test_a_failed_run_is_explained_on_standard_error_and_gives_1(cli):
    code, out, err = cli("run", "some_flows.py:fails")
    assert code == 1
    assert out.startswith("Failed  fails")
    assert "first failed  broken (task run 1)" in err
    assert "with  x = 3" in err
    assert "\x1b" not in out + err


def test_a_result_that_json_cannot_hold_is_given_as_its_repr(cli):
    code, out, _ = cli("run", "some_flows.py:gives_an_object", "--json")
    found = json.loads(out)
    assert (code, found["result"], found["result_repr"]) == (0, None, "{1, 2}")


def test_an_interrupted_run_is_cancelled_and_gives_130(cli, as_json):
    code, out, _ = cli("run", "some_flows.py:is_interrupted")
    assert code == 130
    assert out.startswith("Cancelled")
    assert as_json("ls")["runs"][0]["state"]["type"] == "cancelled"


def test_a_time_limit_fails_the_run(cli):
    code, out, _ = cli("run", "some_flows.py:waits", "-p", "seconds=60", "--timeout", "0.2", "--json")
    assert code == 1
    assert json.loads(out)["state"]["name"] == "TimedOut"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["some_flows.py:halves", "-p", "n=x"], "n:"),
        (["some_flows.py:halves", "-p", "m=3"], "m: is not a parameter (known: n, names)"),
        (["some_flows.py:halves", "--kernel", "python3"], "--kernel is for notebooks"),
        (["some_flows.py:nope"], "it has no 'nope'"),
    ],
)
def test_bad_input_is_one_line_and_no_run(cli, as_json, argv, said):
    code, out, err = cli("run", *argv)
    assert (code, out) == (2, "")
    assert said in err and err.count("\n") == 1
    assert as_json("ls")["runs"] == []


def test_a_store_that_cannot_be_used_gives_3(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_FLOWS_DATABASE_URL", f"sqlite:///{tmp_path}")
    code, out, err = cli("run", "some_flows.py:waits")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1 and str(tmp_path) in err
