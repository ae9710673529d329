"""From a notebook or flow and what is wished for it to a checked deployment, and into the store."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.errors import DeploymentRefused, ScheduleError, ScheduleNotFound, StoreUnavailable
from jupyter_flows.model.deployment_text import definition_text
from jupyter_flows.model.deployments import Deployment, DeploymentDefinition, ScheduleDefinition
from jupyter_flows.schedules import CatchUp, Overlap, TickSource, daylight_warnings, from_json, to_json
from jupyter_flows.services.automation_storing import check_blocks, notify_on_failure
from jupyter_flows.services.deployed_parameters import json_parameters, problems_of_parameters
from jupyter_flows.services.deployment_options import FIRST_SCHEDULE, DeploymentOptions, problems_of_options
from jupyter_flows.services.environments import this_environment
from jupyter_flows.services.snapshots import digest_of, keep_snapshot, sweep_snapshots
from jupyter_flows.services.subjects import NOTEBOOK, Subject
from jupyter_flows.store.deployments import Applied, Deployments
from jupyter_flows.wiring import current_deployments, current_settings


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """A deployment that was checked and not yet stored.

    Parameters
    ----------
    digest
        Of definition and source.
    files
        The source, for its snapshot.
    kernel
        That a notebook runs in; empty for flows.
    warnings
        What a person should know, such as changes of the clocks that touch a schedule.
    notify
        Blocks that are told of runs which fail or crash.
    image
        ``name`` and ``dockerfile`` of the image that its runs are meant for; empty for none.
    """

    definition: DeploymentDefinition
    digest: str
    files: Mapping[str, bytes]
    kernel: str
    warnings: tuple[str, ...]
    notify: tuple[str, ...] = ()
    image: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def source(self) -> str:
        """Digest of the source alone."""
        return self.digest.partition(".")[2][:12]

    def meant_for(self, image: str, dockerfile: str) -> DeploymentPlan:
        """Return a plan for an image, which is a part of what the deployment says."""
        words, _, source = self.digest.partition(".")
        said = hashlib.sha256(f"{words}\n{image}\n{dockerfile}".encode()).hexdigest()[:32]
        return replace(self, digest=f"{said}.{source}", image={"name": image, "dockerfile": dockerfile})


def schedule_of(
    source: TickSource,
    *,
    name: str = FIRST_SCHEDULE,
    catchup: str = "latest",
    overlap: str = "queue",
    paused: bool = False,
) -> ScheduleDefinition:
    """Describe a schedule as it is stored.

    Raises
    ------
    ScheduleError
        For a policy that does not exist, and a filter that is a function of the user's own.
    """
    for field_name, value, kinds in (("catchup", catchup, CatchUp), ("overlap", overlap, Overlap)):
        if value not in list(kinds):
            raise ScheduleError(field_name, value, f"use one of {', '.join(kinds)}")
    return ScheduleDefinition(name, to_json(source), str(catchup), str(overlap), bool(paused))


def plan_deployment(subject: Subject, options: DeploymentOptions, at: float | None = None) -> DeploymentPlan:
    """Check everything that a deployment says; nothing is written.

    The parameters of each schedule are filled for its next tick and checked against what the notebook or flow takes.

    Parameters
    ----------
    at
        Now, in seconds since the epoch.

    Raises
    ------
    DeploymentRefused
        With all problems at once.
    """
    now = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    problems = dict(problems_of_options(options, of_notebook=subject.kind == NOTEBOOK))
    parameters, unfit = json_parameters(options.parameters)
    problems |= unfit
    for concerned, problem in () if unfit else problems_of_parameters(subject, options, parameters, now):
        problems.setdefault(concerned, problem)  # what looks like a secret comes first: other words would show it
    if problems:
        raise DeploymentRefused(str(options.name), problems)
    warnings = [text for one in options.schedules for text in daylight_warnings(from_json(one.source), after=now)]
    definition = _definition(subject, options, parameters)
    digest = _digest(definition, digest_of(subject.files))
    told = tuple(dict.fromkeys(warnings))
    return DeploymentPlan(definition, digest, subject.files, subject.kernel, told, notify=options.notify)


def apply_plan(plan: DeploymentPlan, deployments: Deployments | None = None, at: float | None = None) -> Applied:
    """Store a deployment with the snapshot of its source; one that is stored as it is already stays as it is.

    Parameters
    ----------
    deployments
        Of the store of this process when not given.
    at
        Now, in seconds since the epoch.

    Raises
    ------
    NeedsStoreFile, StoreUnavailable
        Nothing was written.
    """
    if deployments is None:
        with current_deployments() as opened:
            return apply_plan(plan, opened, at)
    check_blocks(current_settings(), plan.notify)
    folder = snapshots_folder()
    try:
        snapshot = keep_snapshot(folder, plan.files)
    except OSError as error:
        raise StoreUnavailable(str(folder), str(error), "free some space or check the folder's rights") from error
    applied = deployments.apply(
        plan.definition,
        digest=plan.digest,
        snapshot=str(snapshot),
        environment={**this_environment(plan.kernel), **({"image": dict(plan.image)} if plan.image else {})},
        at=time.time() if at is None else at,
        new_id=new_run_id,
    )
    made = applied.deployment
    notify_on_failure(current_settings(), made.id, made.definition.name, plan.notify)
    return applied


def delete_deployment(deployments: Deployments, name: str, at: float | None = None) -> list[str]:
    """Delete a deployment with what only it had kept of source; see `Deployments.delete`."""
    found = deployments.get(name)
    cancelled = deployments.delete(name, at=time.time() if at is None else at)
    notify_on_failure(current_settings(), found.id, found.definition.name, ())
    sweep_snapshots(snapshots_folder(), deployments.snapshots())
    return cancelled


def delete_schedules(
    deployments: Deployments, name: str, schedule: str | None = None, at: float | None = None
) -> Applied:
    """Take one schedule of a deployment away, or all of them: its next version.

    Raises
    ------
    DeploymentNotFound, ScheduleNotFound
    """
    found = deployments.get(name)
    known = found.definition.schedules
    left = tuple(one for one in known if schedule is not None and one.name != schedule)
    if schedule is not None and len(left) == len(known):
        raise ScheduleNotFound(found.definition.name, schedule, [one.name for one in known])
    return _with_schedules(deployments, found, left, at)


def change_schedule(
    deployments: Deployments, name: str, schedule: ScheduleDefinition, at: float | None = None
) -> Applied:
    """Let one schedule of a deployment say something else: its next version. Its ticks begin anew.

    Raises
    ------
    DeploymentNotFound, ScheduleNotFound
    """
    found = deployments.get(name)
    known = found.definition.schedules
    if schedule.name not in {one.name for one in known}:
        raise ScheduleNotFound(found.definition.name, schedule.name, [one.name for one in known])
    return _with_schedules(
        deployments, found, tuple(schedule if one.name == schedule.name else one for one in known), at
    )


def _with_schedules(
    deployments: Deployments, found: Deployment, schedules: tuple[ScheduleDefinition, ...], at: float | None
) -> Applied:
    definition = replace(found.definition, schedules=schedules)
    return deployments.apply(
        definition,
        digest=_digest(definition, found.digest.partition(".")[2]),
        snapshot=found.snapshot,
        environment=found.environment,
        at=time.time() if at is None else at,
        new_id=new_run_id,
    )


def snapshots_folder() -> Path:
    """Where the snapshots of this process's store are."""
    return current_settings().flows_dir / "snapshots"


