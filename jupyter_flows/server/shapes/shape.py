"""What all shapes have in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """An object on the wire: no field but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="ISO 8601 with an offset")]
RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", description="12 hexadecimal digits")]
Parameters = Annotated[dict[str, Any], Field(description="JSON values by name; a secret is only a reference")]
Css = Annotated[str, Field(description="class of the state's look, such as `failed`; see `looks` and `Look`")]

__all__ = ["Css", "Instant", "Parameters", "RunId", "Shape"]
