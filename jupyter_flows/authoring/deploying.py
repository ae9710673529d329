"""`Deployment`: a flow or notebook with parameters and schedules, kept for a runner to run."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, Unpack

from jupyter_flows.authoring.deploy_options import DeployOptions, deployment_options, with_defaults
from jupyter_flows.authoring.importing import is_importing
from jupyter_flows.errors import BadOption, DeploymentRefused
from jupyter_flows.services.deploying import DeploymentPlan, apply_plan, plan_deployment
from jupyter_flows.services.subjects import FLOW, Subject, notebook_subject
from jupyter_flows.wiring import current_deployments

if TYPE_CHECKING:
    from jupyter_flows.authoring.deployable import Deployable
    from jupyter_flows.authoring.history import RecordedRun
    from jupyter_flows.authoring.infrastructure.container_environment import ContainerEnvironment
    from jupyter_flows.store.deployments import Applied

_logger = logging.getLogger("jupyter_flows.deploy")


class Deployment:
    """A flow or notebook with parameters and schedules; `apply` stores it.

    Parameters
    ----------
    name
        Unique in the store; the flow's own name when not given.
    flow
        A flow, a declared flow, a notebook task, or a notebook's path.
    notebook
        The notebook that the flow is defined in, where the front end does not tell.
    directory
        Where runs of a flow work; the current folder when not given. A notebook works in its own.
    parameters
        Of each run, on top of the flow's defaults; texts may be templates of the tick: ``"{tick:%Y-%m-%d}"``.
    schedule, schedules
        A schedule such as `CronSchedule`, a list of them, or (``schedules``) a dict of them by name.
    cron, interval, rrule, timezone
        Short forms: cron expressions, a timedelta or seconds, calendar rules; in a zone (UTC when not given).
    catchup, overlap, paused
        Policies of all its schedules: ``latest``, ``all`` or ``none`` of missed ticks run; a tick while an earlier run
        goes on: ``queue``, ``skip``, ``allow`` or ``cancel``; stored without ticking.
    description, tags
        What people read.
    timeout_seconds, cell_timeout_seconds
        Limits of a whole run, and of each cell of a notebook.
    retries, retry_delay_seconds
        Further attempts of a run that failed or crashed; each goes on where the last one ended.
    env_file
        ``NAME=value`` lines for its runs, read when one starts.
    kernel, artifacts
        Of a notebook: an installed kernel instead of its own; globs of files to keep.
    source
        ``"live"``: the code as it stands when a run starts; ``"snapshot"``: as it stood when it was deployed.
    max_active, limits, priority
        How many of its runs go on at a time (0 for any number); named limits that each takes a slot of; of due runs
        the one of the highest priority starts first.
    allow_secret_looking
        Take values that look like secrets, which are refused otherwise: give them as ``Secret("NAME")``.
    notify
        A saved block, such as ``"slack-webhook/team"``, or several, that are told of runs which failed or crashed.
    project_name
        A word before the name: ``project/name``. The same name in another project is another deployment.
    set_schedule_active
        False is ``paused=True``.
    environment
        The image that its runs are meant for, such as a `ContainerEnvironment`: described with each version.
        Runs are executed on this machine until now.
    build, push
        Have that image built before anything is stored, and pushed.

    Raises
    ------
    UnknownOption, BadOption, ScheduleError
    """

    def __init__(
        self,
        name: str | None = None,
        flow: Deployable | str | Path | None = None,
        *,
        notebook: str | Path | None = None,
        directory: str | Path | None = None,
        project_name: str = "",
        set_schedule_active: bool = True,
        environment: ContainerEnvironment | None = None,
        build: bool = False,
        push: bool = False,
        **options: Unpack[DeployOptions],
    ) -> None:
        if not isinstance(flow, str | Path) and not _is_deployable(flow):
            raise BadOption("Deployment", "flow", flow, "give a flow, a notebook task, or a notebook's path")
        self.flow, self.notebook = flow, notebook
        self.directory = None if directory is None else Path(directory).expanduser().absolute()
        own_name = _name_of(flow) if name is None else name
        self.name: str = f"{project_name}/{own_name}" if project_name else own_name
        given = with_defaults(flow.deployment_defaults() if _is_deployable(flow) else {}, options, set_schedule_active)
        self.environment = environment or getattr(flow, "environment", None)
        self._build, self._push = build or push, push
        if self._build and self.environment is None:
            raise BadOption("deploy", "build", True, "there is no environment=ContainerEnvironment(...) to build")
        self.options = deployment_options(self.name, given)
        self.warnings: tuple[str, ...] = ()
        self._applied: Applied | None = None

    @classmethod
    def build_from_flow(
        cls, flow: Deployable | str | Path, name: str | None = None, **options: Unpack[DeployOptions]
    ) -> Deployment:
        """Return a deployment of a flow and check it; `apply` stores it.

        Raises
        ------
        DeploymentRefused, TargetError, UnknownOption, BadOption, ScheduleError
        """
        made = cls(name, flow, **options)
        if not is_importing():
            made.plan()
        return made

    def plan(self) -> DeploymentPlan:
        """Check everything; nothing is written.

        Raises
        ------
        DeploymentRefused, TargetError
        """
        made = plan_deployment(self._subject(), self.options)
        if self.environment is None:
            return made
        return made.meant_for(self.environment.image(made.definition.flow, made.source), self.environment.dockerfile())

    def apply(self) -> Deployment:
        """Store it, unless it is stored as it is already; return it.

        While its file is only imported, as a runner does to find the flow, nothing happens.

        Raises
        ------
        DeploymentRefused
            With everything that does not fit. Nothing was stored.
        TargetError
            A runner could not find the flow again.
        ContainerEngineMissing, ContainerBuildFailed
            With ``build=True``: the image was not built. Nothing was stored.
        NeedsStoreFile, StoreUnavailable
        """
        if is_importing():
            return self
        plan = self.plan()
        if self._build and self.environment is not None:
            self.environment.build(plan.definition.flow, plan.files, digest=plan.source, push=self._push)
        self._applied, self.warnings = apply_plan(plan), plan.warnings
        if self.changed:
            _logger.info("deployment %s, version %d", self.name, self.version)
            for warning in self.warnings:
                _logger.warning("deployment %s: %s", self.name, warning)
        return self

    @property
    def id(self) -> str:
        """Its id in the store, the same for all its versions."""
        return self._stored().deployment.id

    @property
    def version(self) -> int:
        """The version that `apply` found or made."""
        return self._stored().deployment.version

    @property
    def created(self) -> bool:
        """Whether `apply` stored it for the first time."""
        return self._stored().created

    @property
    def changed(self) -> bool:
        """Whether `apply` made a version of it."""
        return self._stored().changed

    @property
    def archived(self) -> tuple[int, ...]:
        """The versions that later ones have replaced, oldest first; their runs, source and words stay."""
        with current_deployments() as deployments:
            return tuple(sorted(one.version for one in deployments.versions(self.id) if one.version < self.version))

    def run(self, parameters: dict[str, Any] | None = None, *, timeout: float | None = None) -> RecordedRun:
        """Have a runner run it now; see `run_deployment`."""
        from jupyter_flows.authoring.running_deployment import run_deployment  # deferred: it loads what draws runs

        return run_deployment(self.name, parameters, timeout=timeout)

    def _subject(self) -> Subject:
        if isinstance(self.flow, str | Path):
            return notebook_subject(self.flow, self.options.kernel)
        subject = self.flow.deployment_subject(self.notebook, self.options.kernel)
        if self.directory is not None and subject.kind == FLOW:
            return replace(subject, directory=str(self.directory))
        return subject

    def _stored(self) -> Applied:
        if self._applied is None:
            raise DeploymentRefused(self.name, {"apply()": "call it first"})
        return self._applied

    def __repr__(self) -> str:
        stored = "not stored" if self._applied is None else f"version {self.version}"
        return f"<Deployment {self.name}: {stored}>"


def _is_deployable(flow: object) -> TypeGuard[Deployable]:
    return hasattr(flow, "deployment_subject")


def _name_of(flow: Deployable | str | Path) -> str:
    return Path(flow).stem if isinstance(flow, str | Path) else str(getattr(flow, "name", ""))


__all__ = ["Deployment"]
