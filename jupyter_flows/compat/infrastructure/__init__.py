"""Where runs would be executed: checked models with a preview."""

from __future__ import annotations

from jupyter_flows.authoring.infrastructure.base import Infrastructure, Process
from jupyter_flows.authoring.infrastructure.docker import DockerContainer, ImagePullPolicy
from jupyter_flows.authoring.infrastructure.kubernetes import KubernetesJob

__all__ = ["DockerContainer", "ImagePullPolicy", "Infrastructure", "KubernetesJob", "Process"]
