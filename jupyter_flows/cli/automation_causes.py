"""What led to a run that an automation made, back to the beginning: for people and programs."""

from __future__ import annotations

from typing import Any

from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.deployments import EVENT
from jupyter_flows.model.overview import RunOrigin
from jupyter_flows.model.stored_event import StoredEvent
from jupyter_flows.settings import load_settings

Causes = list[tuple[str, StoredEvent]]


def causes_of(run_id: str, origin: RunOrigin | None) -> Causes:
    """Return the automations that led to a run, the nearest first, each with its event; empty for any other run."""
    if origin is None or origin.queued.origin != EVENT:
        return []
    from jupyter_flows.store import open_automations, open_firings  # deferred: few runs are made by automations

    settings = load_settings()
    with open_firings(settings) as firings, open_automations(settings) as automations:
        names = {one.id: one.definition.name for one in automations.all()}
        found = [firing for firing, _ in firings.causes(run_id)]
    return [(names.get(one.automation_id, f"{one.automation_id} (deleted)"), one.event) for one in found]


def causes_json(causes: Causes) -> list[dict[str, Any]]:
    """The causes as JSON objects."""
    return [
        {"automation": name, "event": event.name, "run": event.run_id or None, "resource": event.resource or None}
        for name, event in causes
    ]


def cause_words(name: str, event: StoredEvent) -> str:
    """One cause in a line."""
    about = (
        f"run {event.run_id} of {event.deployment or event.flow}" if event.run_id else first_line(event.resource, 100)
    )
    return f"{name}: {event.name}{f', {about}' if about else ''}"


__all__ = ["Causes", "cause_words", "causes_json", "causes_of"]
