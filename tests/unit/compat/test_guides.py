"""Code in the shape of the guides: the same names, arguments and control flow, with only the import lines changed."""

# The values of these calls are outcomes, and blocks are loaded by name alone: no type checker can know what they have.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import threading
import warnings
from datetime import timedelta
from importlib import import_module

import pytest
from pydantic import Field, ValidationError

from jupyter_flows.compat import (
    Block,
    DockerContainer,
    KubernetesJob,
    Process,
    flow,
    get_run_logger,
    outcome_of,
    task,
)
from jupyter_flows.compat.blocks.system import JSON
from jupyter_flows.compat.deployments import Deployment, DockerDeployment
from jupyter_flows.compat.orion.schemas.schedules import IntervalSchedule
from jupyter_flows.compat.states import Failed
from jupyter_flows.compat.tasks import task_input_hash
from jupyter_flows.compat.testing.utilities import prefect_test_harness
from jupyter_flows.errors import BadOption, InfrastructureRefused
from jupyter_flows.model.runs import RunFilter

# C9: a flow in a module of tests, named as a test is. pytest leaves it alone (and would fail for its arguments).


@task
def add(x: int, y: int) -> int:
    return x + y


@flow(name="Test Flow")
def test_flow(x: int, y: int):
    return add(x, y)


@flow(name="Hourly ETL")
def hourly():
    return 1


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_SECRET_KEY_FILE", str(tmp_path / "key"))
    with prefect_test_harness() as harness:
        yield harness


def test_c1_an_etl_of_three_tasks(capsys):
    @task
    def extract():
        return [1, 2, 3, None, 5]

    @task
    def transform(data):
        return [one for one in data if one is not None]

    @task
    def load(data):
        print(f"loading {data}")

    @flow(name="simple_etl")
    def etl():
        load(transform(extract()))

    assert etl().is_completed()
    assert "loading [1, 2, 3, 5]" in capsys.readouterr().out


def test_c1_an_etl_of_data_frames():
    pd = pytest.importorskip("pandas")

    @task
    def extract_sales():
        return pd.DataFrame({"amount": [10, 20, -1]})

    @task
    def transform_sales(frame):
        return frame[frame["amount"] > 0]

    @task
    def load_to_warehouse(frame):
        return len(frame)

    @flow(name="Daily Sales ETL")
    def daily():
        sales = extract_sales()
        return load_to_warehouse(transform_sales(sales))

    assert daily() == 2


def test_c2_and_c3_direct_calls_follow_one_another_and_fn_is_the_raw_function():
    order = []

    @task
    def note(number):
        order.append(number)
        return number

    @flow
    def two():
        note(1)
        note(2)
        return note.submit(3).result()

    assert two() == 3
    assert order == [1, 2, 3]
    assert note.fn(4) == 4


def test_c2_only_a_flow_that_asks_for_it_lets_direct_calls_overlap():
    meeting = threading.Barrier(2, timeout=60)

    @task
    def meet(number):
        meeting.wait()  # breaks unless both are there at once
        return number

    @flow(concurrency="auto")
    def both():
        first, second = meet(1), meet(2)
        return first + second

    assert both() == 3


def test_c4_the_options_of_a_task(capsys, caplog):
    caplog.set_level("INFO", "jupyter_flows.compat")
    calls = []

    @task(
        name="Extract",
        description="rows of an interface",
        tags=["extract", "api"],
        retries=3,
        retry_delay_seconds=0,
        timeout_seconds=300,
        cache_key_fn=lambda args, kwargs: "extract-data",
    )
    def extract():
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError("again")
        return [1, 2]

    assert "task Extract: what its cache_key_fn finds never expires" in caplog.text

    @task(log_prints=True)
    def transform(rows) -> pd.DataFrame:  # type: ignore[name-defined] # noqa: F821 - known only in the body, as in the guide
        print(f"{len(rows)} rows")
        return rows

    @flow
    def api():
        rows = transform(extract())
        print(f"in all {len(rows)}")
        return rows

    assert api() == [1, 2]
    assert api() == [1, 2]
    assert len(calls) == 2
    assert "in all 2" in capsys.readouterr().out


