"""From what is wished for to a stored deployment: what is checked, what is kept, and what counts as a change."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.errors import (
    DeploymentNotFound,
    DeploymentRefused,
    KernelNotFound,
    NotebookNotFound,
    ScheduleError,
    ScheduleNotFound,
    StoreUnavailable,
)
from jupyter_flows.model.deployments import ScheduleDefinition
from jupyter_flows.model.secret_reference import SecretReference
from jupyter_flows.schedules import CronSchedule, IntervalSchedule, Schedule
from jupyter_flows.secrets.resolved import register
from jupyter_flows.services import deploying
from jupyter_flows.services.deploying import (
    DeploymentPlan,
    apply_plan,
    delete_deployment,
    delete_schedules,
    plan_deployment,
    schedule_of,
    source_changed,
)
from jupyter_flows.services.deployment_options import DeploymentOptions
from jupyter_flows.services.subjects import Subject, notebook_subject
from jupyter_flows.store.deployments import Applied, Deployments
from jupyter_flows.testing import flows_test_harness
from jupyter_flows.wiring import current_deployments

NOON = 1_577_880_000.0  # 2020-01-01 12:00 UTC, a Wednesday
MORNING = CronSchedule("0 9 * * 1-5", timezone="Europe/Rome", parameters={"day": "{tick:%F}"})
PARAMETERS = "from datetime import date\nday: date = None\ncount: int = 3\nwho = 'you'"
SPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


@pytest.fixture
def deployments() -> Iterator[Deployments]:
    with flows_test_harness(), current_deployments() as opened:
        yield opened


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write(tmp_path / "report.ipynb")


def write(path: Path, *more: str, **of_cell: Any) -> Path:
    def cell(source: str, *tags: str) -> dict[str, Any]:
        plain = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source, "outputs": []}
        return {**plain, "execution_count": None, **of_cell}

    cells = [cell(PARAMETERS, "parameters"), *map(cell, more)]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": SPEC}, "cells": cells}))
    return path


def plan(path: Path, name: str = "daily", **options: Any) -> DeploymentPlan:
    return plan_deployment(notebook_subject(path), DeploymentOptions(name, **options), NOON)


def apply(deployments: Deployments, path: Path, at: float = NOON, **options: Any) -> Applied:
    return apply_plan(plan(path, **options), deployments, at)


def test_a_notebook_is_deployed_with_its_source_kernel_and_packages(deployments: Deployments, notebook: Path):
    applied = apply(deployments, notebook, schedules=(schedule_of(MORNING),), parameters={"count": 4}, tags=("a", "a"))
    stored = deployments.get("daily")
    assert stored == applied.deployment
    assert (stored.definition.kind, stored.definition.flow) == ("notebook", "report")
    assert (stored.definition.target, stored.definition.directory) == (str(notebook), str(notebook.parent))
    assert stored.definition.tags == ("a",)
    assert json.loads((Path(stored.snapshot) / "report.ipynb").read_text())["nbformat"] == 4
    assert stored.environment["kernel"] == "python3"
    assert stored.environment["packages"]["pytest"] == pytest.__version__
    (schedule,) = deployments.schedules(stored.id)
    assert (schedule.definition.name, schedule.definition.catchup) == ("schedule", "latest")


def test_what_runs_leave_in_a_notebook_is_no_change(deployments: Deployments, notebook: Path):
    apply(deployments, notebook)
    run = {"execution_count": 7, "outputs": [{"output_type": "stream", "name": "stdout", "text": "hello"}]}
    write(notebook, metadata={"tags": ["parameters"], "execution": {"iopub.execute_input": "now"}}, **run)
    assert not apply(deployments, notebook, at=NOON + 1).changed


def test_a_change_of_source_or_of_words_is_a_version(deployments: Deployments, notebook: Path):
    first = apply(deployments, notebook).deployment
    second = apply(deployments, notebook, description="new").deployment
    assert (second.version, source_changed(first, second)) == (2, False)
    write(notebook, "print(who)")
    third = apply(deployments, notebook, description="new").deployment
    assert (third.version, source_changed(second, third)) == (3, True)
    assert (second.snapshot == first.snapshot) is True
    assert third.snapshot != first.snapshot


def test_a_module_beside_the_notebook_is_part_of_its_source(deployments: Deployments, notebook: Path):
    write(notebook, "%matplotlib inline\nimport beside")
    (notebook.parent / "beside.py").write_text("x = 1")
    first = apply(deployments, notebook).deployment
    assert (Path(first.snapshot) / "beside.py").read_text() == "x = 1"
    (notebook.parent / "beside.py").write_text("x = 2")
    assert apply(deployments, notebook).changed


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"name": ""}, "name: give 1 to 200 printable characters"),
        ({"name": "a\nb"}, "name: give"),
        ({"name": "x" * 201}, "name: give"),
        ({"timeout_seconds": -1}, "timeout_seconds: give seconds from 0"),
        ({"cell_timeout_seconds": float("nan")}, "cell_timeout_seconds: give"),
        ({"retries": 1.5}, "retries: give a whole number"),
        ({"max_active": True}, "max_active: give a whole number"),
        ({"priority": "high"}, "priority: give a whole number"),
        ({"tags": "abc"}, "tags: give a list of texts"),
        ({"limits": ("",)}, "limits: give a list of texts"),
        ({"source": "git"}, "source: use one of live, snapshot"),
        ({"env_file": "/no/such/file"}, "env_file: there is no such file"),
        ({"parameters": {"count": "many"}}, "parameter count: 'many' is not int"),
        ({"parameters": {"contu": 1}}, "parameter contu: no such parameter, did you mean 'count'?"),
        ({"parameters": {"day": "{tick:%F"}}, "parameter day: .*brace that is never closed"),
        ({"parameters": {"day": "{tick:%d.%m.%Y}"}}, "parameter day: '01.01.2020' is not date"),
        ({"parameters": {"who": object()}}, "parameter who: a object has no JSON form"),
        ({"parameters": {"who": "ghp_" + "a" * 36}}, "parameter who: it looks like a GitHub token.*secret:NAME"),
    ],
)
def test_what_cannot_be_meant_is_refused(notebook: Path, options: dict[str, Any], told: str):
    with pytest.raises(DeploymentRefused, match=told):
        plan(notebook, **options)


def test_all_problems_are_told_at_once(notebook: Path):
    with pytest.raises(DeploymentRefused) as refusal:
        plan(notebook, retries=-1, source="git", parameters={"count": "many", "nobody": 1})
    assert set(refusal.value.problems) == {"retries", "source", "parameter count", "parameter nobody"}
    assert str(pickle.loads(pickle.dumps(refusal.value))) == str(refusal.value)


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        (CronSchedule("0 9 * * *", parameters={"day": "{tick}"}), r"parameter day \(schedule odd\): .* is not date"),
        (CronSchedule("0 9 * * *", parameters={"dya": "{today}"}), r"parameter dya \(schedule odd\): no such"),
        (CronSchedule("0 9 * * *", end="2019-01-01"), "schedule odd: it has no tick that is still to come"),  # pyright: ignore[reportArgumentType]
        (
            Schedule([CronSchedule("0 9 * * *"), CronSchedule("0 8 * * *", parameters={"count": "{tick:%A}"})]),
            r"parameter count \(schedule odd\): 'Thursday' is not int",
        ),
        (CronSchedule("0 9 * * *", parameters={"who": "ghp_" + "a" * 36}), "looks like a GitHub token"),
    ],
)
def test_each_clock_of_each_schedule_is_checked_for_its_next_tick(notebook: Path, schedule: Any, told: str):
    good = schedule_of(MORNING, name="good")
    with pytest.raises(DeploymentRefused, match=told):
        plan(notebook, schedules=(good, schedule_of(schedule, name="odd")))


def test_schedules_need_names_of_their_own(notebook: Path):
    with pytest.raises(DeploymentRefused, match="schedule schedule: there are several of this name"):
        plan(notebook, schedules=(schedule_of(MORNING), schedule_of(MORNING)))
    with pytest.raises(DeploymentRefused, match=r"schedule ' ': its name must be"):
        plan(notebook, schedules=(schedule_of(MORNING, name=" "),))


@pytest.mark.parametrize("policy", [{"catchup": "some"}, {"overlap": "maybe"}])
def test_unknown_policies_are_refused(policy: dict[str, Any]):
    with pytest.raises(ScheduleError, match="use one of"):
        schedule_of(MORNING, **policy)


@pytest.mark.parametrize(
    "options",
    [
        {"parameters": {"who": "a hush-hush-17 {"}, "allow_secret_looking": True},
        {"description": "a hush-hush-17"},
        {"tags": ("hush-hush-17",)},
        {"name": "hush-hush-17"},
    ],
)
def test_a_secret_that_was_looked_up_is_no_part_of_a_deployment(notebook: Path, options: dict[str, Any]):
    register("hush-hush-17")
    with pytest.raises(DeploymentRefused, match="it holds a secret, and") as refused:
        plan(notebook, **options)
    assert options.get("name") or "hush" not in str(refused.value)


def test_secrets_are_kept_by_name(notebook: Path):
    made = plan(notebook, parameters={"who": SecretReference("WHO")})
    assert made.definition.parameters == {"who": {"$secret": "WHO"}}
    allowed = plan(notebook, parameters={"who": "ghp_" + "a" * 36}, allow_secret_looking=True)
    assert allowed.definition.parameters["who"].startswith("ghp_")


def test_dates_and_paths_become_text(notebook: Path):
    made = plan(notebook, parameters={"day": date(2013, 1, 15), "who": Path("x")})
    assert made.definition.parameters == {"day": "2013-01-15", "who": "x"}


def test_changes_of_the_clocks_are_told(notebook: Path):
    night = CronSchedule("30 2 * * *", timezone="Europe/Rome")
    (spring, autumn) = plan(notebook, schedules=(schedule_of(night),)).warnings
    assert "2020-03-29" in spring
    assert "2020-10-25" in autumn


def test_relative_files_are_meant_from_here(notebook: Path, monkeypatch: pytest.MonkeyPatch):
    (notebook.parent / "secrets.env").write_text("A=1")
    monkeypatch.chdir(notebook.parent)
    assert plan(notebook, env_file="secrets.env").definition.env_file == str(notebook.parent / "secrets.env")


def test_options_of_notebooks_are_refused_for_flows():
    flow = Subject("f", "flow", "m@/m.py", "/", {"m.py": b""}, lambda given: {})
    with pytest.raises(DeploymentRefused) as refusal:
        plan_deployment(flow, DeploymentOptions("d", kernel="python3", cell_timeout_seconds=1.0, artifacts=("*",)))
    assert set(refusal.value.problems) == {"kernel", "cell_timeout_seconds", "artifacts"}


def test_a_notebook_that_is_not_there_or_has_no_kernel_is_refused(notebook: Path):
    with pytest.raises(NotebookNotFound):
        notebook_subject(notebook.with_name("gone.ipynb"))
    with pytest.raises(KernelNotFound):
        notebook_subject(notebook, "cobol")


def test_deleting_one_takes_along_what_only_it_kept(deployments: Deployments, notebook: Path):
    stored = apply(deployments, notebook).deployment
    write(notebook, "1")
    other = apply(deployments, notebook, name="other").deployment
    for snapshot in (stored.snapshot, other.snapshot):  # young ones may be of a deployment that is being written
        age(Path(snapshot))
    assert delete_deployment(deployments, "daily", NOON) == []
    assert not Path(stored.snapshot).exists()
    assert Path(other.snapshot).is_dir()
    with pytest.raises(DeploymentNotFound):
        delete_deployment(deployments, "daily", NOON)


def age(path: Path) -> None:
    import os

    os.utime(path, (0, 0))


def test_deleting_schedules_is_a_version_that_applying_again_undoes(deployments: Deployments, notebook: Path):
    hourly = IntervalSchedule(timedelta(hours=1))
    schedules = (schedule_of(MORNING), schedule_of(hourly, name="hourly"))
    apply(deployments, notebook, schedules=schedules)
    with pytest.raises(ScheduleNotFound, match="did you mean 'hourly'"):
        delete_schedules(deployments, "daily", "hurly", NOON)
    left = delete_schedules(deployments, "daily", "hourly", NOON).deployment
    assert [one.definition.name for one in deployments.schedules(left.id)] == ["schedule"]
    none = delete_schedules(deployments, "daily", at=NOON).deployment
    assert (none.version, deployments.schedules(none.id)) == (3, [])
    again = apply(deployments, notebook, schedules=schedules).deployment
    assert (again.version, len(deployments.schedules(again.id))) == (4, 2)


def test_a_snapshot_that_cannot_be_written_is_said(
    deployments: Deployments, notebook: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(deploying, "keep_snapshot", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        apply(deployments, notebook)
    assert deployments.all() == []


def test_the_store_of_this_process_is_the_usual_one(deployments: Deployments, notebook: Path):
    made = apply_plan(plan(notebook))
    assert deployments.get("daily") == made.deployment


def test_a_paused_schedule_is_stored_paused(notebook: Path):
    made = schedule_of(MORNING, paused=True)
    assert replace(made, paused=False) == ScheduleDefinition("schedule", made.source)
    assert plan(notebook, schedules=(made,)).definition.schedules[0].paused
