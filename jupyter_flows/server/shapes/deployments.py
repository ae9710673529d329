"""Deployments, their schedules, and the forms that make them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from jupyter_flows.server.shapes.runs import Origin, Run
from jupyter_flows.server.shapes.shape import Instant, Parameters, Shape

CatchUp = Literal["latest", "all", "none"]
OverlapPolicy = Literal["queue", "skip", "allow", "cancel"]
Expression = Annotated[str, Field(min_length=1, max_length=2000)]


class ScheduleForm(Shape):
    """When something runs by itself; at least one of `cron`, `every`, `rrule` and `at` is given."""

    cron: list[Expression] = Field(default_factory=list, max_length=20, description="five fields: `0 9 * * 1-5`")
    every: list[Expression] = Field(
        default_factory=list, max_length=20, description="`15m`, `2h`, `1d`; with `at` a time of the day, whole days"
    )
    rrule: list[Expression] = Field(default_factory=list, max_length=20, description="`FREQ=WEEKLY;BYDAY=MO`")
    at: list[Expression] = Field(
        default_factory=list, max_length=200, description="times of the day (`09:00`), or dates and times"
    )
    timezone: str = Field(default="UTC", max_length=100)
    start: str | None = Field(default=None, max_length=100, description="a date or time before which nothing runs")
    end: str | None = Field(default=None, max_length=100)
    jitter: str | None = Field(default=None, max_length=100, description="at most so much later: `5m`")
    catchup: CatchUp = Field(default="latest", description="what runs of times that were missed")
    overlap: OverlapPolicy = Field(default="queue", description="what happens while an earlier run goes on")


class PreviewForm(Shape):
    """A schedule that is to be looked at before it is saved."""

    schedule: ScheduleForm
    parameters: Parameters = Field(default_factory=dict, description="texts may be templates: `{tick:%Y-%m-%d}`")
    times: int = Field(default=10, ge=1, le=100)
    path: str | None = Field(
        default=None, max_length=4096, description="a notebook whose parameters are checked too, relative to Lab's root"
    )


class NextTime(Shape):
    """A time that is to come."""

    at: Instant = Field(description="in the schedule's zone")
    utc: Instant
    parameters: Parameters = Field(description="those with templates, filled for this time")


class Preview(Shape):
    """What a schedule means."""

    description: str = Field(description="in words")
    next: list[NextTime]
    warnings: list[str] = Field(description="a sentence for each change of the clocks within 400 days that touches it")
    problems: dict[str, str] = Field(description="of the notebook's parameters: which is wrong, and why")
    usual_seconds: float | None = Field(description="how long the notebook usually takes; null where that is not known")


class ScheduleTime(Shape):
    """A time of a stored schedule."""

    at: Instant
    utc: Instant


class Schedule(Shape):
    """A stored schedule."""

    id: str
    deployment: str
    deployment_id: str
    name: str
    description: str = Field(description="in words")
    catchup: str
    overlap: str
    paused: bool
    next: list[ScheduleTime] = Field(description="none of a paused one")
    form: ScheduleForm | None = Field(description="for editing; null where a form cannot say it")


class ScheduleList(Shape):
    """All schedules, in the order of their next times."""

    schedules: list[Schedule]


class Deployment(Shape):
    """What is stored to be run again and again."""

    id: str
    name: str
    flow: str
    kind: str = Field(description="flow or notebook")
    target: str
    path: str | None = Field(description="of the notebook, relative to Lab's root; null where it is outside")
    directory: str
    parameters: Parameters
    description: str
    tags: list[str]
    timeout_seconds: float
    cell_timeout_seconds: float
    retries: int
    retry_delay_seconds: float
    env_file: str
    kernel: str
    artifacts: list[str]
    source: str
    max_active: int
    limits: list[str]
    priority: int
    profile: str
    version: int
    digest: str
    paused: bool
    created_at: Instant
    updated_at: Instant
    snapshot: str | None
    environment: dict[str, Any] = Field(description="interpreter and kernel that it was made with")


class ListedDeployment(Deployment):
    """A deployment in a list."""

    last_run: Run | None
    next_at: Instant | None


class DeploymentList(Shape):
    """All deployments, by name."""

    deployments: list[ListedDeployment]


class DeploymentDetail(Shape):
    """A deployment by itself."""

    deployment: Deployment
    schedules: list[Schedule]
    versions: list[Deployment] = Field(description="newest first")
    runs: list[Run] = Field(description="the last ten, newest first")
    runners: int = Field(description="how many runners could execute it now")


class DeploymentForm(Shape):
    """A notebook that is to be stored as a deployment; of a name that there is, its next version."""

    path: str = Field(min_length=1, max_length=4096, description="of the notebook, relative to Lab's root")
    name: str | None = Field(default=None, max_length=200, description="that of the notebook when not given")
    parameters: Parameters = Field(default_factory=dict)
    schedule: ScheduleForm | None = None
    description: str = Field(default="", max_length=10_000)
    tags: list[str] = Field(default_factory=list, max_length=100)
    kernel: str = Field(default="", max_length=200)
    retries: int = Field(default=0, ge=0, le=1_000_000)
    retry_delay_seconds: float = Field(default=0.0, ge=0, le=1_000_000)
    timeout_seconds: float = Field(default=0.0, ge=0, le=1_000_000)
    cell_timeout_seconds: float = Field(default=0.0, ge=0, le=1_000_000)
    source: Literal["live", "snapshot"] = "live"
    max_active: int = Field(default=0, ge=0, le=1_000_000)
    replace: bool = Field(default=False, description="whether one of this name may get a next version")


class Applied(Shape):
    """What became of a deployment."""

    change: Literal["created", "changed", "unchanged"]
    deployment: Deployment
    schedules: list[Schedule]
    warnings: list[str]


class RunForm(Shape):
    """How a deployment is to be run once, now."""

    parameters: Parameters = Field(default_factory=dict, description="on top of the deployment's own")


class Queued(Shape):
    """A run that waits for a runner."""

    run: Run
    deployment: Origin
    runners: int = Field(description="how many runners could execute it now; with none it waits")


class Deleted(Shape):
    """What went with a deployment."""

    deployment: str
    cancelled_runs: list[str] = Field(description="ids of runs that had not begun")


class NotebookParameter(Shape):
    """A parameter of a notebook, as its tagged cell declares it."""

    name: str
    type: str = Field(description="its annotation, else the type of its default; may be empty")
    required: bool
    default: Any = Field(description="a JSON value; null where JSON cannot hold it")
    default_source: str | None = Field(description="the default as it is written")
    choices: list[Any]
    help: str


class DeploymentParameters(Shape):
    """What runs of a deployment can be given."""

    parameters: list[NotebookParameter] = Field(
        description="those that the notebook declares, or that a flow's deployment gives; as default what they have "
        "when nothing is given"
    )
    others: bool = Field(description="whether it may take others: a flow's code is not read here")
    explanation: str = Field(description="why there are none; empty where there are some")


class NotebookParameters(Shape):
    """What a notebook takes."""

    path: str
    name: str
    kernel: str
    parameters: list[NotebookParameter]
    explanation: str = Field(description="why there are none; empty where there are some")
    deployments: list[str] = Field(description="names of the deployments of this notebook")
    usual_seconds: float | None
    task_cells: int = Field(description="how many of its cells are tasks")


__all__ = [
    "Applied",
    "CatchUp",
    "Deleted",
    "Deployment",
    "DeploymentDetail",
    "DeploymentForm",
    "DeploymentList",
    "DeploymentParameters",
    "ListedDeployment",
    "NextTime",
    "NotebookParameter",
    "NotebookParameters",
    "OverlapPolicy",
    "Preview",
    "PreviewForm",
    "Queued",
    "RunForm",
    "Schedule",
    "ScheduleForm",
    "ScheduleList",
    "ScheduleTime",
]
