from __future__ import annotations

import pytest

from jupyter_flows import INPUTS, flow, task


@task(cache_policy=INPUTS)
def load(day: str) -> str:
    return day


@task
def show(day: str) -> None:
    pass


@flow
def daily(day: str) -> None:
    show(load(day))


@pytest.fixture
def ids(data_dir, as_json) -> list[str]:
    """The runs of three days, the last one twice; newest first."""
    for day in ("mon\x1b[31m", "tue", "tue"):
        daily(day)
    return [run["id"] for run in as_json("ls")["runs"]]


def test_a_run_is_explained_task_run_by_task_run(cli, ids):
    code, out, _ = cli("cache", "explain", ids[1])
    assert code == 0
    assert f"argument `day` differs (compared with {ids[2]}-1" in out
    assert "input day" in out and "show" not in out and "\x1b" not in out


@pytest.mark.parametrize("what", [["{run}-1"], ["{run}", "1"], ["{run}", "load"]])
def test_one_task_run_is_named_in_three_ways(as_json, ids, what):
    (found,) = as_json("cache", "explain", *(word.format(run=ids[0]) for word in what))["look_ups"]
    assert (found["task_run"], found["hit"], found["compared_with"]) == (f"{ids[0]}-1", True, f"{ids[1]}-1")
    assert list(found["parts"]) == ["task", "input day"] and found["differing"] == []


def test_a_task_run_that_did_not_ask_is_told_so(cli, ids):
    assert "did not ask the cache" in cli("cache", "explain", ids[0], "show")[1]


@pytest.mark.parametrize("words", [["nothing"], ["nothing-7"], ["{run}", "nothing"], ["{run}-99"], []])
def test_what_is_not_there_is_one_line(cli, ids, words):
    code, _, err = cli("cache", "explain", *(word.format(run=ids[0]) for word in words))
    assert code == 2 and err.count("\n") == 1
