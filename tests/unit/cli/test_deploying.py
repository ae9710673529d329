from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., tuple[int, str, str]]

FLOWS = """\
from datetime import date
from jupyter_flows import Flow, Parameter, flow, task

print("printed by the import")

@task
def double(x):
    return 2 * x

@flow(tags=["etl"])
def daily(day: date, top: int = 10, note="x", names: list[str] = []):
    '''Sum a day.'''
    return top

with Flow("declared") as declared:
    double(Parameter("n", default=3))

if __name__ != "__main__":
    daily.deploy("by-itself", cron="0 1 * * *", parameters={"day": "2027-01-01"})
"""


@pytest.fixture
def flows(tmp_path: Path) -> str:
    path = tmp_path / "flows_to_deploy.py"
    path.write_text(FLOWS)
    return str(path)


def change(cli: Cli, *argv: str) -> Any:
    """What a command says as JSON; the import of the flow's file prints beside it."""
    code, out, _ = cli(*argv, "--json")
    assert code == 0
    return json.loads(out)


def shown(as_json: Callable[..., Any], name: str) -> dict[str, Any]:
    return as_json("deployments", "show", name)["deployment"]


def test_a_flow_is_deployed_with_typed_parameters_and_all_options(cli: Cli, as_json, flows, tmp_path):
    (tmp_path / "night.env").write_text("A=1\n")
    options = ["--retries", "2", "--retry-delay", "1m30s", "--timeout", "60", "--tag", "a", "--source", "snapshot"]
    more = ["--env-file", str(tmp_path / "night.env"), "--max-active", "2", "--limit", "db", "--priority", "-3"]
    typed = ["-p", "day={tick:%Y-%m-%d}", "-p", "top=3", "-p", 'names=["a"]', "-p", "note=4"]
    code, out, err = cli("deploy", f"{flows}:daily", "--name", "night", *typed, "--cron", "0 2 * * *", *options, *more)

    assert (code, out.splitlines()[0]) == (0, "night created, version 1")
    assert "note: " not in err or "printed" in err
    told = shown(as_json, "night")
    assert told["parameters"] == {"day": "{tick:%Y-%m-%d}", "top": 3, "names": ["a"], "note": "4"}
    assert (told["retries"], told["retry_delay_seconds"], told["timeout_seconds"]) == (2, 90.0, 60.0)
    assert (told["source"], told["max_active"], told["limits"], told["priority"]) == ("snapshot", 2, ["db"], -3)
    assert (told["description"], told["tags"]) == ("Sum a day.", ["a"])
    assert told["env_file"] == str(tmp_path / "night.env")


def test_json_objects_and_lists_may_hold_templates_and_secrets_are_kept_by_name(cli: Cli, as_json, tmp_path):
    (tmp_path / "typed_flows.py").write_text(
        "from jupyter_flows import flow\n\n@flow\ndef typed(where: dict, days: list[str], token: str, note=''): ...\n"
    )
    typed = ["-p", 'where={"day": "{tick:%F}"}', "-p", 'days=["{yesterday}", "x"]', "-p", "token=secret:TOKEN"]
    assert cli("deploy", f"{tmp_path / 'typed_flows.py'}:typed", "--name", "t", *typed, "-p", "note={{x}}")[0] == 0
    told = shown(as_json, "t")["parameters"]
    assert (told["where"], told["days"], told["note"]) == ({"day": "{tick:%F}"}, ["{yesterday}", "x"], "{{x}}")
    assert "TOKEN" in str(told["token"])
    assert "token = secret:TOKEN" in cli("deployments", "show", "t")[1]


def test_a_file_that_deploys_by_itself_does_not_while_its_flow_is_looked_for(cli: Cli, as_json, flows):
    cli("deploy", f"{flows}:declared")
    assert [one["name"] for one in as_json("deployments", "ls")["deployments"]] == ["declared"]
    assert change(cli, "deploy", f"{flows}:declared", "-p", "n=4")["change"] == "changed"
    assert shown(as_json, "declared")["parameters"] == {"n": 4}