def test_c5_a_raised_failed_is_what_the_flow_falls_back_from(capsys, store):
    @task
    def risky_operation():
        try:
            raise OSError("no network")
        except Exception as error:
            raise Failed(message=f"risky: {error}") from error

    @task
    def fallback_operation():
        return [1]

    @flow(name="Resilient ETL")
    def resilient():
        try:
            data = risky_operation()
        except:  # noqa: E722 - as in the guide
            data = fallback_operation()
        print(len(data))
        return data

    assert resilient() == [1]
    run = store.reader.flow_runs(RunFilter())[0]
    states = {one.task.split(".")[-1]: one.state for one in store.reader.task_runs(run.id)}
    assert states["risky_operation"].message == "risky: no network"


@pytest.mark.parametrize("answer", [True, False])
def test_c6_a_condition_asks_for_the_result(answer):
    @task(cache_key_fn=task_input_hash)
    def should_process(wanted) -> bool:
        return wanted

    @flow(name="Conditional Flow")
    def conditional():
        return "processed" if should_process(answer).result() else "skipped"

    assert conditional() == ("processed" if answer else "skipped")


def test_c7_a_flow_gives_its_value_and_its_state():
    assert test_flow(1, 2) == 3
    state = test_flow(1, 2)
    assert state.is_completed()
    assert state.result() == 3
    assert outcome_of(state).is_completed()


def test_c8_a_task_runs_outside_of_a_flow():
    state = add(1, 2)
    assert state.is_completed()
    assert state.result() == 3


@flow(name="A check", collect=True)
def test_c9_a_flow_is_a_test_where_it_says_so():
    assert add(2, 1) == 3


def test_c9_a_flow_that_wants_values_is_no_test():
    with pytest.raises(BadOption, match="each parameter needs a default"):
        flow(lambda x: x, collect=True)


def test_c9_flows_are_not_collected(request):
    collected = [item.name for item in request.node.parent.collect()]
    assert "test_c9_a_flow_is_a_test_where_it_says_so" in collected
    assert "test_flow" not in collected


def test_c10_the_harness_has_astore_of_its_own(store):
    test_flow(1, 2)
    assert [run.flow for run in store.reader.flow_runs(RunFilter())] == ["Test Flow"]


def test_c10_a_fixture_gives_the_same(flows_test_store):
    test_flow(1, 2)
    assert flows_test_store.reader.counts()["task_runs"] == 1


def test_c11_a_deployment_is_built_and_applied():
    with pytest.warns(UserWarning, match="has no parameter environment"):
        deployment = Deployment.build_from_flow(
            flow=hourly,
            name="Hourly ETL",
            schedule=IntervalSchedule(interval=timedelta(hours=1)),
            tags=["etl", "production"],
            parameters={"environment": "prod"},
        )
    assert deployment.apply() == deployment.id
    assert (deployment.version, deployment.created) == (1, True)
    with pytest.raises(Exception, match="environment"):
        Deployment.build_from_flow(
            hourly, "strict", parameters={"environment": "prod"}, enforce_parameter_schema=True, apply=True
        )


def test_c12_a_deployment_without_a_name_is_the_default_one():
    assert Deployment.build_from_flow(flow=hourly).name == "default"


JOB = KubernetesJob(
    namespace="data-flows",
    image="registry.example.com/flows:1.2",
    image_pull_policy="Always",  # type: ignore[arg-type]
    job_name="data-flow-{run_name}",
    service_account_name="flow-runner",
    labels={"team": "data"},
    annotations={"owner": "me"},
    env={"STAGE": "production", "API_TOKEN": "xyz"},
    resources={"request": {"memory": "1Gi", "cpu": "500m"}, "limit": {"memory": "2Gi"}},
)


