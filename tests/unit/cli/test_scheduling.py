from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook

Cli = Callable[..., tuple[int, str, str]]

AT_NINE = ("--at", "09:00", "--timezone", "Europe/Rome")


@pytest.fixture
def notebook(tmp_path: Path) -> str:
    cells = [
        new_code_cell("day: str = '2027-01-01'\nn: int = 3", metadata={"tags": ["parameters"]}),
        new_code_cell("print(day, n)"),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = tmp_path / "report.ipynb"
    write(new_notebook(cells=cells, metadata=metadata), path)
    return str(path)


def deployments(as_json: Callable[..., Any]) -> list[str]:
    return [one["name"] for one in as_json("deployments", "ls")["deployments"]]


def test_a_schedule_is_shown_in_words_and_times_then_kept(cli: Cli, as_json, notebook):
    code, out, err = cli("schedule", notebook, *AT_NINE, "-p", "day={yesterday:%Y-%m-%d}", "-p", "n=4")

    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "at 09:00, Europe/Rome"
    assert lines[3].split()[:2] == ["Europe/Rome", "UTC"]
    assert len([line for line in lines if " 09:00  " in line and "day=20" in line]) == 10
    assert lines[-2] == "report created, version 1"
    assert "no runner is there" in lines[-1]
    assert any("clocks of Europe/Rome change" in line for line in lines) is False  # 09:00 always exists
    (one,) = as_json("schedules")["schedules"]
    assert (one["deployment"], one["name"], one["catchup"], one["overlap"]) == ("report", "schedule", "latest", "queue")


def test_a_time_that_a_change_of_the_clocks_touches_is_warned_of(cli: Cli, notebook):
    out = cli("schedule", notebook, "--cron", "30 2 * * *", "--timezone", "Europe/Rome", "--dry-run")[1]
    assert "note: on 20" in out
    assert "02:30 does not exist" in out


def test_a_dry_run_keeps_nothing(cli: Cli, as_json, notebook):
    code, out, _ = cli("schedule", notebook, *AT_NINE, "--dry-run")
    assert code == 0
    assert out.endswith("nothing is saved\n")
    assert deployments(as_json) == []
    told = as_json("schedule", notebook, *AT_NINE, "--dry-run")
    assert (told["change"], len(told["next"])) == (None, 10)


def test_the_same_again_changes_nothing_and_a_difference_is_named(cli: Cli, notebook):
    cli("schedule", notebook, *AT_NINE)
    assert "report unchanged, still version 1" in cli("schedule", notebook, *AT_NINE)[1]
    assert "report changed to version 2: tags, retries" in cli(
        "schedule", notebook, *AT_NINE, "--retries", "2", "--tag", "a"
    )[1].replace("retries, tags", "tags, retries")


def test_several_schedules_are_one_deployment(as_json, notebook):
    as_json("schedule", notebook, "--cron", "0 9 * * *", "--every", "1h", "--name", "both", "--overlap", "skip")
    told = as_json("schedules")["schedules"]
    assert {one["name"] for one in told} == {"schedule", "schedule-2"}
    assert {one["overlap"] for one in told} == {"skip"}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "say when it runs"),
        (["--cron", "5-2 * * * *"], "cron"),
        (["--cron", "0 0 31 2 *"], "never"),
        (["--every", "soon"], "length of time"),
        (["--at", "09:00", "--timezone", "Mars/Base"], "no such time zone"),
        (["--at", "2020-01-01"], "still to come"),
        (["--at", "09:00", "-p", "n=many"], "n"),
        (["--at", "09:00", "-p", "m=1"], "m"),
        (["--at", "09:00", "-p", "n={tick:%B}"], "n"),
        (["--at", "09:00", "-p", "day={tock}"], "tock"),
        (["--at", "09:00", "-p", "n=1", "-p", "n=2"], "twice"),
        (["--at", "09:00", "-p", "day=ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"], "secret"),
        (["--at", "09:00", "--env-file", "nowhere.env"], "no such file"),
        (["--at", "09:00", "--kernel", "nope"], "no kernel"),
        (["--at", "09:00", "--name", "a\x1b[31mb"], "printable"),
        (["--at", "09:00", "--name", ""], "1 to 200"),
        (["--at", "09:00", "--catchup", "some"], "invalid choice"),
        (["--at", "09:00", "--jitter", "2d"], "jitter"),
    ],
)
def test_every_wrong_thing_is_one_line_before_anything_is_written(cli: Cli, as_json, notebook, argv, said):
    code, out, err = cli("schedule", notebook, *argv)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert deployments(as_json) == []


def test_a_notebook_that_is_not_there_is_one_line(cli: Cli):
    code, out, err = cli("schedule", "gone.ipynb", *AT_NINE)
    assert (code, out) == (2, "")
    assert err == f"jupyter flows: there is no notebook {Path.cwd() / 'gone.ipynb'}\n"


@pytest.mark.parametrize(("answer", "code"), [("", 0), ("y", 0), ("n", 1), (None, 1)])
def test_a_person_is_asked_and_a_no_keeps_nothing(cli: Cli, as_json, notebook, monkeypatch, answer, code):
    from jupyter_flows.cli import scheduling

    def answered() -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr(scheduling, "_is_attended", lambda: True)
    monkeypatch.setattr("builtins.input", answered)
    assert cli("schedule", notebook, *AT_NINE)[0] == code
    assert deployments(as_json) == ([] if code else ["report"])


def test_yes_asks_nobody(cli: Cli, as_json, notebook, monkeypatch):
    from jupyter_flows.cli import scheduling

    monkeypatch.setattr(scheduling, "_is_attended", lambda: True)
    assert cli("schedule", notebook, *AT_NINE, "--yes")[0] == 0
    assert deployments(as_json) == ["report"]
