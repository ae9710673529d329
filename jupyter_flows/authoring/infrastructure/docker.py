"""A container, as the docker command would start it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field, field_validator

from jupyter_flows.authoring.infrastructure.base import Infrastructure
from jupyter_flows.authoring.infrastructure.names import check_template, dns_label

_IMAGE = re.compile(r"[a-z0-9][\w.:/@-]*", re.IGNORECASE)


class ImagePullPolicy(StrEnum):
    """When an image is fetched."""

    IF_NOT_PRESENT = "IF_NOT_PRESENT"
    ALWAYS = "ALWAYS"
    NEVER = "NEVER"


def pull_policy(value: Any) -> Any:
    """Read a pull policy in any spelling: ``always``, ``ALWAYS``, ``IfNotPresent``, ``if_not_present``."""
    if not isinstance(value, str):
        return value
    plain = value.replace("_", "").replace("-", "").lower()
    found = next((one for one in ImagePullPolicy if one.value.replace("_", "").lower() == plain), None)
    if found is None:
        raise ValueError(f"{value!r} is no pull policy; use always, if_not_present or never")
    return found


def check_image(value: str) -> str:
    """Refuse what names no image."""
    if not _IMAGE.fullmatch(value):
        raise ValueError(f"{value!r} names no image")
    return value


class DockerContainer(Infrastructure):
    """A container of a Docker engine: a checked model and the command it means; it is not executed yet."""

    _block_type_name: ClassVar[str | None] = "Docker Container"

    image: str = Field(description="Such as python:3.12-slim.")
    image_pull_policy: ImagePullPolicy | None = Field(default=None, description="always, if_not_present or never.")
    volumes: list[str] = Field(default_factory=list[str], description="host:container[:ro]")
    networks: list[str] = Field(default_factory=list[str])
    network_mode: str | None = None
    labels: dict[str, str] = Field(default_factory=dict[str, str])
    auto_remove: bool = False
    mem_limit: str | None = None
    memswap_limit: str | None = None
    privileged: bool = False
    name: str = Field(default="{run_name}", description="A template of run_name, flow_name, deployment, run_id.")

    _policy = field_validator("image_pull_policy", mode="before")(pull_policy)
    _image = field_validator("image")(check_image)
    _name = field_validator("name")(check_template)

    @field_validator("volumes")
    @classmethod
    def _volumes(cls, value: list[str]) -> list[str]:
        for one in value:
            parts = one.split(":")
            if len(parts) not in {2, 3} or not all(parts[:2]) or not parts[1].startswith("/"):
                raise ValueError(f"{one!r} is no volume; give HOST:/CONTAINER or HOST:/CONTAINER:ro")
            if len(parts) == 3 and parts[2] not in {"ro", "rw", "z", "Z"}:
                raise ValueError(f"{one!r}: {parts[2]!r} is no mode; use ro or rw")
        return value

    def preview(self, **run: str) -> list[str]:
        """Return the docker command, with what looks secret hidden.

        Parameters
        ----------
        run
            ``run_name``, ``flow_name``, ``deployment`` and ``run_id`` of a run; words in their place otherwise.
        """
        pull = {ImagePullPolicy.ALWAYS: "always", ImagePullPolicy.NEVER: "never"}
        argv = ["docker", "run", "--name", dns_label(self.name, run)]
        argv += ["--pull", pull.get(self.image_pull_policy, "missing")] if self.image_pull_policy else []
        argv += ["--rm"] if self.auto_remove else []
        argv += ["--privileged"] if self.privileged else []
        for option, values in (
            ("--env", [f"{name}={text}" for name, text in self.shown_env().items()]),
            ("--volume", self.volumes),
            ("--label", [f"{name}={text}" for name, text in self.labels.items()]),
            ("--network", [*([self.network_mode] if self.network_mode else []), *self.networks]),
            ("--memory", [self.mem_limit] if self.mem_limit else []),
            ("--memory-swap", [self.memswap_limit] if self.memswap_limit else []),
        ):
            argv += [part for value in values for part in (option, value)]
        return [*argv, self.image, *self.command, run.get("run_id", "RUN_ID")]


__all__ = ["DockerContainer", "ImagePullPolicy", "check_image", "pull_policy"]
