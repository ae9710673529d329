"""What an automation waits for. Each trigger is a value; the functions here make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from jupyter_flows.errors import BadOption
from jupyter_flows.model.states import FINAL, NAMES, StateKind

FAILURES = ("failed", "crashed")
_ENDS = frozenset(str(kind) for kind in FINAL)
_OTHERS = frozenset(str(kind) for kind in StateKind) - _ENDS
SETTLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class RunEnd:
    """A run is over, in one of the states."""

    deployment: str = ""
    flow: str = ""
    tags: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file appeared or changed, and is complete."""

    path: str
    settle_seconds: float = SETTLE_SECONDS
    existing: bool = False


@dataclass(frozen=True, slots=True)
class CustomEvent:
    """Somebody's code told something."""

    name: str
    resource: str = ""
    match: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Absence:
    """What was expected did not come in time."""

    of: RunEnd | CustomEvent
    within_seconds: float
    after: RunEnd | CustomEvent | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """A run has not ended by its deadline."""

    within_seconds: float
    deployment: str = ""
    flow: str = ""
    tags: tuple[str, ...] = ()


Trigger = RunEnd | FileChange | CustomEvent | Absence | Late


def on_run_end(
    *,
    deployment: str = "",
    flow: str = "",
    tags: Iterable[str] = (),
    states: Iterable[str] = (),
) -> RunEnd:
    """Wait for the end of runs.

    A run of a deployment is over when its retries are. Of runs that other runs call, only those of a flow or
    deployment that is named here count.

    Parameters
    ----------
    deployment, flow
        Names, in which ``*`` and ``?`` stand for other signs; any when not given.
    tags
        All of which the run has.
    states
        Kinds or names of final states, such as ``"failed"`` or ``"TimedOut"``; any when not given.

    Raises
    ------
    BadOption
    """
    return RunEnd(_text("deployment", deployment), _text("flow", flow), _texts("tags", tags), _states(states))


def on_failure(*, deployment: str = "", flow: str = "", tags: Iterable[str] = ()) -> RunEnd:
    """Wait for runs that failed or crashed; see `on_run_end`."""
    return on_run_end(deployment=deployment, flow=flow, tags=tags, states=FAILURES)


def on_file(path: str, *, settle: float | timedelta = SETTLE_SECONDS, existing: bool = False) -> FileChange:
    """Wait for files.

    A file is taken once it has kept its size and time for a while, and once again for each change of those. Files
    that are there when the automation is stored are not taken.

    Parameters
    ----------
    path
        A pattern such as ``/data/in/*.csv`` or ``/data/**/*.csv``; a folder means every file in it. A relative one
        is meant from where it is stored.
    settle
        For how long a file must not change to be complete; a timedelta, or seconds.
    existing
        Take the files that are there already, too.

    Raises
    ------
    BadOption
    """
    if not path or not path.isprintable():
        raise BadOption("on_file", "path", path, "give a pattern such as /data/in/*.csv")
    return FileChange(path, _seconds("on_file", "settle", settle, zero=True), bool(existing))


def on_event(name: str, *, resource: str = "", match: Mapping[str, Any] | None = None) -> CustomEvent:
    """Wait for events that code emits by `emit_event`.

    Parameters
    ----------
    name, resource
        In which ``*`` and ``?`` stand for other signs.
    match
        Keys of the payload (``"table.name"`` looks into a dict) to the value that must be there, or a list of values
        of which one must.

    Raises
    ------
    BadOption
    """
    if not _text("name", name):
        raise BadOption("on_event", "name", name, "give a name, or a pattern such as 'rows.*'")
    return CustomEvent(name, _text("resource", resource), dict(match or {}))


def on_absence(
    of: RunEnd | CustomEvent, *, within: float | timedelta, after: RunEnd | CustomEvent | None = None
) -> Absence:
    """Wait for something not to come.

    Parameters
    ----------
    of
        What is expected.
    within
        How long it may take: since it came last, or the automation was started; a timedelta, or seconds.
    after
        Expect it only after this, each time that it happens.

    Raises
    ------
    BadOption
    """
    for option, given in (("of", of), ("after", after)):
        if not isinstance(given, RunEnd | CustomEvent) and (given is not None or option == "of"):
            raise BadOption("on_absence", option, given, "give on_run_end(...) or on_event(...)")
    return Absence(of, _seconds("on_absence", "within", within), after)


def on_late(within: float | timedelta, *, deployment: str = "", flow: str = "", tags: Iterable[str] = ()) -> Late:
    """Wait for runs that have not ended by their deadline; it is told while they are still late.

    Parameters
    ----------
    within
        How long a run may take, from when it was due (a deployment's) or began; a timedelta, or seconds.
    deployment, flow, tags
        See `on_run_end`.

    Raises
    ------
    BadOption
    """
    seconds = _seconds("on_late", "within", within)
    return Late(seconds, _text("deployment", deployment), _text("flow", flow), _texts("tags", tags))


def _seconds(what: str, option: str, value: float | timedelta, *, zero: bool = False) -> float:
    try:
        seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not (0 if zero else 1e-9) <= seconds < 1e10:
        raise BadOption(what, option, value, "give a timedelta, or seconds above 0")
    return seconds


def _text(option: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > 500:
        raise BadOption("trigger", option, value, "give a text of up to 500 characters")
    return value


def _texts(option: str, values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise BadOption("trigger", option, values, "give a list of texts")
    return tuple(dict.fromkeys(_text(option, value) for value in values))


def _states(given: Iterable[str]) -> tuple[str, ...]:
    names = _texts("states", given)
    for name in names:
        kind = next((kind for known, (kind, _) in NAMES.items() if known.lower() == name.lower()), None)
        if name.lower() in _OTHERS or (kind is not None and kind not in FINAL):
            wanted = f"a run ends {', '.join(sorted(_ENDS))}, or in a state of such a kind"
            raise BadOption("on_run_end", "states", name, wanted)
    return tuple(name.lower() for name in names)


__all__ = [
    "FAILURES",
    "Absence",
    "CustomEvent",
    "FileChange",
    "Late",
    "RunEnd",
    "Trigger",
    "on_absence",
    "on_event",
    "on_failure",
    "on_file",
    "on_late",
    "on_run_end",
]
