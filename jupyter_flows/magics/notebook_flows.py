"""The flows that a notebook's names mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_flows.authoring.declared.graph import DeclaredFlow
from jupyter_flows.authoring.flow import Flow


def flows_of(namespace: Mapping[str, Any]) -> dict[str, Flow[Any, Any] | DeclaredFlow]:
    """Return the flows of a notebook by what people call them: the names that they have or are bound to."""
    bound = {
        name: value
        for name, value in list(namespace.items())
        if isinstance(value, Flow | DeclaredFlow) and not name.startswith("_")  # the shell's own `_`, `__`, `_3`
    }
    return {**{one.name: one for one in bound.values()}, **bound}


__all__ = ["flows_of"]
