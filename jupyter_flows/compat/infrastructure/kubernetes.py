"""Jobs of a Kubernetes cluster."""

from __future__ import annotations

from jupyter_flows.authoring.infrastructure.docker import ImagePullPolicy as KubernetesImagePullPolicy
from jupyter_flows.authoring.infrastructure.kubernetes import KubernetesJob

__all__ = ["KubernetesImagePullPolicy", "KubernetesJob"]
