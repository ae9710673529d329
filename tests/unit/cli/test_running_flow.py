from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = """
import asyncio, os, sys
from jupyter_flows import DateTimeParameter, Flow, Parameter, flow, task

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

@task
def waits_long():
    import time
    time.sleep(60)

with Flow("declared-halves") as declared:
    n = Parameter("n", default=4)
    first = half(n)
    half.map([n, first], upstream_tasks=[half(Parameter("unused", default=None))])

with Flow("by-day") as by_day:
    shown = task(lambda day: day.isoformat(), name="shown")(DateTimeParameter("day"))

with Flow("declared-fails") as declared_fails:
    broken(3)

with Flow("declared-fails-later") as declared_fails_later:
    half(broken(3))

with Flow("declared-waits", executor="processes") as declared_waits:
    waits_long()
"""


@pytest.fixture(autouse=True)
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "some_flows.py"
    path.write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    yield "some_flows.py"
    for name in ("some_flows", "some_flows_file"):
        sys.modules.pop(name, None)


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
        (["some_flows.py:declard"], "did you mean 'declared'?"),
        (["some_flows.py:first"], "'first' is no flow but a Placed"),
        (["no_such_module:declared"], "there is no module 'no_such_module'"),
        (["some_flows.py:declared", "-p", "n=x"], "n: should be a whole number like its default 4 (given 'x')"),
        (["some_flows.py:declared", "-p", "m=1"], "m: no such parameter; this flow has: n, unused"),
        (["some_flows.py:by_day"], "day: a value is needed"),
        (["some_flows.py:by_day", "-p", "day=someday"], "day: should be an ISO date or time"),
        (["some_flows.py:declared", "--output", "x.ipynb"], "--output is for notebooks"),
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


def test_a_declared_flow_runs_the_same_way(cli):
    code, out, _ = cli("run", "some_flows:declared", "-p", "n=8", "-p", "unused=2", "--json")
    found = json.loads(out)
    assert (code, found["state"]["name"]) == (0, "Completed")
    assert found["parameters"] == {"n": 8, "unused": 2}


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (["declared", "-p", "n=8", "-p", "unused=2"], {"half-3": [4.0, 2.0]}),
        (["by_day", "-p", "day=2013-01-15"], {"shown": "2013-01-15T00:00:00+00:00"}),
    ],
)
def test_the_result_of_a_declared_flow_is_that_of_its_reference_tasks(cli, argv, wanted):
    code, out, _ = cli("run", f"some_flows.py:{argv[0]}", *argv[1:], "--json")
    assert (code, json.loads(out)["result"]) == (0, wanted)


@pytest.mark.parametrize("name", ["declared_fails", "declared_fails_later"])
def test_a_declared_flow_that_fails_is_explained_and_gives_1(cli, name):
    code, out, err = cli("run", f"some_flows.py:{name}")
    assert code == 1
    assert out.startswith("Failed  declared-fails")
    assert "first failed  broken (task run 1)" in err


def test_a_time_limit_ends_a_declared_flow(cli, as_json):
    code, out, _ = cli("run", "some_flows.py:declared_waits", "--timeout", "0.5", "--json")
    assert (code, json.loads(out)["state"]["name"]) == (1, "TimedOut")
    (run,) = as_json("ls")["runs"]
    assert [one["state"]["type"] for one in as_json("show", run["id"])["task_runs"]] == ["failed"]
