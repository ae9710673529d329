"""What runs attached to be looked at."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from jupyter_flows.server.shapes.shape import Instant, Shape


class Artifact(Shape):
    """Something to look at."""

    id: str
    key: str | None
    kind: str = Field(description="markdown, table, image, link, file or progress")
    description: str
    at: Instant
    number: int = Field(description="of the task run; 0 for the run itself")
    task: str = Field(description="what people call the task run; empty for the run itself")
    media_type: str | None
    size: int | None
    url: str | None = Field(description="where a link leads, http or https only; null for a file")
    content: str | None = Field(description="relative to the API; sandboxed, needs the same authentication")
    shown: Literal["text", "image", "download", "none"] = Field(
        description="text: fetch it and show it as text; image: may be an <img>; download: only to be saved"
    )
    progress: float | None


class ArtifactList(Shape):
    """The artifacts of a run, newest first; of one key only the newest unless asked for."""

    artifacts: list[Artifact]


__all__ = ["Artifact", "ArtifactList"]
