"""Where a run would be executed, as a checked model with a preview. Only this machine is executed on until now."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field, field_validator

from jupyter_flows.authoring.block import Block
from jupyter_flows.errors import InfrastructureRefused
from jupyter_flows.model.secret_looking import looks_secret

_MASK = "••••••"


class Infrastructure(Block):
    """What every place of execution has."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    runs_here: ClassVar[bool] = False

    env: dict[str, str] = Field(default_factory=dict[str, str], description="Environment variables.")
    command: list[str] = Field(
        default_factory=lambda: ["jupyter-flows", "execute"], description="What is run there; the run's id follows."
    )

    @field_validator("env", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        if isinstance(value, dict):
            wrong = [name for name in value if not str(name).replace("_", "a").isalnum() or str(name)[0].isdigit()]
            if wrong:
                raise ValueError(f"{wrong[0]!r} is no name of an environment variable")
            return {str(name): str(text) for name, text in value.items()}
        return value

    def shown_env(self) -> dict[str, str]:
        """Return the environment with what looks secret hidden."""
        return {name: _MASK if looks_secret(name, text) else text for name, text in self.env.items()}

    def refuse_to_run(self) -> None:
        """Say that nothing is executed there yet.

        Raises
        ------
        InfrastructureRefused
        """
        if not self.runs_here:
            raise InfrastructureRefused(self._block_type_name or type(self).__name__)

    def __repr_args__(self) -> Any:
        return [(name, self.shown_env() if name == "env" else value) for name, value in super().__repr_args__()]


class Process(Infrastructure):
    """A process of this machine, as runners start it."""

    _block_type_name: ClassVar[str | None] = "Process"

    runs_here: ClassVar[bool] = True

    working_dir: str = ""

    def preview(self, **_run: str) -> list[str]:
        """Return the command."""
        return [*self.command, "RUN_ID"]


__all__ = ["Infrastructure", "Process"]
