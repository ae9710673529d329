"""A deployment as it is stored: what is run, with what, when, and by which policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEDULE, MANUAL, BACKFILL, EVENT = "schedule", "manual", "backfill", "event"
"""Where a run of a deployment comes from."""


@dataclass(frozen=True, slots=True)
class ScheduleDefinition:
    """When a deployment runs by itself.

    Parameters
    ----------
    name
        Unique in its deployment.
    source
        The text of `schedules.to_json`; the templates of its clocks' parameters are in it.
    catchup, overlap
        Values of `schedules.CatchUp` and `schedules.Overlap`.
    paused
        Whether it is stored without running.
    """

    name: str
    source: str
    catchup: str = "latest"
    overlap: str = "queue"
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How the runs of a deployment are run, and what is told of it.

    Parameters
    ----------
    timeout_seconds, cell_timeout_seconds
        Limits of a whole run and of each of its cells; 0 for none.
    retries, retry_delay_seconds
        Further attempts of a run that failed or crashed.
    env_file
        A file of ``NAME=value`` lines, read when a run starts; empty for none.
    source
        ``live``: the code as it stands when a run starts; ``snapshot``: as it stood when it was deployed.
    max_active
        How many of its runs may be executed at a time; 0 for any number.
    limits
        Names of limits that each of its runs takes one slot of.
    priority
        Of runs that are due the one of the highest priority is claimed first.
    profile
        Of the file of deployments that it comes from; empty for none.
    """

    description: str = ""
    tags: tuple[str, ...] = ()
    timeout_seconds: float = 0.0
    cell_timeout_seconds: float = 0.0
    retries: int = 0
    retry_delay_seconds: float = 0.0
    env_file: str = ""
    kernel: str = ""
    artifacts: tuple[str, ...] = ()
    source: str = "live"
    max_active: int = 0
    limits: tuple[str, ...] = ()
    priority: int = 0
    profile: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentDefinition(RunOptions):
    """What `apply` is given; equal ones of equal source are one version.

    Parameters
    ----------
    name
        Unique in a store.
    flow
        The flow's name; for a notebook the stem of its file.
    kind
        ``flow`` or ``notebook``.
    target
        Where its code is: the notebook's absolute path, or the entry ``module@file`` of a flow.
    directory
        Where its runs work: the notebook's own folder, or the folder that `deploy` was called in.
    parameters
        JSON values; those of a schedule come on top. Texts may be templates of the tick.
    """

    name: str
    flow: str
    kind: str
    target: str
    directory: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    schedules: tuple[ScheduleDefinition, ...] = ()


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stored deployment at one of its versions.

    Parameters
    ----------
    snapshot
        The folder with the source as it was deployed.
    environment
        Interpreter, kernel and packages as they were then.
    """

    id: str
    version: int
    definition: DeploymentDefinition
    digest: str
    paused: bool
    created_at: float
    updated_at: float
    snapshot: str = ""
    environment: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class StoredSchedule:
    """A schedule of a deployment, and how far its ticks are decided.

    Parameters
    ----------
    planned_at
        Every tick up to here, in seconds since the epoch, is decided.
    next_at
        When its next tick is due; None where there is none.
    """

    id: str
    deployment_id: str
    definition: ScheduleDefinition
    created_at: float
    planned_at: float
    next_at: float | None


@dataclass(frozen=True, slots=True)
class DeploymentRun:
    """A flow run that a runner is to execute, or has.

    Parameters
    ----------
    origin
        `SCHEDULE`, `MANUAL`, `BACKFILL` or `EVENT`.
    tick
        The instant that it stands for, in seconds since the epoch; None where there is none.
    due_at
        When it may start.
    runner_id
        Who has claimed it; None while it waits.
    done_at
        When nothing was left to execute.
    """

    run_id: str
    deployment_id: str
    version: int
    origin: str
    due_at: float
    schedule_id: str | None = None
    tick: float | None = None
    backfill: str | None = None
    priority: int = 0
    runner_id: str | None = None
    claimed_at: float | None = None
    done_at: float | None = None


__all__ = [
    "BACKFILL",
    "EVENT",
    "MANUAL",
    "SCHEDULE",
    "Deployment",
    "DeploymentDefinition",
    "DeploymentRun",
    "RunOptions",
    "ScheduleDefinition",
    "StoredSchedule",
]
