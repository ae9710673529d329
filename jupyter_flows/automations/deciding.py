"""What follows from what happened: pure, so that of many runners one writes it down and all others find it done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.automations.matching import matches
from jupyter_flows.automations.triggers import Absence, CustomEvent, RunEnd
from jupyter_flows.model.stored_event import StoredEvent

ABSENT = "automation.absent"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an automation stands.

    Parameters
    ----------
    id
        Of the automation.
    since
        Events up to this id do not count.
    armed_at
        From when the absence of something is counted, in seconds since the epoch; None while nothing is expected.
    window_at, window_count
        When the present window began, and how often it acted since.
    held, last_held
        How many events the window has held back, and the last of them.
    """

    id: str
    definition: AutomationDefinition
    since: int = 0
    armed_at: float | None = None
    window_at: float = 0.0
    window_count: int = 0
    held: int = 0
    last_held: StoredEvent | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """An automation acts, once.

    Parameters
    ----------
    automation_id
        Which.
    key
        What it acts on; for one automation it never acts on the same twice.
    event
        What happened.
    count
        How many events it stands for: itself, and those that were held back before.
    """

    automation_id: str
    key: str
    at: float
    event: StoredEvent
    count: int = 1


Found = Mapping[str, Sequence[tuple[str, StoredEvent]]]


def decide(
    standings: Iterable[Standing], events: Sequence[StoredEvent], found: Found, now: float, *, more: bool = False
) -> tuple[list[Standing], list[Firing]]:
    """Decide what automations do.

    Parameters
    ----------
    standings
        Of those that are not paused.
    events
        What happened since the last time, oldest first.
    found
        Automation id to what was found without an event (files, late runs), each with its key. What a window has no
        room for is left out, to be found again.
    now
        Seconds since the epoch.
    more
        Whether there are later events that were not looked at: what is absent may be among them.

    Returns
    -------
    How the automations stand then, and what they do.
    """
    after: list[Standing] = []
    firings: list[Firing] = []
    for standing in standings:
        stands = _released(standing, now, firings)
        if isinstance(standing.definition.trigger, Absence):
            stands = _expecting(stands, standing.definition.trigger, events, now, firings, more)
        elif isinstance(standing.definition.trigger, RunEnd | CustomEvent):
            for event in events:
                if event.id > standing.since and matches(standing.definition.trigger, event):
                    stands = _acting(stands, f"event:{event.id}", event, now, firings)
        for key, event in found.get(standing.id, ()):
            if not _has_room(stands, now):
                break
            stands = _acting(stands, key, event, now, firings)
        after.append(stands)
    return after, firings


def next_look(standings: Iterable[Standing]) -> float | None:
    """When something is to be decided by the clock alone, in seconds since the epoch; None where nothing is."""
    moments: list[float] = []
    for standing in standings:
        trigger = standing.definition.trigger
        if isinstance(trigger, Absence) and standing.armed_at is not None:
            moments.append(standing.armed_at + trigger.within_seconds)
        if standing.held:
            moments.append(standing.window_at + standing.definition.window_seconds)
    return min(moments, default=None)


def _released(standing: Standing, now: float, firings: list[Firing]) -> Standing:
    """What a window has held back is told when the next one begins."""
    if not standing.held or standing.last_held is None or now < standing.window_at + standing.definition.window_seconds:
        return standing
    event = standing.last_held
    firings.append(Firing(standing.id, f"held:{event.id}:{event.at}", now, event, standing.held))
    return replace(standing, window_at=now, window_count=1, held=0, last_held=None)


def _has_room(standing: Standing, now: float) -> bool:
    is_over = now >= standing.window_at + standing.definition.window_seconds or now < standing.window_at
    return is_over or standing.window_count < standing.definition.most


def _acting(standing: Standing, key: str, event: StoredEvent, now: float, firings: list[Firing]) -> Standing:
    if not _has_room(standing, now):
        return replace(standing, held=standing.held + 1, last_held=event)
    firings.append(Firing(standing.id, key, now, event))
    if now >= standing.window_at + standing.definition.window_seconds or now < standing.window_at:
        return replace(standing, window_at=now, window_count=1)
    return replace(standing, window_count=standing.window_count + 1)


def _expecting(
    standing: Standing,
    trigger: Absence,
    events: Sequence[StoredEvent],
    now: float,
    firings: list[Firing],
    more: bool,
) -> Standing:
    """Fire at a deadline that passed before what was expected came; what came too late begins the next wait."""
    armed = standing.armed_at
    for event in events:
        if event.id <= standing.since:
            continue
        if armed is not None and event.at > armed + trigger.within_seconds:
            standing, armed = _absent(standing, trigger, armed, now, firings), None
        if matches(trigger.of, event):
            armed = event.at if trigger.after is None else None
        elif trigger.after is not None and armed is None and matches(trigger.after, event):
            armed = event.at
    if not more and armed is not None and now >= armed + trigger.within_seconds:
        standing, armed = _absent(standing, trigger, armed, now, firings), None
    return replace(standing, armed_at=armed)


def _absent(standing: Standing, trigger: Absence, armed: float, now: float, firings: list[Firing]) -> Standing:
    payload = {"expected_by": armed + trigger.within_seconds, "since": armed, "within_seconds": trigger.within_seconds}
    event = StoredEvent(0, now, ABSENT, f"automation:{standing.definition.name}", payload=payload)
    return _acting(standing, f"absent:{armed!r}", event, now, firings)


__all__ = ["ABSENT", "Firing", "Found", "Standing", "decide", "next_look"]
