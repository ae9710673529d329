"""Deployments that are not stored as they are."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_flows.errors.base import JupyterFlowsError
from jupyter_flows.errors.wording import beginning

__all__ = [
    "ContainerBuildFailed",
    "ContainerEngineMissing",
    "DeploymentFileError",
    "DeploymentRefused",
    "EnvFileError",
    "InfrastructureRefused",
]


class DeploymentRefused(JupyterFlowsError, ValueError):
    """Every problem of a deployment that is to be stored.

    Parameters
    ----------
    deployment
        Its name.
    problems
        What is concerned to what is wrong with it.
    """

    def __init__(self, deployment: str, problems: Mapping[str, str]) -> None:
        self.deployment, self.problems = deployment, dict(problems)
        listed = "; ".join(f"{what}: {problem}" for what, problem in self.problems.items())
        super().__init__(f"deployment {beginning(deployment)} was not stored: {listed}")


class DeploymentFileError(JupyterFlowsError, ValueError):
    """Every problem of a file of deployments.

    Parameters
    ----------
    path
        The file.
    problems
        Table and key to what is wrong there.
    """

    def __init__(self, path: str, problems: Mapping[str, str]) -> None:
        self.path, self.problems = path, dict(problems)
        listed = "; ".join(f"{place}: {problem}" for place, problem in self.problems.items())
        super().__init__(f"{path}: nothing was stored: {listed}")


class EnvFileError(JupyterFlowsError, ValueError):
    """A file of ``NAME=value`` lines that cannot be read; what it says is never shown.

    Parameters
    ----------
    path
        The file.
    line
        The number of the line, from 1; 0 for the whole file.
    why
        What is wrong with it, and what to do.
    """

    def __init__(self, path: str, line: int, why: str) -> None:
        self.path, self.line, self.why = path, line, why
        super().__init__(f"environment file {path}{f', line {line}' if line else ''}: {why}")


class InfrastructureRefused(JupyterFlowsError, NotImplementedError):
    """A place where nothing is executed yet."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"runs are not executed on a {what} yet: see its preview(), or leave infrastructure= out")


class ContainerEngineMissing(JupyterFlowsError, RuntimeError):
    """No program that builds images answers on this machine.

    Parameters
    ----------
    problems
        Each program to why it does not.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        tried = "; ".join(f"{engine}: {problem}" for engine, problem in self.problems.items())
        advice = "start one, or leave build= and push= out: dockerfile() and write_context() need none"
        super().__init__(f"no image can be built here ({tried}); {advice}")


class ContainerBuildFailed(JupyterFlowsError, RuntimeError):
    """An image was not built, or not pushed.

    Parameters
    ----------
    what
        ``build`` or ``push``.
    image
        Its whole name.
    status
        The engine's exit status.
    said
        Its last lines.
    """

    def __init__(self, what: str, image: str, status: int, said: str) -> None:
        self.what, self.image, self.status, self.said = what, image, status, said
        super().__init__(f"image {image}: {what} ended with status {status}; it said:\n{said}")
