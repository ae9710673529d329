"""Whether an event is what a trigger waits for."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, cast

from jupyter_flows.automations.triggers import CustomEvent, Late, RunEnd
from jupyter_flows.model.stored_event import StoredEvent


def matches(trigger: object, event: StoredEvent) -> bool:
    """Whether a run's end, or an emitted event, is what a trigger waits for; of other triggers no event is."""
    if isinstance(trigger, RunEnd):
        return event.is_end and is_of(trigger, event) and _ended_so(trigger.states, event)
    if isinstance(trigger, CustomEvent):
        named = fnmatchcase(event.name, trigger.name) and fnmatchcase(event.resource, trigger.resource or "*")
        return not event.kind and named and _holds(event.payload, trigger.match)
    return False


def is_of(trigger: RunEnd | Late, event: StoredEvent) -> bool:
    """Whether an event is of a run that a trigger is about."""
    named = (trigger.deployment, event.deployment), (trigger.flow, event.flow)
    if not all(not pattern or fnmatchcase(name, pattern) for pattern, name in named):
        return False
    return set(trigger.tags) <= set(event.tags) and (not event.is_called or bool(trigger.deployment or trigger.flow))


def _ended_so(states: tuple[str, ...], event: StoredEvent) -> bool:
    return not states or event.kind in states or event.state.lower() in states


def _holds(payload: Any, wanted: Mapping[str, Any]) -> bool:
    for key, value in wanted.items():
        found = _found(payload, key)
        if found != value and not (isinstance(value, list | tuple) and found in value):
            return False
    return True


_NOTHING = object()


def _found(payload: Any, key: str) -> Any:
    """What a payload has under a key; ``a.b`` is also a key in the dict under ``a``."""
    if isinstance(payload, Mapping):
        told = cast("Mapping[str, Any]", payload)
        if key in told:
            return told[key]
        first, _, rest = key.partition(".")
        if rest and first in told:
            return _found(told[first], rest)
    return _NOTHING


__all__ = ["is_of", "matches"]
