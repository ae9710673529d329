"""Deploying from Python: flows, declared flows, notebook tasks and notebooks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import Deployment, Flow, Parameter, Secret, flow, notebook_task, task
from jupyter_flows.authoring.importing import importing
from jupyter_flows.authoring.targets import find_flow
from jupyter_flows.errors import (
    BadOption,
    DeploymentRefused,
    NotebookNotFound,
    ScheduleError,
    TargetError,
    UnknownOption,
)
from jupyter_flows.model.deployments import DeploymentDefinition
from jupyter_flows.schedules import CronSchedule, IntervalSchedule, describe, from_json
from jupyter_flows.testing import flows_test_harness
from jupyter_flows.wiring import current_deployments

HOURLY = IntervalSchedule(timedelta(hours=1))
SPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


@flow(tags=["sums"])
def daily(day: date, factor: int = 2) -> int:
    """Sum up a day.

    And more words.
    """
    return factor


@task
def double(x: Any) -> Any:
    return 2 * x


with Flow("doubled") as doubled:
    double(Parameter("x"))


@pytest.fixture(autouse=True)
def _store() -> Iterator[None]:
    with flows_test_harness():
        yield


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write(tmp_path / "report.ipynb", "n: int = 1")


def write(path: Path, parameters: str, *sources: str) -> Path:
    plain = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**plain, "metadata": {"tags": ["parameters"]}, "source": parameters}]
    cells += [{**plain, "source": source} for source in sources]
    node = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": SPEC}, "cells": cells}
    path.write_text(json.dumps(node))
    return path


def stored(name: str) -> DeploymentDefinition:
    with current_deployments() as deployments:
        return deployments.get(name).definition


def words(name: str) -> dict[str, str]:
    return {one.name: describe(from_json(one.source)) for one in stored(name).schedules}


def test_a_flow_is_deployed_under_its_own_name():
    made = daily.deploy(parameters={"day": "{today}"}, cron="0 9 * * *", timezone="Europe/Rome")
    assert (made.name, made.version, made.created, made.changed) == ("daily", 1, True, True)
    definition = stored("daily")
    assert definition.target == f"{__name__}@{__file__}"
    assert (definition.description, definition.tags) == ("Sum up a day.", ("sums",))
    assert (definition.directory, definition.kind) == (str(Path.cwd()), "flow")
    assert words("daily") == {"schedule": "at 09:00, Europe/Rome"}
    assert repr(made) == "<Deployment daily: version 1>"


def test_deploying_again_changes_nothing_until_something_changes():
    first = daily.deploy("d", parameters={"day": "{today}"})
    again = daily.deploy("d", parameters={"day": "{today}"})
    assert (again.id, again.created, again.changed) == (first.id, False, False)
    assert daily.deploy("d", parameters={"day": "{yesterday}"}).version == 2


def test_a_declared_flow_is_deployed():
    made = doubled.deploy("graph", parameters={"x": 3})
    assert made.created
    assert stored("graph").flow == "doubled"
    with pytest.raises(DeploymentRefused, match=r"parameter y: no such parameter.*parameter x: a value is needed"):
        doubled.deploy("graph", parameters={"y": 3})


def test_a_notebook_task_brings_its_own_options(notebook: Path):
    made = notebook_task(notebook, cell_timeout=5, artifacts=["*.csv"], kernel="python3", timeout=60, tags=["t"])
    made.deploy("nb", parameters={"n": "4"}, cell_timeout_seconds=7)
    definition = stored("nb")
    assert (definition.kind, definition.target) == ("notebook", str(notebook))
    assert (definition.cell_timeout_seconds, definition.timeout_seconds) == (7.0, 60.0)
    assert (definition.artifacts, definition.kernel, definition.tags) == (("*.csv",), "python3", ("t",))
    with pytest.raises(BadOption, match="env_file"):
        notebook_task(notebook, environment={"A": "1"}).deploy("nb")


def test_a_notebook_is_deployed_by_its_path(notebook: Path):
    assert Deployment(flow=notebook, interval=60).apply().name == "report"
    assert Deployment("other", str(notebook)).apply().created
    with pytest.raises(NotebookNotFound):
        Deployment("gone", "gone.ipynb").apply()


def test_schedules_have_names_that_stay_when_they_change():
    daily.deploy("d", parameters={"day": "{today}"}, cron=["0 9 * * *", "0 17 * * *"], interval=90, rrule="FREQ=DAILY")
    assert list(words("d")) == ["schedule", "schedule-2", "schedule-3", "schedule-4"]
    daily.deploy("d", parameters={"day": "{today}"}, schedules={"night": HOURLY}, cron="0 9 * * *", overlap="skip")
    assert list(words("d")) == ["night", "schedule"]
    assert {one.overlap for one in stored("d").schedules} == {"skip"}
    daily.deploy("d", parameters={"day": "{today}"}, schedule=[HOURLY, HOURLY], paused=True)
    assert [one.paused for one in stored("d").schedules] == [True, True]
    daily.deploy("d", parameters={"day": "{today}"}, schedules=[HOURLY])
    assert list(words("d")) == ["schedule"]


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"corn": "0 9 * * *"}, UnknownOption, "deploy has no option 'corn'; did you mean 'cron'?"),
        ({"cron": "0 9 * * * *"}, ScheduleError, "cron="),
        ({"interval": "soon"}, BadOption, "give a timedelta, or seconds"),
        ({"interval": 1e20}, BadOption, "give a timedelta, or seconds"),
        ({"interval": 0}, ScheduleError, "interval"),
        ({"rrule": "FREQ=SECONDLY"}, ScheduleError, "rrule"),
        ({"schedule": "daily"}, BadOption, "deploy: schedule='daily' cannot be used; give schedules such as"),
        ({"schedules": {"a": 3}}, BadOption, "schedules=3 cannot be used"),
        ({"timezone": "Europe/Rome"}, BadOption, "it is for cron, interval and rrule"),
        ({"catchup": "all"}, BadOption, "nothing says when it runs"),
        ({"catchup": "some", "interval": 60}, ScheduleError, "use one of latest, all, none"),
        ({"tags": "abc"}, BadOption, "give a list of texts"),
        ({"parameters": [1]}, BadOption, "give a dict of names and values"),
        ({"retries": -1}, DeploymentRefused, "retries: give a whole number"),
        ({"parameters": {"day": "soon", "fac": 1}}, DeploymentRefused, "fac: is not a parameter.*day: Input should be"),
        ({"parameters": {}}, DeploymentRefused, "parameter day: is missing"),
        ({"kernel": "python3"}, DeploymentRefused, "kernel: it is no notebook"),
        ({"parameters": {"day": "ghp_" + "a" * 36}}, DeploymentRefused, "looks like a GitHub token"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_stored(options: Any, error: Any, told: str):
    given: Any = {"parameters": {"day": "{today}"}, **options}
    with pytest.raises(error, match=told.replace("?", r"\?")):
        daily.deploy("d", **given)
    with current_deployments() as deployments:
        assert deployments.all() == []


def test_a_secret_is_kept_by_its_name():
    daily.deploy("d", parameters={"day": Secret("DAY"), "factor": 3})
    assert stored("d").parameters == {"day": {"$secret": "DAY"}, "factor": 3}
    doubled.deploy("g", parameters={"x": Secret("X")})
    assert stored("g").parameters == {"x": {"$secret": "X"}}


def test_build_from_flow_checks_and_apply_stores():
    with pytest.raises(DeploymentRefused, match="parameter environment: is not a parameter"):
        Deployment.build_from_flow(daily, "hourly", parameters={"day": "{today}", "environment": "prod"})
    made = Deployment.build_from_flow(flow=daily, name="hourly", schedule=HOURLY, parameters={"day": "{today}"})
    assert repr(made) == "<Deployment hourly: not stored>"
    with pytest.raises(DeploymentRefused, match=r"apply\(\): call it first"):
        made.version  # noqa: B018 - to see it raise
    assert made.apply().version == 1


def test_only_what_a_runner_can_find_is_deployed():
    namespace: dict[str, Any] = {"flow": flow}
    exec(compile("@flow\ndef typed(): ...", "<stdin>", "exec"), namespace)
    with pytest.raises(TargetError, match="it was typed at a prompt"):
        namespace["typed"].deploy()
    with pytest.raises(BadOption, match="give a flow, a notebook task, or a notebook's path"):
        Deployment("d", double)  # pyright: ignore[reportArgumentType]


def test_a_flow_that_its_file_does_not_show_is_refused():
    @flow
    def inside() -> None: ...

    for hidden in (inside, Flow("hidden")):
        with pytest.raises(TargetError, match="it is not at the top level of its file"):
            hidden.deploy()
    with pytest.raises(TargetError, match="its options are not those of the flow of that name in its file"):
        daily.with_options(timeout_seconds=1).deploy()


def test_a_flow_typed_in_a_cell_is_found_in_its_notebook(tmp_path: Path):
    cells = ("from jupyter_flows import flow", "@flow\ndef weekly(n: int = 1):\n    return n")
    path = write(tmp_path / "cells.ipynb", "", *cells)
    namespace: dict[str, Any] = {"flow": flow}
    for name in ("weekly", "yearly"):
        exec(compile(f"@flow\ndef {name}(n: int = 1): ...", "<cell>", "exec"), namespace)
    made = namespace["weekly"].deploy(notebook=path)
    assert stored("weekly").target == f"notebook_cells@{path}"
    assert made.created
    with pytest.raises(TargetError, match=r"no cell of .*cells.ipynb defines it; save the notebook first"):
        namespace["yearly"].deploy(notebook=path)
    found: Any = find_flow(f"{path}:weekly")
    assert not found.deploy().changed


def test_a_file_that_is_imported_for_its_flow_does_not_deploy_itself():
    with importing():
        assert repr(daily.deploy("d")) == "<Deployment d: not stored>"
        assert repr(Deployment.build_from_flow(daily, "d").apply()) == "<Deployment d: not stored>"
    with current_deployments() as deployments:
        assert deployments.all() == []


def test_changes_of_the_clocks_are_logged(caplog: pytest.LogCaptureFixture):
    night = CronSchedule("30 2 * * *", timezone="Europe/Rome")
    made = daily.deploy("d", parameters={"day": "{today}"}, schedule=night)
    assert len(made.warnings) == 2
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        f"deployment d: {warning}" for warning in made.warnings
    ]


def test_a_module_that_is_run_as_a_program_is_deployed_under_its_name(tmp_path: Path):
    import os
    import subprocess

    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "rates.py").write_text("RATE = 2")
    code = "from jupyter_flows import flow\nfrom .rates import RATE\n@flow\ndef paid(): return RATE\npaid.deploy()\n"
    (package / "work.py").write_text(f"{code}print(paid.deployment_subject().target)")
    environ = {**os.environ, "JUPYTER_FLOWS_DIR": str(tmp_path / "flows")}
    command = [sys.executable, "-m", "package.work"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environ)
    assert done.stdout.strip() == f"package.work@{package / 'work.py'}"


def test_a_plain_flow_run_loads_no_schedules():
    import subprocess

    program = "from jupyter_flows import flow\nimport sys\nprint('jupyter_flows.schedules' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