def test_c13_and_c15_a_job_of_kubernetes_is_previewed_and_fits_its_schema():
    from kubernetes import client  # deferred: it is large

    deployment = Deployment(name="k8s", flow=hourly, infrastructure=JOB)
    assert deployment.flow_name == "Hourly ETL"
    assert deployment.entrypoint.endswith("test_guides.py:hourly")
    told = deployment.preview(run_name="Wise Öwl " + "x" * 100)
    name = told["metadata"]["name"]
    assert len(name) <= 63
    assert name.startswith("data-flow-wise-wl-x")
    assert told["spec"]["template"]["spec"]["containers"][0]["resources"] == {
        "requests": {"memory": "1Gi", "cpu": "500m"},
        "limits": {"memory": "2Gi"},
    }
    assert "xyz" not in str(told) + repr(JOB)
    pod = told["spec"]["template"]["spec"]
    containers = [
        client.V1Container(
            name=one["name"],
            image=one["image"],
            command=one["command"],
            env=[client.V1EnvVar(**pair) for pair in one["env"]],
            image_pull_policy=one["imagePullPolicy"],
            resources=client.V1ResourceRequirements(**one["resources"]),
        )
        for one in pod["containers"]
    ]
    spec = client.V1PodSpec(
        restart_policy=pod["restartPolicy"], containers=containers, service_account_name=pod["serviceAccountName"]
    )
    template = client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels=JOB.labels), spec=spec)
    job = client.V1Job(
        api_version="batch/v1",
        kind="Job",
        metadata=client.V1ObjectMeta(**told["metadata"]),
        spec=client.V1JobSpec(backoff_limit=0, template=template),
    )
    assert client.ApiClient().sanitize_for_serialization(job) == told
    with pytest.raises(InfrastructureRefused, match="Kubernetes Job yet: see its preview"):
        deployment.apply()


def test_c14_a_container_of_docker_is_previewed():
    container = DockerContainer(
        image="python:3.12",
        image_pull_policy="always",  # type: ignore[arg-type]
        env={"STAGE": "production", "DB_PASSWORD": "hunter2-and-more"},
        volumes=["/data:/data:ro"],
    )
    deployment = DockerDeployment(name="docker", flow=hourly, infrastructure=container)
    assert deployment.preview(run_id="r1") == [
        *("docker", "run", "--name", "run-name", "--pull", "always"),
        *("--env", "STAGE=production", "--env", "DB_PASSWORD=••••••", "--volume", "/data:/data:ro"),
        *("python:3.12", "jupyter-flows", "execute", "r1"),
    ]
    assert "hunter2" not in repr(container)
    with pytest.raises(InfrastructureRefused, match="Docker Container"):
        deployment.apply()
    with pytest.raises(BadOption, match="give a DockerContainer"):
        DockerDeployment(name="docker", flow=hourly, infrastructure=Process())


@pytest.mark.parametrize(
    "make",
    [
        lambda: DockerContainer(image="python:3", image_pull_policy="sometimes"),  # type: ignore[arg-type]
        lambda: DockerContainer(image="-rf"),
        lambda: DockerContainer(image="python:3", volumes=["/data"]),
        lambda: DockerContainer(image="python:3", volumes=["/a:/b:rx"]),
        lambda: DockerContainer(image="python:3", env={"A=B": "1"}),
        lambda: DockerContainer(image="python:3", name="{run_name.__class__}"),
        lambda: KubernetesJob(image="python:3", job_name="{nobody}"),
        lambda: KubernetesJob(image="python:3", namespace="Not_A_Label"),
        lambda: KubernetesJob(image="python:3", resources={"maximum": {}}),
        lambda: KubernetesJob(image="python:3", resources={"limit": {"memory": "a lot"}}),
        lambda: KubernetesJob(image="python:3", cpus=4),  # type: ignore[call-arg]
    ],
)
def test_what_no_engine_would_take_is_refused_when_it_is_made(make):
    with pytest.raises(ValidationError):
        make()


def test_c16_a_block_of_json_is_loaded_by_its_name():
    for _ in range(2):
        JSON(value={"s3_bucket": "lake", "prefix": "raw", "region": "eu-1"}).save("data-lake-config")

    @task
    def read():
        return Block.load("data-lake-config").value["region"]

    assert read() == "eu-1"


class DatabaseBlock(Block):
    """A table of a database."""

    _block_type_name = "database"
    _logo_url = "https://example.com/logo.png"

    connection_string: str = Field(..., description="an address")
    table_name: str = Field(..., description="a table")

    def query(self, sql: str) -> str:
        return f"{sql} on {self.table_name}"

    def insert(self, data: list[int]) -> int:
        return len(data)


