"""What the parameters of a declared flow are by default, for reading texts that were typed for them."""

from __future__ import annotations

from typing import Any

from jupyter_flows.authoring.declared.date_time_parameter import DateTimeParameter
from jupyter_flows.authoring.declared.graph import DeclaredFlow


def declared_defaults(flow: DeclaredFlow) -> dict[str, Any]:
    """Name to default; what is an instant stays a text: the parameter itself reads it."""
    return {one.name: "" if isinstance(one, DateTimeParameter) else one.default for one in flow.parameters()}


__all__ = ["declared_defaults"]
