"""What flows and notebook tasks share: they can be deployed and served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

if TYPE_CHECKING:
    from jupyter_flows.authoring.deploy_options import DeployOptions
    from jupyter_flows.authoring.deploying import Deployment
    from jupyter_flows.authoring.infrastructure.container_environment import ContainerEnvironment
    from jupyter_flows.services.subjects import Subject


class Deployable:
    """Something whose runs a runner can execute."""

    __slots__ = ()

    def deployment_subject(self, notebook: str | Path | None = None, kernel: str = "") -> Subject:
        """Describe what would be deployed.

        Parameters
        ----------
        notebook
            The notebook that it is defined in, where nobody else can tell.
        kernel
            To run a notebook in; its own when empty.

        Raises
        ------
        TargetError
            A runner could not find it.
        """
        raise NotImplementedError

    def deployment_defaults(self) -> dict[str, Any]:
        """Options of a deployment that this has an answer to, where `deploy` is given none."""
        return {}

    def deploy(
        self,
        name: str | None = None,
        *,
        notebook: str | Path | None = None,
        project_name: str = "",
        set_schedule_active: bool = True,
        environment: ContainerEnvironment | None = None,
        build: bool = False,
        push: bool = False,
        **options: Unpack[DeployOptions],
    ) -> Deployment:
        """Keep this, with parameters and schedules, for a runner to run; see `Deployment` for the options.

        Deploying again what has not changed changes nothing; what has changed is the deployment's next version.

        Parameters
        ----------
        name
            Of the deployment; the flow's own when not given.
        notebook
            The notebook that this is defined in, where the front end does not tell.
        project_name, set_schedule_active, environment, build, push
            The classic words; see `Deployment`.

        Raises
        ------
        DeploymentRefused
            With everything that does not fit. Nothing was stored.
        TargetError
            A runner could not find this flow again.
        UnknownOption, BadOption, ScheduleError, NeedsStoreFile
        """
        from jupyter_flows.authoring.deploying import Deployment  # deferred: a plain run needs no schedules

        return Deployment(
            name,
            self,
            notebook=notebook,
            project_name=project_name,
            set_schedule_active=set_schedule_active,
            environment=environment,
            build=build,
            push=push,
            **options,
        ).apply()

    def serve(
        self,
        name: str | None = None,
        *,
        workers: int = 0,
        notebook: str | Path | None = None,
        **options: Unpack[DeployOptions],
    ) -> None:
        """Deploy this, then be the runner that runs it, in this process, until Ctrl-C or SIGTERM; see `serve`.

        Parameters
        ----------
        name, notebook, options
            As for `deploy`.
        workers
            How many runs go on at a time; 0 for one per processor.
        """
        from jupyter_flows.authoring.deploying import Deployment  # deferred: a plain run needs no runner
        from jupyter_flows.authoring.serving import serve

        serve(Deployment(name, self, notebook=notebook, **options), workers=workers)


__all__ = ["Deployable"]
