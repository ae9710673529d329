from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Cli = Callable[..., tuple[int, str, str]]

FLOWS = """\
from datetime import date
from jupyter_flows import flow

@flow
def daily(day: date, top: int = 10):
    return top
"""


@pytest.fixture
def deployed(tmp_path: Path, cli: Cli) -> str:
    path = tmp_path / "flows_to_run.py"
    path.write_text(FLOWS)
    assert cli("deploy", f"{path}:daily", "--name", "night", "-p", "day={tick:%Y-%m-%d}")[0] == 0
    return str(path)


@pytest.mark.usefixtures("deployed")
def test_a_run_is_queued_with_its_own_parameters_on_top(cli: Cli, as_json):
    told = as_json("run", "--deployment", "night", "-p", "top=3", "--no-wait")
    assert (told["origin"], told["state"]["name"], told["parameters"]["top"]) == ("manual", "Scheduled", 3)
    assert told["parameters"]["day"].startswith("20")
    code, out, _ = cli("run", "--deployment", "night", "--no-wait")
    assert code == 0
    assert out.startswith("queued  night  ")
    assert "no runner is there" in out
    assert len(as_json("deployments", "show", "night")["runs"]) == 2


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["run"], "give a TARGET, or --deployment NAME"),
        (["run", "x.ipynb", "--deployment", "night"], "give a TARGET, or --deployment NAME"),
        (["run", "x.ipynb", "--no-wait"], "--no-wait is for deployments"),
        (["run", "--deployment", "nigth"], "did you mean 'night'?"),
        (["run", "--deployment", "night", "-p", "top=many"], "top"),
        (["run", "--deployment", "night", "-p", "tops=1"], "tops"),
        (["run", "--deployment", "night", "-p", "day={tock}"], "tock"),
        (["run", "--deployment", "night", "-p", "top=ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"], "secret"),
        (["run", "--deployment", "night", "--timeout", "3"], "--timeout is for TARGETs"),
    ],
)
def test_what_cannot_be_run_is_one_line_and_queues_nothing(cli: Cli, as_json, argv, said):
    code, out, err = cli(*argv)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert as_json("deployments", "show", "night")["runs"] == []


def test_a_deployment_whose_file_is_gone_is_one_line(cli: Cli, deployed):
    Path(deployed).unlink()
    code, _, err = cli("run", "--deployment", "night", "-p", "top=3")
    assert code == 2
    assert "is gone" in err
    assert err.count("\n") == 1
