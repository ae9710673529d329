"""A flow run that nobody has begun: what is written of it when it is put into the queue."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_flows.model.deployments import DeploymentRun
from jupyter_flows.model.records import FlowRunCreated, StateEntered


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run of a deployment before its first attempt.

    Parameters
    ----------
    created
        Without an owner: the run is whose process takes it up.
    entered
        Its first state, Scheduled.
    queued
        Where it comes from, and when it is due.
    """

    created: FlowRunCreated
    entered: StateEntered
    queued: DeploymentRun


__all__ = ["NewRun"]
