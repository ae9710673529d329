"""Code in the shape of the classic guides: flows declared as a graph, deployed into a project with an image."""

# The values of these calls are placed tasks and outcomes: no type checker can know what they have.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from jupyter_flows.compat import ContainerEnvironment, Flow, Parameter, Task, WorkPool, flow, task, unmapped
from jupyter_flows.compat.client import Secret
from jupyter_flows.compat.deployments import Deployment
from jupyter_flows.compat.engine import signals
from jupyter_flows.compat.schedules import CronSchedule
from jupyter_flows.compat.states import State
from jupyter_flows.errors import BadOption, ContainerEngineMissing, InfrastructureRefused, UnknownOption
from jupyter_flows.testing import Harness, flows_test_harness
from jupyter_flows.wiring import current_deployments

TEAM = ["ada", "ben", "cid"]
UPDATES = {"ada": "shipped it"}
MORNINGS = CronSchedule("0 9 * * 1-5", timezone="America/New_York")

told: list[str] = []


@pytest.fixture(autouse=True)
def harness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    monkeypatch.setenv("JUPYTER_FLOWS__CONTEXT__SECRETS__SLACK_TOKEN", "xy-2718-2818-2845")
    told.clear()
    with flows_test_harness() as harness:
        monkeypatch.setenv("JUPYTER_FLOWS_DIR", str(harness.settings.flows_dir))
        yield harness


@task(max_retries=2, retry_delay=0)
def get_latest_updates():
    return dict(UPDATES)


@task
def get_team():
    return list(TEAM)


@task
def is_reminder_needed(person, updates):
    if person in updates:
        raise signals.SKIP(f"{person} has posted")
    return person


@task
def send_reminder(person, channel):
    told.append(f"{person} in {channel}, with a token of {len(Secret('SLACK_TOKEN').get())}")
    return person


@task(skip_on_upstream_skip=False)
def report(reminded):
    return [person for person in reminded if person]


def reminder(**options):
    with Flow("reminder", **options) as made:
        channel = Parameter("channel", default="#stand-up")
        updates = get_latest_updates()
        needed = is_reminder_needed.map(get_team(), updates=unmapped(updates))
        result = send_reminder.map(needed, channel=unmapped(channel))
        report(result)
    made.set_reference_tasks([result])
    return made


daily_reminder = reminder(schedule=MORNINGS, environment=ContainerEnvironment(python_dependencies=["pandas>=2"]))


def test_c21_those_who_have_posted_are_skipped_and_the_others_reminded():
    made = reminder()
    state = made.run(channel="#general")
    assert state.is_successful()
    assert sorted(told) == ["ben in #general, with a token of 17", "cid in #general, with a token of 17"]
    (summary,) = made.get_tasks(name="report")
    assert state[summary].result() == ["ben", "cid"]
    (mapped,) = made.get_tasks(name="send_reminder")
    assert [child.name for child in state[mapped].map_states] == ["Skipped", "Completed", "Completed"]


def test_c21_a_state_is_read_as_a_property_and_as_a_method():
    @task
    def halved(x):
        return 6 / x

    with Flow("halves") as made:
        half, halves = halved(Parameter("x")), halved.map([1, 2])
    state = made.run(x=2)
    assert (state.result[half].result, state.result[half].result(), state[half].result()) == (3, 3, 3)
    assert state.result[half].is_successful()
    assert isinstance(state.result[half], State)
    assert [child.result() for child in state.result[halves].map_states] == [6, 3]
    assert (state.result(), len(state.result), list(state.result)) == (state.tasks, 3, list(state.tasks))
    failed = made.run(x=0)
    assert isinstance(failed.result[half].result, ZeroDivisionError)
    for ask in (failed.result[half].result, failed.result):
        with pytest.raises(ZeroDivisionError):
            ask()
    assert made.copy().run(x=3).result[half].result == 2


def test_c21_what_is_of_other_systems_is_left_out_with_a_warning():
    with pytest.warns(UserWarning, match="storage, run_config means nothing here"):
        made = Flow("old", storage="a registry", run_config="a job", result=None)
    with made:
        get_team()
    with pytest.raises(UnknownOption, match="storge"):
        Flow("old", storge=1)


def test_c21_a_task_may_be_a_class():
    class Greet(Task):
        def run(self, name):
            return f"hello {name}"

    with Flow("greeting") as made:
        said = Greet()(Parameter("name"))
    state = made.run(name="ada")
    assert state[said].result() == "hello ada"
    assert not state.is_failed()


def test_c21_it_is_deployed_into_a_project_and_the_earlier_version_is_archived():
    first = daily_reminder.deploy("marvin")
    assert (first.name, first.version, first.archived) == ("marvin/reminder", 1, ())
    with pytest.warns(UserWarning, match="labels means nothing here"):
        assert daily_reminder.register(project_name="marvin", labels=["prod"]).version == 1  # nothing has changed
    image = ContainerEnvironment(
        base_image="python:3.12", registry_url="registry.example.com/team", env_vars={"STAGE": "production"}
    )
    second = daily_reminder.deploy(project_name="marvin", environment=image, set_schedule_active=False)
    assert (second.version, second.archived) == (2, (1,))
    assert daily_reminder.deploy(project_name="other", cron="0 12 * * *").version == 1
    with current_deployments() as deployments:
        (schedule,) = deployments.schedules(second.id)
        assert schedule.definition.paused
        kept = deployments.get("marvin/reminder").environment["image"]
        (noon,) = deployments.schedules(deployments.get("other/reminder").id)
    assert kept["name"].startswith("registry.example.com/team/reminder:")
    assert kept["dockerfile"] == image.dockerfile()
    assert '"0 12 * * *"' in noon.definition.source
    assert MORNINGS.next(1, after=datetime(2026, 11, 21, tzinfo=UTC))[0].isoformat() == "2026-11-23T09:00:00-05:00"


def test_an_image_is_asked_for_and_no_engine_answers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ContainerEngineMissing, match="docker: it is not installed; podman: it is not installed"):
        daily_reminder.deploy(project_name="marvin", build=True)
    with current_deployments() as deployments:
        assert deployments.all() == []
    with pytest.raises(BadOption, match="no environment=ContainerEnvironment"):
        reminder().deploy(push=True)


def test_a_pool_says_where_and_a_deployment_what():
    template = {
        "job_configuration": {"image": "{{ image }}", "env": {"STAGE": "{{ stage }}"}},
        "variables": {
            "properties": {"image": {"type": "string", "default": "python:3.12"}, "stage": {"type": "string"}}
        },
    }
    WorkPool(name="containers", type="docker", base_job_template=template).keep()

    @flow
    def nightly():
        return 1

    deployment = Deployment("nightly", nightly, work_pool_name="containers", job_variables={"stage": "test"})
    told_engine = ["docker", "run", "--name", "wise-owl", "--env", "STAGE=test", "python:3.12"]
    assert deployment.preview(run_name="wise-owl")[:7] == told_engine
    with pytest.raises(InfrastructureRefused):
        deployment.apply()
    with pytest.raises(BadOption, match=r"save it first: WorkPool\(name='nobody'\)"):
        Deployment("nightly", nightly, work_pool_name="nobody")
