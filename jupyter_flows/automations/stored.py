"""Automations as JSON, which is also how a file of deployments writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, cast

from jupyter_flows.automations import actions, triggers
from jupyter_flows.automations.definition import WINDOW_SECONDS, AutomationDefinition, usual_most
from jupyter_flows.errors import BadOption, UnknownOption
from jupyter_flows.model.stored_event import StoredEvent

_TRIGGERS: dict[str, type[Any]] = {
    "run_end": triggers.RunEnd,
    "file": triggers.FileChange,
    "event": triggers.CustomEvent,
    "absence": triggers.Absence,
    "late": triggers.Late,
}
_ACTIONS: dict[str, type[Any]] = {
    "run_deployment": actions.RunDeployment,
    "pause_schedule": actions.PauseSchedule,
    "resume_schedule": actions.ResumeSchedule,
    "cancel_run": actions.CancelRun,
    "notify": actions.Notify,
}
_ON = {kind: word for word, kind in _TRIGGERS.items()}
_DO = {kind: word for word, kind in _ACTIONS.items()}


def to_json(definition: AutomationDefinition) -> dict[str, Any]:
    """Return an automation as JSON values."""
    return {
        "name": definition.name,
        "trigger": trigger_json(definition.trigger),
        "actions": [{"do": _DO[type(action)], **_plain(asdict(action))} for action in definition.actions],
        "most": definition.most,
        "window_seconds": definition.window_seconds,
        "description": definition.description,
    }


def from_json(told: Mapping[str, Any]) -> AutomationDefinition:
    """Read what `to_json` gave.

    Raises
    ------
    BadOption, UnknownOption
    """
    made = tuple(action_from(one) for one in told["actions"])
    return AutomationDefinition(
        told["name"],
        trigger_from(told["trigger"]),
        made,
        told.get("most") or usual_most(made),
        told.get("window_seconds") or WINDOW_SECONDS,
        told.get("description", ""),
    )


def trigger_json(trigger: triggers.Trigger) -> dict[str, Any]:
    """Return a trigger as JSON values."""
    told: dict[str, Any] = {"on": _ON[type(trigger)], **_plain(asdict(trigger))}
    if isinstance(trigger, triggers.Absence):
        told["of"] = trigger_json(trigger.of)
        told["after"] = None if trigger.after is None else trigger_json(trigger.after)
    return told


def trigger_from(told: Any) -> triggers.Trigger:
    """Read a trigger: a dict with ``on`` and the words of the functions that make triggers.

    Raises
    ------
    BadOption, UnknownOption
    """
    kind, given = _kind("trigger", "on", told, _TRIGGERS)
    if kind is triggers.RunEnd:
        return triggers.on_run_end(**given)
    if kind is triggers.FileChange:
        settle = given.get("settle_seconds", triggers.SETTLE_SECONDS)
        return triggers.on_file(given["path"], settle=settle, existing=given.get("existing", False))
    if kind is triggers.CustomEvent:
        return triggers.on_event(given["name"], resource=given.get("resource", ""), match=given.get("match"))
    if kind is triggers.Late:
        return triggers.on_late(given.pop("within_seconds"), **given)
    after = given.get("after")
    of = cast("Any", trigger_from(given["of"]))
    return triggers.on_absence(of, within=given["within_seconds"], after=cast("Any", after and trigger_from(after)))


def action_from(told: Any) -> actions.Action:
    """Read an action: a dict with ``do`` and the fields of its class.

    Raises
    ------
    BadOption, UnknownOption
    """
    kind, given = _kind("action", "do", told, _ACTIONS)
    return kind(**given)


def event_json(event: StoredEvent) -> dict[str, Any]:
    """Return an event as JSON values."""
    return _plain(asdict(event))


def event_from(told: Mapping[str, Any]) -> StoredEvent:
    """Read what `event_json` gave."""
    return StoredEvent(**{**told, "tags": tuple(told["tags"])})


def _kind(what: str, word: str, told: Any, known: Mapping[str, type[Any]]) -> tuple[type[Any], dict[str, Any]]:
    if not isinstance(told, Mapping):
        raise BadOption("automation", what, told, f"give a table with {word} = one of {', '.join(known)}")
    given = dict(cast("Mapping[str, Any]", told))
    name = given.pop(word, None)
    kind = known.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadOption(what, word, name, f"use one of {', '.join(known)}")
    names = {field.name for field in fields(kind)}
    for option in given:
        if option not in names:
            raise UnknownOption(f"{what} {name}", option, names)
    needed = {"path", "within_seconds", "of"} | ({"name"} if kind is triggers.CustomEvent else set[str]())
    if kind is actions.RunDeployment:
        needed.add("deployment")
    for option in sorted(needed & names - set(given)):
        raise BadOption(f"{what} {name}", option, None, "it is needed")
    return kind, given


def _plain(value: Any) -> Any:
    """JSON's own types: tuples become lists."""
    return json.loads(json.dumps(value))


__all__ = ["action_from", "event_from", "event_json", "from_json", "to_json", "trigger_from", "trigger_json"]