def test_what_was_deployed_before_and_is_the_same_is_left(cli: Cli, flows):
    argv = ("deploy", f"{flows}:declared", "--name", "d")
    assert [change(cli, *argv)["change"] for _ in range(2)] == ["created", "unchanged"]
    Path(flows).write_text(FLOWS.replace("2 * x", "3 * x"))
    told = change(cli, *argv)
    assert (told["change"], told["deployment"]["version"]) == ("changed", 2)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--name", "x"], "day: is missing"),
        (["-p", "day=soon"], "day"),
        (["-p", "day=2027-01-01", "-p", "top=many"], "top"),
        (["-p", "day=2027-01-01", "-p", "tops=1"], "top"),
        (["-p", "day=2027-01-01", "--kernel", "python3"], "for notebooks"),
        (["-p", "day=2027-01-01", "--cell-timeout", "3"], "for notebooks"),
        (["-p", "day=2027-01-01", "--catchup", "all"], "nothing says when"),
        (["-p", "day=2027-01-01", "--timezone", "Europe/Rome"], "nothing says when"),
        (["-p", "day=2027-01-01", "--profile", "production"], "file of deployments"),
        (["-p", "day=2027-01-01", "--source", "frozen"], "invalid choice"),
        (["-p", "day=2027-01-01", "--priority", "high"], "--priority"),
        (["-p", "day=2027-01-01", "--tag", " "], "tags"),
    ],
)
def test_every_wrong_thing_is_one_line_before_anything_is_written(cli: Cli, as_json, flows, argv, said):
    code, out, err = cli("deploy", f"{flows}:daily", *argv)
    lines = [line for line in err.splitlines() if line != "printed by the import"]
    assert (code, out) == (2, "")
    assert said in lines[-1]
    assert len(lines) == 1
    assert as_json("deployments", "ls") == {"deployments": []}


@pytest.mark.parametrize("target", ["nowhere.py:daily", "no.such.module:flow", "nowhere.ipynb", "plain", "x\x1b[31m:y"])
def test_a_target_that_leads_nowhere_is_one_line(cli: Cli, target):
    code, out, err = cli("deploy", target, "--name", "x")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "\x1b" not in err


FILE = """\
[defaults]
retries = 1

[deployments.night]
target = "flows_to_deploy.py:daily"
cron = "30 2 * * *"
timezone = "Europe/Rome"
parameters = { day = "{yesterday:%Y-%m-%d}" }

[deployments.by-hand]
target = "flows_to_deploy.py:declared"

[profiles.production.deployments.night]
cron = "0 4 * * *"
"""


@pytest.fixture
def file(tmp_path: Path, flows: str) -> str:
    path = Path(flows).parent / "flows.toml"
    path.write_text(FILE)
    return str(path)


def test_a_file_of_deployments_is_applied_as_a_whole_with_its_profile(cli: Cli, as_json, file):
    code, out, err = cli("deploy", file)
    assert code == 0
    assert out.splitlines()[:2] == ["night created, version 1", "by-hand created, version 1"]
    assert "note: night: on 20" in err
    out = cli("deploy", file, "--profile", "production")[1]
    assert "night changed to version 2: profile, schedules" in out
    assert shown(as_json, "night")["profile"] == "production"
    assert [one["change"] for one in change(cli, "deploy", file, "--profile", "production")["deployments"]] == [
        "unchanged",
        "unchanged",
    ]


def test_one_of_a_file_can_be_chosen(cli: Cli, as_json, file):
    assert cli("deploy", file, "--name", "by-hand")[0] == 0
    assert [one["name"] for one in as_json("deployments", "ls")["deployments"]] == ["by-hand"]


@pytest.mark.parametrize(
    ("argv", "text", "said"),
    [
        (["--cron", "0 9 * * *"], FILE, "--cron is said in the file itself"),
        (["-p", "n=1"], FILE, "-p is said in the file itself"),
        (["--profile", "prod"], FILE, "profile"),
        (["--name", "nigth"], FILE, "did you mean 'night'?"),
        ([], "[deployments.x]\ntarget = 3", "target"),
        ([], FILE.replace("30 2", "5-2 2"), "cron"),
        ([], "deployments = [", "no TOML"),
        ([], "", "deployments"),
    ],
)
def test_a_file_that_cannot_be_meant_is_one_line_and_stores_nothing(cli: Cli, as_json, file, argv, text, said):
    Path(file).write_text(text)
    code, out, err = cli("deploy", file, *argv)
    lines = [line for line in err.splitlines() if line != "printed by the import"]
    assert (code, out) == (2, "")
    assert said in lines[-1]
    assert len(lines) == 1
    assert as_json("deployments", "ls") == {"deployments": []}
