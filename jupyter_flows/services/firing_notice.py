"""What is told of an event: which flow or notebook, which task or cell, what error, which run, and how to look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.automations.deciding import ABSENT
from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.automations.triggers import Absence, CustomEvent
from jupyter_flows.automations.words import describe_trigger, length
from jupyter_flows.errors import RunNotFound
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.stored_event import StoredEvent
from jupyter_flows.notify.notice import Notice
from jupyter_flows.secrets.resolved import redact
from jupyter_flows.services.causes import Cause, find_cause
from jupyter_flows.services.failing_place import failing_place
from jupyter_flows.services.watching_files import CHANGED
from jupyter_flows.store.events import LATE

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_MOST_FACTS = 12
_SHORT_ID = 8


def notice_of_event(reader: RunReader, definition: AutomationDefinition, event: StoredEvent, count: int = 1) -> Notice:
    """Return what is to be told; no secret that is known is in it.

    Parameters
    ----------
    count
        How many events it stands for.
    """
    held = [("and", f"{count - 1} more of these in {length(definition.window_seconds)}")] if count > 1 else []
    told = (("automation", definition.name), *held)
    if event.name == ABSENT:
        return _absent(definition, event, told)
    if event.name == CHANGED:
        return _notice(f"{event.resource} appeared or changed", event, facts=told)
    if event.kind:
        return _of_run(reader, event, told)
    facts = [*_facts(event.payload), *told]
    run = f"jupyter flows show {event.run_id[:_SHORT_ID]}" if event.run_id else ""
    return _notice(event.name, event, facts=facts, advice=run, state="")


def _of_run(reader: RunReader, event: StoredEvent, told: tuple[tuple[str, str], ...]) -> Notice:
    run = _run(reader, event)
    name = event.deployment or event.flow
    facts = [*([("deployment", name)] if event.deployment and event.deployment != event.flow else []), *told]
    advice = f"jupyter flows why {event.run_id[:_SHORT_ID]}"
    if event.name == LATE:
        late = cast("Mapping[str, Any]", event.payload)
        due = (("due", _iso(late["due_at"])), ("deadline", _iso(late["deadline"])), ("it is", event.state))
        return _notice(f"{name} is late", event, run=run, facts=[*due, *facts], advice=advice, state="Late")
    if run is None:
        return _notice(f"{name}: {event.state}", event, facts=facts, state=event.state, error=event.message)
    cause = find_cause(reader, run)
    culprit, error = ("", "") if cause is None else (_culprit(reader, cause), _error(cause))
    return _notice(
        f"{name}: {event.state}",
        event,
        run=run,
        facts=facts,
        advice=advice,
        state=event.state,
        culprit=culprit,
        error=error or (event.message if event.kind != "completed" else ""),
    )


def _run(reader: RunReader, event: StoredEvent) -> FlowRun | None:
    try:
        return reader.flow_run(event.run_id)
    except RunNotFound:  # deleted since, or made up for a test
        return None


def _culprit(reader: RunReader, cause: Cause) -> str:
    """The task or cell where it began, and the user's own line."""
    place, task = failing_place(cause.failure, {}), cause.task
    is_cell = task is not None and task.kind == "cell"
    words: list[str] = []
    if task is not None:
        words = [f"cell {task.number}: {first_line(task.name, 80)}" if is_cell else first_line(task.name, 80)]
    if place is not None:
        # A cell is named already, by its place in the notebook; a kernel counts executions.
        where = f"line {place['line']}" if is_cell else place["words"]
        words.append(f"({where}{': ' + place['code'] if place['code'] else ''})")
    words += [f"and {cause.others} more"] if cause.others else []
    within = [f"in {run.flow}" for run in cause.path[1:]][-1:]
    return " ".join([*words, *within])


def _error(cause: Cause) -> str:
    failure = cause.failure
    if failure is None or failure.message.startswith(failure.error_type):
        return "" if failure is None else failure.message
    return f"{failure.error_type}: {failure.message}"


def _absent(definition: AutomationDefinition, event: StoredEvent, told: tuple[tuple[str, str], ...]) -> Notice:
    trigger = cast("Absence", definition.trigger)
    since = cast("Mapping[str, Any]", event.payload)
    if isinstance(trigger.of, CustomEvent):
        expected = f"no event {trigger.of.name}"
    else:
        expected = f"it did not happen that {describe_trigger(trigger.of)}"
    facts = [("expected by", _iso(since["expected_by"])), ("counted from", _iso(since["since"])), *told]
    return _notice(f"{expected} within {length(trigger.within_seconds)}", event, facts=facts, state="Late")


def _notice(
    title: str,
    event: StoredEvent,
    *,
    facts: Any,
    run: FlowRun | None = None,
    advice: str = "",
    state: str = "",
    culprit: str = "",
    error: str = "",
) -> Notice:
    return Notice(
        title=redact(first_line(title, 200)),
        state=state,
        subject=redact(event.flow if run is None else run.flow),
        run=redact(run.name) if run is not None else "",
        run_id=event.run_id,
        culprit=redact(culprit),
        error=redact(error),
        advice=advice,
        facts=tuple((name, redact(text)) for name, text in facts),
        at=event.at,
    )


def _facts(payload: Any) -> list[tuple[str, str]]:
    if not isinstance(payload, Mapping):
        return [] if payload is None else [("payload", first_line(str(payload), 300))]
    told = list(cast("Mapping[str, Any]", payload).items())[:_MOST_FACTS]
    return [(first_line(name, 60), first_line(str(value), 300)) for name, value in told]


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(timespec="seconds")


__all__ = ["notice_of_event"]
