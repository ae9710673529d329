"""How each state looks: an icon, a word and a colour, in that order of importance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from jupyter_flows.model import states
from jupyter_flows.model.states import StateKind


@dataclass(frozen=True, slots=True)
class Look:
    """The look of a state.

    Parameters
    ----------
    css
        Class name of its colour.
    light, dark
        Colours of at least 4.5:1 on white and on ``#0d1117``.
    icon
        SVG path in a box of 16 by 16.
    filled
        Whether the icon is filled; else it is drawn as a line.
    hatched
        Whether bars and tiles are hatched, so that grey pictures and colour-blind eyes say the same.
    dashed
        Whether the card's border is dashed: nothing has happened there yet.
    """

    css: str
    light: str
    dark: str
    icon: str
    filled: bool = False
    hatched: bool = False
    dashed: bool = False


_CROSS = "M4 4l8 8M12 4l-8 8"
_RING = "M8 3a5 5 0 1 0 .01 0"
_CLOCK = "M8 2.2a5.8 5.8 0 1 0 .01 0M8 4.8V8l2.4 1.6"

COMPLETED = Look("completed", "#1a7f37", "#2ea043", "M3.5 8.5l3 3 6-7")
CACHED = Look("cached", "#0f766e", "#2dd4bf", "M9 1.5L4 9h3.5L7 14.5 12 7H8.5z", filled=True)
RUNNING = Look("running", "#0969da", "#58a6ff", "M8 2a6 6 0 1 1-6 6")
RETRYING = Look("retrying", "#9a6700", "#d29922", "M12.5 5A5.5 5.5 0 1 0 13.5 9M13 2v3.5H9.5")
FAILED = Look("failed", "#cf222e", "#ff8a80", _CROSS, hatched=True)
CRASHED = Look("crashed", "#8e1519", "#ffb3ad", "M8 2l6.5 11.5h-13zM8 6v4M8 11.7v.3", hatched=True)
PAUSED = Look("paused", "#8250df", "#a371f7", "M5.5 3.5v9M10.5 3.5v9")
PENDING = Look("pending", "#6e7781", "#8b949e", _RING, dashed=True)
SKIPPED = Look("skipped", "#6e7781", "#8b949e", "M3 4l5 4-5 4zM8 4l5 4-5 4z", filled=True)
CANCELLED = Look("cancelled", "#6e7781", "#8b949e", _RING + "M4.6 4.6l6.8 6.8")
SCHEDULED = Look("scheduled", "#57606a", "#8b949e", _CLOCK, dashed=True)

LOOKS = (COMPLETED, CACHED, RUNNING, RETRYING, FAILED, CRASHED, PAUSED, PENDING, SKIPPED, CANCELLED, SCHEDULED)

# A failure that only follows from another one must not outshine its cause.
_FOLLOWED = replace(FAILED, dashed=True)

_BY_NAME: Mapping[str, Look] = {
    "Scheduled": SCHEDULED,
    "Late": SCHEDULED,
    "AwaitingRetry": RETRYING,
    "Pending": PENDING,
    "AwaitingSlot": PENDING,
    "Running": RUNNING,
    "Retrying": RETRYING,
    "Looping": RETRYING,
    "Paused": PAUSED,
    "Suspended": PAUSED,
    "Cancelling": CANCELLED,
    "Completed": COMPLETED,
    "Cached": CACHED,
    "Mapped": COMPLETED,
    "Skipped": SKIPPED,
    "Failed": FAILED,
    "TimedOut": FAILED,
    "ValidationFailed": FAILED,
    "TriggerFailed": _FOLLOWED,
    "UpstreamFailed": _FOLLOWED,
    "Crashed": CRASHED,
    "KernelDied": CRASHED,
    "WorkerLost": CRASHED,
    "Interrupted": CRASHED,
    "Cancelled": CANCELLED,
    "NotRun": replace(CANCELLED, dashed=True),
}

_BY_KIND: Mapping[StateKind, Look] = {
    states.SCHEDULED: SCHEDULED,
    states.PENDING: PENDING,
    states.RUNNING: RUNNING,
    states.PAUSED: PAUSED,
    states.CANCELLING: CANCELLED,
    states.COMPLETED: COMPLETED,
    states.FAILED: FAILED,
    states.CRASHED: CRASHED,
    states.CANCELLED: CANCELLED,
}

# Along a bar: what is done, what is under way, what is still to come, and what went wrong always at the right end.
_ALONG = ("completed", "cached", "skipped", "running", "retrying", "paused", "scheduled", "pending", "cancelled")


def look(name: str, kind: StateKind | None = None) -> Look:
    """Return the look of a state by its name; of a name of the user's own, by its kind."""
    return _BY_NAME.get(name) or _BY_KIND.get(kind or states.PENDING, PENDING)


def along_a_bar(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Sort state names with their numbers as they stand in a bar, without those that count nothing."""
    place = {css: index for index, css in enumerate(_ALONG)}
    known: Iterable[tuple[str, int]] = ((name, number) for name, number in counts.items() if number > 0)
    return sorted(known, key=lambda item: (place.get(look(item[0]).css, len(place)), item[0]))
