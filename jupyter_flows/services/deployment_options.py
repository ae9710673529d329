"""What may be wished for a deployment, and what of it cannot be meant."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from jupyter_flows.model.deployments import RunOptions, ScheduleDefinition
from jupyter_flows.secrets.resolved import holds_secret

SOURCES = ("live", "snapshot")
LONGEST_NAME = 200
LARGEST = 1_000_000
FIRST_SCHEDULE = "schedule"  # the name of one that nobody named


@dataclass(frozen=True, slots=True)
class DeploymentOptions(RunOptions):
    """What is wished for a deployment; a relative `env_file` is meant from the current folder.

    Parameters
    ----------
    name
        Of the deployment.
    parameters
        Of its runs, on top of the defaults. Dates and paths become text; texts may be templates of the tick.
    schedules
        From `schedule_of`.
    allow_secret_looking
        Whether values that look like secrets may be parameters.
    notify
        Labels of blocks that are told of its runs that fail or crash.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    schedules: tuple[ScheduleDefinition, ...] = ()
    allow_secret_looking: bool = False
    notify: tuple[str, ...] = ()


def problems_of_options(options: DeploymentOptions, *, of_notebook: bool) -> Iterator[tuple[str, str]]:
    """Say what is wrong with options, apart from their parameters: name and problem of each."""
    for key, (is_good, wanted) in _CHECKS.items():
        if not is_good(getattr(options, key)):
            yield key, wanted
        elif holds_secret(_as_json(getattr(options, key))):
            yield key, "it holds a secret, and is kept in clear; leave that out"
    if not of_notebook:
        for key in ("cell_timeout_seconds", "kernel", "artifacts"):
            if getattr(options, key):
                yield key, "it is no notebook, and this is for notebooks"
    names = [schedule.name for schedule in options.schedules]
    for name in dict.fromkeys(names):
        if not _is_name(name):
            yield f"schedule {name!r}", f"its name must be {_NAME}"
        elif names.count(name) > 1:
            yield f"schedule {name}", "there are several of this name; give each one of its own"


def _as_json(value: object) -> object:
    return list(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) <= LONGEST_NAME


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _is_seconds(value: object) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value) and 0 <= value <= LARGEST)


def _is_priority(value: object) -> bool:
    return isinstance(value, int) and _is_whole(abs(value)) and not isinstance(value, bool)


def _are_texts(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) and bool(one.strip()) for one in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _is_file(value: object) -> bool:
    return isinstance(value, str) and (not value or Path(value).expanduser().is_file())


_NAME = f"1 to {LONGEST_NAME} printable characters"
_SECONDS = (_is_seconds, f"give seconds from 0 to {LARGEST}")
_WHOLE = (_is_whole, f"give a whole number from 0 to {LARGEST}")
_TEXTS = (_are_texts, "give a list of texts")
_TEXT = (lambda value: isinstance(value, str), "give a text")
_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_is_name, f"give {_NAME}"),
    "description": _TEXT,
    "timeout_seconds": _SECONDS,
    "cell_timeout_seconds": _SECONDS,
    "retries": _WHOLE,
    "retry_delay_seconds": _SECONDS,
    "max_active": _WHOLE,
    "priority": (_is_priority, "give a whole number"),
    "tags": _TEXTS,
    "limits": _TEXTS,
    "artifacts": _TEXTS,
    "notify": _TEXTS,
    "source": (lambda value: value in SOURCES, f"use one of {', '.join(SOURCES)}"),
    "env_file": (_is_file, "there is no such file"),
    "kernel": _TEXT,
    "profile": _TEXT,
}


__all__ = ["FIRST_SCHEDULE", "DeploymentOptions", "problems_of_options"]
