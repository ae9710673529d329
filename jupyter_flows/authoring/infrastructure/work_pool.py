"""`WorkPool`: where the runs of several deployments would be executed, and what each of them may choose there."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self, cast

from pydantic import ConfigDict, Field, ValidationError, model_validator

from jupyter_flows.authoring.block import Block
from jupyter_flows.authoring.infrastructure.base import Infrastructure, Process
from jupyter_flows.authoring.infrastructure.docker import DockerContainer
from jupyter_flows.authoring.infrastructure.job_template import JobTemplate, check_template, filled, template_of
from jupyter_flows.authoring.infrastructure.kubernetes import KubernetesJob
from jupyter_flows.errors import BadOption

_MODELS: dict[str, type[Infrastructure]] = {"process": Process, "docker": DockerContainer, "kubernetes": KubernetesJob}
_NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$"


class WorkPool(Block):
    """A place of execution with a base job template.

    Only pools of type ``process`` are executed on until now, by whatever runner there is; see `preview` for the others.

    Parameters
    ----------
    name
        What deployments say; letters, digits, ``_ . -``.
    type
        ``process``, ``docker`` or ``kubernetes``.
    base_job_template
        ``job_configuration``: the fields of the type's model, with places like ``"{{ image }}"``; ``variables``: a JSON
        schema of what a deployment may choose, with defaults. When not given, every field may be chosen.
    concurrency_limit
        Runs at a time; None for any number.
    is_paused
        Whether it starts none now.

    Raises
    ------
    ValidationError
        With every field that does not fit.
    """

    _block_type_name: ClassVar[str | None] = "Work Pool"

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    name: str = Field(pattern=_NAME)
    type: Literal["process", "docker", "kubernetes"] = "process"
    description: str = ""
    base_job_template: JobTemplate = Field(default_factory=dict)
    concurrency_limit: int | None = Field(default=None, ge=1)
    is_paused: bool = False

    @model_validator(mode="before")
    @classmethod
    def _whole_template(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("base_job_template"):
            return given
        told = cast("dict[str, Any]", given)
        model = _MODELS.get(str(told.get("type", "process")), Process)
        return {**told, "base_job_template": template_of(model.model_json_schema())}

    @model_validator(mode="after")
    def _fitting_template(self) -> Self:
        check_template(self.base_job_template)
        fields = _MODELS[self.type].model_fields
        unknown = [name for name in self.base_job_template["job_configuration"] if name not in fields]
        if unknown:
            raise ValueError(f"job_configuration: a {self.type} job has no {unknown[0]!r}; it has {', '.join(fields)}")
        return self

    def keep(self, overwrite: bool = False) -> str:
        """Save it under its own name, where deployments find it; see `Block.save`."""
        return self.save(self.name, overwrite)

    def infrastructure(self, job_variables: dict[str, Any] | None = None) -> Infrastructure:
        """Return the checked model of one run's place.

        Parameters
        ----------
        job_variables
            What a deployment chooses; the rest has its defaults.

        Raises
        ------
        BadOption
            A variable is unknown, missing, or does not fit.
        """
        try:
            return _MODELS[self.type](**filled(self.base_job_template, job_variables or {}))
        except ValidationError as error:
            said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise BadOption(f"work pool {self.name}", "job_variables", "(these)", said) from None
        except ValueError as error:
            raise BadOption(f"work pool {self.name}", "job_variables", "(these)", str(error)) from None

    def preview(self, job_variables: dict[str, Any] | None = None, **run: str) -> Any:
        """Return what would be started for a run: a command, or a manifest of a job.

        Parameters
        ----------
        run
            ``run_name``, ``flow_name``, ``deployment`` and ``run_id``; words in their place otherwise.

        Raises
        ------
        BadOption
        """
        place: Any = self.infrastructure(job_variables)
        return place.preview(**run)


__all__ = ["WorkPool"]
