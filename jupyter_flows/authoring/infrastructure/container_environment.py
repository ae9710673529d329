"""`ContainerEnvironment`: the image that a flow would run in, as the text of a Dockerfile and what is beside it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, StringConstraints, field_validator

from jupyter_flows.authoring.block import Block
from jupyter_flows.authoring.infrastructure.container_engine import ContainerEngine
from jupyter_flows.authoring.infrastructure.docker import check_image
from jupyter_flows.authoring.infrastructure.names import dns_label
from jupyter_flows.model.secret_looking import looks_secret
from jupyter_flows.secrets.resolved import holds_secret
from jupyter_flows.version import __version__

HOME = "/opt/flows"
"""Where the flow's own files are in the image, and where it works."""

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d{1,5})?(/[a-z0-9][a-z0-9._-]*)*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][^\x00-\x1f\x7f]*")

Requirement = Annotated[str, StringConstraints(strip_whitespace=True)]


class ContainerEnvironment(Block):
    """The image that a flow would run in.

    Nothing is built until `build` is asked for; `dockerfile` and `write_context` show all of it before.

    Parameters
    ----------
    base_image
        What it begins with; it must have Python.
    registry_url
        Where it is pushed to, such as ``registry.example.com/team``; without a scheme.
    python_dependencies
        Requirements as pip takes them: ``"pandas>=2"``. This package comes by itself, in the version that runs here.
    env_vars
        Variables that every run has. An image is no place for secrets: what looks like one is refused.
    files
        Files and folders of this machine to their absolute paths in the image.
    image_name, image_tag
        The flow's name and a digest of its source when not given.

    Raises
    ------
    ValidationError
        With every field that does not fit.
    """

    _block_type_name: ClassVar[str | None] = "Container Environment"

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    base_image: str = "python:3.12-slim"
    registry_url: str = ""
    python_dependencies: list[Requirement] = Field(default_factory=list[Requirement])
    env_vars: dict[str, str] = Field(default_factory=dict[str, str])
    files: dict[str, str] = Field(default_factory=dict[str, str])
    image_name: str = ""
    image_tag: str = ""

    _image = field_validator("base_image")(check_image)

    @field_validator("registry_url")
    @classmethod
    def _registry(cls, value: str) -> str:
        plain = value.rstrip("/")
        if plain and not _REGISTRY.fullmatch(plain):
            raise ValueError(f"{value!r} is no registry; give HOST[:PORT][/PATH], without a scheme, user or password")
        return plain

    @field_validator("python_dependencies")
    @classmethod
    def _requirements(cls, value: list[str]) -> list[str]:
        wrong = [one for one in value if not _REQUIREMENT.fullmatch(one)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no requirement; give such as 'pandas>=2'")
        return value

    @field_validator("env_vars")
    @classmethod
    def _variables(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _VARIABLE.fullmatch(name):
                raise ValueError(f"{name!r} is no name of an environment variable")
            if holds_secret(text) or looks_secret(name, text):
                raise ValueError(f"{name} looks like a secret, and everybody who has the image reads it; leave it out")
            if not text.isprintable():
                raise ValueError(f"{name}: its value must be one line without control characters")
        return value

    @field_validator("files", mode="before")
    @classmethod
    def _paths(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        told = {str(source): str(target) for source, target in value.items()}
        for source, target in told.items():
            if not Path(source).expanduser().exists():
                raise ValueError(f"there is no {source}")
            if (
                not PurePosixPath(target).is_absolute()
                or ".." in PurePosixPath(target).parts
                or not target.isprintable()
            ):
                raise ValueError(f"{target!r}: give an absolute path in the image")
        return told

    @field_validator("image_name")
    @classmethod
    def _name(cls, value: str) -> str:
        if value and not re.fullmatch(r"[a-z0-9]+([._-]+[a-z0-9]+)*", value):
            raise ValueError(f"{value!r} is no name of an image; use small letters, digits, and . _ - between them")
        return value

    @field_validator("image_tag")
    @classmethod
    def _tag(cls, value: str) -> str:
        if value and not _TAG.fullmatch(value):
            raise ValueError(f"{value!r} is no tag; use letters, digits, _, . and -, at most 128")
        return value

    def image(self, flow: str = "flow", digest: str = "latest") -> str:
        """Return the image's whole name: registry, name and tag.

        Parameters
        ----------
        flow, digest
            In the place of a name and a tag that were not given.
        """
        name = self.image_name or dns_label("{flow_name}", {"flow_name": flow})
        return f"{self.registry_url}{'/' if self.registry_url else ''}{name}:{self.image_tag or digest}"

    def dockerfile(self) -> str:
        """Return the text of the Dockerfile.

        Every value stands in it as JSON or quoted, so that no shell reads it.
        """
        wanted = [f"jupyter-flows=={__version__}", *self.python_dependencies]
        lines = [f"FROM {self.base_image}"]
        lines += [f"ENV {name}={_quoted(text)}" for name, text in self.env_vars.items()]
        lines.append(f"RUN {json.dumps(['python', '-m', 'pip', 'install', '--no-cache-dir', *wanted])}")
        lines += [f"COPY {json.dumps([place, target])}" for place, target in self._places().items()]
        lines += [f"COPY {json.dumps(['flow/', f'{HOME}/'])}", f"WORKDIR {HOME}", 'CMD ["jupyter-flows", "execute"]']
        return "".join(f"{line}\n" for line in lines)

    preview = dockerfile

    def write_context(self, folder: str | Path, source: Mapping[str, bytes] | None = None) -> Path:
        """Write what an engine builds the image from: the Dockerfile, the files, and the flow's source.

        Parameters
        ----------
        folder
            A new or empty one.
        source
            The flow's files by their relative names, as a deployment finds them.

        Raises
        ------
        FileExistsError
            There is something in the folder.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise FileExistsError(f"{target} is not empty")
        (target / "flow").mkdir()
        (target / "files").mkdir()
        (target / "Dockerfile").write_text(self.dockerfile(), encoding="utf-8")
        for place, path in zip(self._places(), self.files, strict=True):
            copy = shutil.copytree if Path(path).expanduser().is_dir() else shutil.copyfile
            copy(Path(path).expanduser(), target / place)
        for name, content in (source or {}).items():
            file = target / "flow" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return target

    def build(
        self,
        flow: str = "flow",
        source: Mapping[str, bytes] | None = None,
        *,
        digest: str = "latest",
        push: bool = False,
    ) -> str:
        """Build the image, and push it where that is asked for; return its whole name.

        Raises
        ------
        ContainerEngineMissing
            None answers on this machine.
        ContainerBuildFailed
            With the last lines that the engine said.
        """
        name = self.image(flow, digest)
        engine = ContainerEngine.here()
        with engine.context() as folder:
            engine.build(self.write_context(folder, source), name)
        if push:
            engine.push(name)
        return name

    def _places(self) -> dict[str, str]:
        """Where files are in the context, in the order in which they were given, to their places in the image."""
        return {f"files/{number}": target for number, target in enumerate(self.files.values(), 1)}


def _quoted(text: str) -> str:
    r"""Quote a value of ENV, which knows ``\``, ``"`` and ``$``."""
    return '"' + re.sub(r'([\\"$])', r"\\\1", text) + '"'


__all__ = ["HOME", "ContainerEnvironment"]
