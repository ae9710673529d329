"""Deployments as guides write them: the flow first or by name, an infrastructure, parameters that nobody asked for."""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any, Self, cast

from jupyter_flows.authoring.deploying import Deployment as _Deployment
from jupyter_flows.authoring.infrastructure.base import Infrastructure
from jupyter_flows.authoring.infrastructure.docker import DockerContainer
from jupyter_flows.authoring.infrastructure.work_pool import WorkPool
from jupyter_flows.authoring.running_deployment import run_deployment
from jupyter_flows.errors import BadOption, BlockNotFound, DeploymentRefused

_IGNORED = ("work_queue_name", "storage", "path", "entrypoint", "output", "skip_upload", "version")


class Deployment(_Deployment):
    """A deployment that also takes what only other systems know.

    Parameters
    ----------
    name
        ``"default"`` when not given.
    infrastructure
        Where it would run: a checked model. Anything but `Process` is refused by `apply`, with its preview offered.
    work_pool_name, job_variables
        In the place of an infrastructure: a saved `WorkPool`, and what this deployment chooses there.
    enforce_parameter_schema
        Whether a parameter that the flow does not have is an error; else it is left out, with a warning.
    options
        Those of `jupyter_flows.Deployment`. Options of other systems' storage and queues are left out, with a warning.
    """

    def __init__(
        self,
        name: str | None = None,
        flow: Any = None,
        *,
        infrastructure: Infrastructure | None = None,
        work_pool_name: str | None = None,
        job_variables: dict[str, Any] | None = None,
        enforce_parameter_schema: bool = False,
        is_schedule_active: bool = True,
        **options: Any,
    ) -> None:
        if infrastructure is not None and not isinstance(infrastructure, Infrastructure):
            raise BadOption("Deployment", "infrastructure", infrastructure, "give a DockerContainer or KubernetesJob")
        left_out = [option for option in _IGNORED if options.pop(option, None) is not None]
        if left_out:
            warnings.warn(f"Deployment: {', '.join(left_out)} means nothing here", UserWarning, stacklevel=3)
        if not enforce_parameter_schema and options.get("parameters"):
            options["parameters"] = _known_parameters(flow, dict(options["parameters"]))
        if not is_schedule_active and any(options.get(one) for one in ("schedule", "schedules", "cron", "interval")):
            options["paused"] = True
        self.infrastructure = infrastructure
        if infrastructure is None and work_pool_name is not None:
            self.infrastructure = _pool(work_pool_name).infrastructure(job_variables)
        super().__init__("default" if name is None else name, flow, **options)

    @classmethod
    def build_from_flow(cls, flow: Any, name: str | None = None, **options: Any) -> Self:
        """Return a deployment of a flow; see `Deployment`. With ``apply=True`` it is stored at once."""
        stored = bool(options.pop("apply", False))
        made = cls(name, flow, **options)
        if stored:
            made.apply()
        return made

    @property
    def flow_name(self) -> str:
        """The name of its flow, or of its notebook."""
        return str(getattr(self.flow, "name", self.flow))

    @property
    def entrypoint(self) -> str:
        """Where a runner finds it: ``FILE.py:flow``, ``module:flow``, or a notebook.

        Raises
        ------
        TargetError
            A runner could not find it.
        """
        target = self._subject().target
        _, at, file = target.rpartition("@")
        return f"{file}:{getattr(self.flow, '__name__', self.flow_name)}" if at else target

    def apply(self, upload: bool = False, **_: Any) -> Any:
        """Store it; return its id (None while its file is only imported, when nothing is stored).

        Raises
        ------
        InfrastructureRefused
            It is to run where nothing is executed yet.
        """
        if self.infrastructure is not None:
            self.infrastructure.refuse_to_run()
        super().apply()
        return None if self._applied is None else self.id

    def preview(self, **run: str) -> Any:
        """Return what the infrastructure would be told: a command, or a manifest.

        Raises
        ------
        DeploymentRefused
            It has none.
        """
        if self.infrastructure is None:
            raise DeploymentRefused(self.name, {"infrastructure": "there is none: it runs on this machine"})
        names = {"flow_name": self.flow_name, "deployment": self.name}
        return cast("Any", self.infrastructure).preview(**{**names, **run})


class DockerDeployment(Deployment):
    """A deployment whose infrastructure is a `DockerContainer`."""

    def __init__(self, name: str | None = None, flow: Any = None, **options: Any) -> None:
        if not isinstance(options.get("infrastructure"), DockerContainer):
            raise BadOption(
                "DockerDeployment", "infrastructure", options.get("infrastructure"), "give a DockerContainer(image=...)"
            )
        super().__init__(name, flow, **options)


def _pool(name: str) -> WorkPool:
    try:
        return WorkPool.load(name)
    except BlockNotFound:
        raise BadOption(
            "Deployment", "work_pool_name", name, f"save it first: WorkPool(name={name!r}).keep()"
        ) from None


def _known_parameters(flow: Any, given: dict[str, Any]) -> dict[str, Any]:
    signature = getattr(flow, "signature", None)
    if signature is None or any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values()):
        return given
    unknown = sorted(set(given) - set(signature.parameters))
    if unknown:
        told = f"flow {getattr(flow, 'name', flow)} has no parameter {', '.join(unknown)}: left out"
        warnings.warn(told, UserWarning, stacklevel=4)
    return {name: value for name, value in given.items() if name in signature.parameters}


__all__ = ["Deployment", "DockerDeployment", "run_deployment", "timedelta"]
