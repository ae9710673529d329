"""Where runs would be executed, as checked models with a preview; and images that hold what a flow needs."""

from __future__ import annotations

from jupyter_flows.authoring.infrastructure.base import Infrastructure, Process
from jupyter_flows.authoring.infrastructure.container_environment import ContainerEnvironment
from jupyter_flows.authoring.infrastructure.docker import DockerContainer, ImagePullPolicy
from jupyter_flows.authoring.infrastructure.kubernetes import KubernetesJob
from jupyter_flows.authoring.infrastructure.work_pool import WorkPool

__all__ = [
    "ContainerEnvironment",
    "DockerContainer",
    "ImagePullPolicy",
    "Infrastructure",
    "KubernetesJob",
    "Process",
    "WorkPool",
]
