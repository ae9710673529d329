"""Two runs beside each other."""

from __future__ import annotations

from pydantic import Field

from jupyter_flows.server.shapes.runs import Run
from jupyter_flows.server.shapes.shape import Css, Shape


class ComparedParameter(Shape):
    """A parameter that differs."""

    name: str
    before: str | None = Field(description="its value as JSON text; null where the run did not have it")
    after: str | None


class ComparedSide(Shape):
    """All task runs of a task in one run."""

    state: str
    css: Css
    seconds: float | None
    runs: int
    attempts: int
    versions: list[str] = Field(description="of the task's code, those that are known")


class ComparedTask(Shape):
    """A task in both runs."""

    task: str
    before: ComparedSide | None = Field(description="null where the run did not have it")
    after: ComparedSide | None
    more_seconds: float | None = Field(description="how much longer it took in the second run")
    duration_differs: bool = Field(description="whether it took much longer, or much shorter")
    changed: list[str] = Field(description="what else differs: presence, state, runs, attempts, code")


class Comparison(Shape):
    """What differs between two runs."""

    before: Run
    after: Run
    more_seconds: float | None
    code_changed: bool = Field(description="of the flow itself, as far as that is known")
    parameters: list[ComparedParameter]
    tasks: list[ComparedTask] = Field(description="those that differ first; at most 200")
    left: int = Field(description="how many more there are")


__all__ = ["ComparedParameter", "ComparedSide", "ComparedTask", "Comparison"]
