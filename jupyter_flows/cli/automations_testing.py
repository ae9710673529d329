"""`jupyter flows automations test`: what an automation would do, said and not done."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import Any

from jupyter_flows.automations.actions import Notify
from jupyter_flows.automations.deciding import ABSENT
from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.automations.matching import is_of, matches
from jupyter_flows.automations.triggers import Absence, CustomEvent, FileChange, Late, RunEnd
from jupyter_flows.automations.words import describe_trigger
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.errors import JupyterFlowsError, TargetError
from jupyter_flows.model.stored_event import StoredEvent
from jupyter_flows.notify.formats import as_text
from jupyter_flows.services.acting import what_would_happen
from jupyter_flows.services.automation_storing import check_actions
from jupyter_flows.services.firing_notice import notice_of_event
from jupyter_flows.services.watching_files import CHANGED, file_event
from jupyter_flows.store import open_automations, open_events
from jupyter_flows.store.events import LATE, Events
from jupyter_flows.wiring import current_reader, current_settings

_LOOKED_AT = 5_000


def test_automation(options: Namespace, screen: Screen) -> int:
    """Say what an automation would do for an event: a given one, or the newest that it would have acted on."""
    with open_automations(current_settings()) as automations, open_events(current_settings()) as events:
        definition = automations.get(options.name).definition
        event, why = _event(options, definition, events)
    told = what_would_happen(definition, event)
    message = _message(definition, event)
    problem = _problem(definition)
    if options.json:
        does = [{"action": action, "with": given or None} for action, given in told]
        screen.json({"name": definition.name, "event": event.name, "acts": not why, "why": why or None,
                     "actions": does, "problem": problem or None, "message": message})  # fmt: skip
        return GOOD
    screen.line(Cell(definition.name, "bold"), f" waits for: {describe_trigger(definition.trigger)}")
    made_up = " (made up)" if not event.id and options.event is None and options.file is None else ""
    about = f" of run {event.run_id[:8]}" if event.run_id else f" {event.resource}" if event.resource else ""
    screen.line(
        f"event {event.name}{about}{made_up}: ", Cell("it would act" if not why else f"it would not act: {why}", "bold")
    )
    for action, given in told:
        screen.line(Cell("  would ", "dim"), action, Cell(f"  {given}" if given else "", "dim"))
    if problem:
        screen.line(Cell(f"  {problem}", "red"))
    for line in (message or "").splitlines():
        screen.line(Cell(f"    {line}", "dim"))
    return GOOD


def _event(options: Namespace, definition: AutomationDefinition, events: Events) -> tuple[StoredEvent, str]:
    """The event, and why it would not be acted on; empty where it would."""
    trigger = definition.trigger
    event = _given(options, trigger, events)
    if event is None:
        return _newest(definition, events), ""
    if isinstance(trigger, FileChange):
        fits = event.name == CHANGED and Path(event.resource).match(Path(trigger.path).name)
    elif isinstance(trigger, Late):
        fits = bool(event.kind) and is_of(trigger, event)
    else:
        fits = matches(trigger, event)
    return event, "" if fits else "it waits for something else"


def _given(options: Namespace, trigger: Any, events: Events) -> StoredEvent | None:
    if options.run is not None:
        with closing(current_reader()) as reader:
            run = reader.flow_run(options.run)
        found = events.newest(_LOOKED_AT, run_id=run.id)
        ends = [one for one in found if one.is_end]
        if not ends:
            raise TargetError(options.run, "no end of this run is among the events that are kept")
        return ends[-1]
    if options.event is not None:
        try:
            payload = None if options.payload is None else json.loads(options.payload)
        except ValueError as error:
            raise TargetError(f"--payload {options.payload}", f"it is no JSON: {error}") from None
        return StoredEvent(0, time.time(), options.event, options.resource, payload=payload)
    if options.file is not None:
        return file_event(str(Path(options.file).absolute()), (0, time.time_ns()), time.time(), is_new=True)
    return None


def _newest(definition: AutomationDefinition, events: Events) -> StoredEvent:
    """The newest event that it would have acted on; one that is made up where there is none."""
    trigger = definition.trigger
    if isinstance(trigger, RunEnd | CustomEvent):
        found = [one for one in events.newest(_LOOKED_AT) if matches(trigger, one)]
        if found:
            return found[-1]
    now = time.time()
    match trigger:
        case RunEnd():
            state = trigger.states[0] if trigger.states else "completed"
            named: Any = {"flow": trigger.flow or "FLOW", "deployment": trigger.deployment or "DEPLOYMENT"}
            return StoredEvent(0, now, f"run.{state}", "flow:FLOW", "RUN", state, state.capitalize(), **named)
        case CustomEvent():
            return StoredEvent(0, now, trigger.name, trigger.resource, payload=dict(trigger.match))
        case FileChange():
            return file_event(trigger.path.replace("*", "NAME"), (0, int(now * 1e9)), now, is_new=True)
        case Late():
            late = {"due_at": now - trigger.within_seconds, "deadline": now, "late_seconds": 0.0}
            named: Any = {"flow": trigger.flow or "FLOW", "deployment": trigger.deployment or "DEPLOYMENT"}
            return StoredEvent(0, now, LATE, "flow:FLOW", "RUN", "running", "Running", payload=late, **named)
        case Absence():
            length = trigger.within_seconds
            since = {"expected_by": now, "since": now - length, "within_seconds": length}
            return StoredEvent(0, now, ABSENT, f"automation:{definition.name}", payload=since)


def _message(definition: AutomationDefinition, event: StoredEvent) -> str | None:
    """What would be told, where somebody is."""
    if not any(isinstance(action, Notify) for action in definition.actions):
        return None
    with closing(current_reader()) as reader:
        return as_text(notice_of_event(reader, definition, event))


def _problem(definition: AutomationDefinition) -> str:
    try:
        check_actions(current_settings(), definition)
    except JupyterFlowsError as error:
        return str(error)
    return ""


__all__ = ["test_automation"]
