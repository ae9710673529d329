"""Say that something happened, as guides do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_flows.authoring.emitting import emit_event as _emit_event

_ID = "prefect.resource.id"


def emit_event(event: str, resource: Mapping[str, str] | str = "", payload: Any = None) -> int:
    """See `jupyter_flows.emit_event`; of a mapping that describes a resource, its id is taken."""
    about = resource if isinstance(resource, str) else resource.get(_ID, resource.get("id", ""))
    return _emit_event(event, resource=about, payload=payload)


__all__ = ["emit_event"]
