"""Images that hold what a flow needs."""

from __future__ import annotations

from jupyter_flows.authoring.infrastructure.container_environment import ContainerEnvironment

__all__ = ["ContainerEnvironment"]
