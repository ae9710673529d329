"""A job of a Kubernetes cluster, as its manifest."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import Field, field_validator

from jupyter_flows.authoring.infrastructure.base import Infrastructure
from jupyter_flows.authoring.infrastructure.docker import ImagePullPolicy, check_image, pull_policy
from jupyter_flows.authoring.infrastructure.names import check_template, dns_label

_PULL = {"IF_NOT_PRESENT": "IfNotPresent", "ALWAYS": "Always", "NEVER": "Never"}
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_QUANTITY = re.compile(r"\d+(\.\d+)?(m|[KMGTPE]i?|k)?")
_BLOCKS = {"request": "requests", "limit": "limits", "requests": "requests", "limits": "limits"}


class KubernetesJob(Infrastructure):
    """A job of a Kubernetes cluster: a checked model and the manifest it means; it is not executed yet."""

    _block_type_name: ClassVar[str | None] = "Kubernetes Job"

    image: str = Field(description="Such as python:3.12-slim.")
    namespace: str = "default"
    image_pull_policy: ImagePullPolicy | None = None
    job_name: str = Field(default="{flow_name}-{run_name}", description="A template; made a DNS label.")
    service_account_name: str | None = None
    labels: dict[str, str] = Field(default_factory=dict[str, str])
    annotations: dict[str, str] = Field(default_factory=dict[str, str])
    resources: dict[str, dict[str, str]] = Field(default_factory=dict[str, dict[str, str]])
    finished_job_ttl: int | None = Field(default=None, ge=0, description="Seconds that an ended job is kept.")
    backoff_limit: int = Field(default=0, ge=0, description="Tries of the cluster's own; retries are the run's affair.")

    _policy = field_validator("image_pull_policy", mode="before")(pull_policy)
    _image = field_validator("image")(check_image)
    _name = field_validator("job_name")(check_template)

    @field_validator("namespace", "service_account_name")
    @classmethod
    def _label(cls, value: str | None) -> str | None:
        if value is not None and not (_LABEL.fullmatch(value) and len(value) <= 63):
            raise ValueError(f"{value!r} is no name that Kubernetes takes: small letters, digits and -, at most 63")
        return value

    @field_validator("resources", mode="before")
    @classmethod
    def _resources(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        told: dict[str, dict[str, str]] = {}
        for name, amounts in value.items():
            if name not in _BLOCKS:
                raise ValueError(f"{name!r} is no part of resources; use requests and limits")
            told[_BLOCKS[name]] = {str(what): str(amount) for what, amount in dict(amounts).items()}
        for what, amount in ((what, amount) for amounts in told.values() for what, amount in amounts.items()):
            if not _QUANTITY.fullmatch(amount):
                raise ValueError(f"{what}: {amount!r} is no amount; such as 500m, 2 or 1Gi")
        return told

    def preview(self, **run: str) -> dict[str, Any]:
        """Return the manifest of a ``batch/v1`` Job, with what looks secret hidden.

        Parameters
        ----------
        run
            ``run_name``, ``flow_name``, ``deployment`` and ``run_id`` of a run; words in their place otherwise.
        """
        name = dns_label(self.job_name, run)
        container: dict[str, Any] = {
            "name": "flow-run",
            "image": self.image,
            "command": [*self.command, run.get("run_id", "RUN_ID")],
            "env": [{"name": key, "value": text} for key, text in self.shown_env().items()],
        }
        if self.image_pull_policy:
            container["imagePullPolicy"] = _PULL[self.image_pull_policy]
        if self.resources:
            container["resources"] = self.resources
        pod: dict[str, Any] = {"restartPolicy": "Never", "containers": [container]}
        if self.service_account_name:
            pod["serviceAccountName"] = self.service_account_name
        spec: dict[str, Any] = {"backoffLimit": self.backoff_limit, "template": {"spec": pod}}
        if self.labels:
            spec["template"]["metadata"] = {"labels": self.labels}
        if self.finished_job_ttl is not None:
            spec["ttlSecondsAfterFinished"] = self.finished_job_ttl
        metadata: dict[str, Any] = {"name": name, "namespace": self.namespace}
        metadata |= {key: told for key, told in (("labels", self.labels), ("annotations", self.annotations)) if told}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


__all__ = ["KubernetesJob"]
