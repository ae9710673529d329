"""What every answer looks like that is no success."""

from __future__ import annotations

from pydantic import Field

from jupyter_flows.server.shapes.shape import Shape


class ErrorAnswer(Shape):
    """What went wrong, which, and what to do next."""

    error: str = Field(description="a word for programs: the name of the error, such as `RunNotFound`")
    message: str = Field(description="for people; plain text")
    advice: str = Field(description="what to do next; empty where the message says it")
    problems: dict[str, str] = Field(description="which field of a form is wrong, and why; empty for other errors")


__all__ = ["ErrorAnswer"]