def source_changed(before: Deployment, after: Deployment) -> bool:
    """Whether two versions differ in their source, and not only in what is said about it."""
    return before.digest.partition(".")[2] != after.digest.partition(".")[2]


def _digest(definition: DeploymentDefinition, source: str) -> str:
    """Two parts: what is said, and the source."""
    return f"{hashlib.sha256(definition_text(definition).encode()).hexdigest()[:32]}.{source}"


def _definition(subject: Subject, options: DeploymentOptions, parameters: dict[str, Any]) -> DeploymentDefinition:
    return DeploymentDefinition(
        name=options.name,
        flow=subject.flow,
        kind=subject.kind,
        target=subject.target,
        directory=subject.directory,
        parameters=parameters,
        schedules=options.schedules,
        description=options.description,
        tags=tuple(dict.fromkeys(options.tags)),
        timeout_seconds=float(options.timeout_seconds),
        cell_timeout_seconds=float(options.cell_timeout_seconds),
        retries=options.retries,
        retry_delay_seconds=float(options.retry_delay_seconds),
        env_file=str(Path(options.env_file).expanduser().absolute()) if options.env_file else "",
        kernel=options.kernel,
        artifacts=options.artifacts,
        source=options.source,
        max_active=options.max_active,
        limits=tuple(dict.fromkeys(options.limits)),
        priority=options.priority,
        profile=options.profile,
    )


__all__ = [
    "DeploymentPlan",
    "apply_plan",
    "change_schedule",
    "delete_deployment",
    "delete_schedules",
    "plan_deployment",
    "schedule_of",
    "snapshots_folder",
    "source_changed",
]