def test_c17_and_c18_a_block_of_ones_own_keeps_its_password(store):
    DatabaseBlock(connection_string="postgresql://user:hunter2-and-more@host/db", table_name="rows").save(
        "warehouse-db"
    )

    @task
    def use():
        block = Block.load("warehouse-db")
        return block.query("select 1"), block.insert([1, 2]), repr(block)

    query, count, shown = use()
    assert (query, count) == ("select 1 on rows", 2)
    assert "hunter2" not in shown
    assert b"hunter2" not in (store.settings.flows_dir / "flows.db").read_bytes()


def test_c19_an_ellipsis_is_taken_as_not_given():
    with pytest.warns(UserWarning, match=r"cache_key_fn=\.\.\. is taken as not given"):

        @task(retries=3, cache_key_fn=...)
        def fetch():
            return 1

    assert fetch() == 1
    assert fetch.retries == 3


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("", "flow task Flow Parameter Task unmapped Deployment DockerContainer KubernetesJob ContainerEnvironment"),
        ("states", "Completed Failed Cancelled Crashed Paused Skipped State StateType"),
        ("tasks", "task task_input_hash exponential_backoff"),
        ("blocks.core", "Block"),
        ("blocks.system", "JSON String DateTime Secret"),
        ("blocks.notifications", "SlackWebhook"),
        ("filesystems", "LocalFileSystem"),
        ("deployments", "Deployment DockerDeployment run_deployment timedelta"),
        ("infrastructure", "DockerContainer KubernetesJob Process"),
        ("infrastructure.kubernetes", "KubernetesJob KubernetesImagePullPolicy"),
        ("orion.schemas.schedules", "CronSchedule IntervalSchedule RRuleSchedule"),
        ("testing.utilities", "prefect_test_harness"),
        ("schedules", "CronSchedule IntervalSchedule Schedule"),
        ("environments", "ContainerEnvironment"),
        ("client", "Secret"),
        ("artifacts", "create_markdown_artifact create_table_artifact create_link_artifact"),
        ("cache_policies", "INPUTS TASK_SOURCE NO_CACHE"),
        ("events", "emit_event"),
        ("futures", "PrefectFuture as_completed wait"),
        ("logging", "get_run_logger"),
        ("runtime", "flow_run task_run"),
        ("task_runners", "ConcurrentTaskRunner ThreadPoolTaskRunner ProcessPoolTaskRunner SequentialTaskRunner"),
        ("triggers", "all_finished any_failed manual_only"),
        ("utilities.notifications", "slack_notifier callback_factory"),
        ("variables", "Variable"),
        ("engine", "signals"),
        ("engine.signals", "SKIP FAIL SUCCESS RETRY PAUSE LOOP"),
    ],
)
def test_c20_every_name_is_where_the_guides_import_it_from(module, names):
    found = import_module(f"jupyter_flows.compat.{module}".rstrip("."))
    assert [name for name in names.split() if not hasattr(found, name) or name not in found.__all__] == []


def test_c20_every_module_of_the_guides_is_there():
    import jupyter_flows.compat.blocks.core as blocks
    import jupyter_flows.compat.flows as flows
    import jupyter_flows.compat.infrastructure.kubernetes as kubernetes
    import jupyter_flows.compat.tasks as tasks

    assert (blocks.Block, flows.flow, kubernetes.KubernetesJob, tasks.task) == (Block, flow, KubernetesJob, task)


def test_a_logger_and_an_async_flow_are_as_usual(caplog):
    import asyncio

    @task
    async def fetch(x):
        get_run_logger().info("fetching %s", x)
        return x

    @flow
    async def many():
        return sum(await asyncio.gather(*(fetch(x) for x in range(3))))

    outcome = asyncio.run(many())
    assert (outcome == 3, outcome.is_completed()) == (True, True)


def test_an_error_is_raised_by_the_call_itself():
    @task
    def bad():
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        bad()


def test_nothing_is_warned_of_without_need():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert test_flow(2, 3) == 5
