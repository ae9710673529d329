"""The options of `deploy`, in the words that users write, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypedDict, cast

from jupyter_flows.errors import BadOption, UnknownOption
from jupyter_flows.model.deployments import ScheduleDefinition
from jupyter_flows.schedules import CronSchedule, IntervalSchedule, RRuleSchedule, TickSource
from jupyter_flows.services.deploying import schedule_of
from jupyter_flows.services.deployment_options import FIRST_SCHEDULE, DeploymentOptions


class DeployOptions(TypedDict, total=False):
    """Options of `deploy`; see `Deployment`."""

    parameters: Mapping[str, Any]
    schedule: TickSource | Sequence[TickSource] | None
    schedules: Mapping[str, TickSource | ScheduleDefinition] | Sequence[TickSource]
    cron: str | Sequence[str]
    interval: timedelta | float
    rrule: str | Sequence[str]
    timezone: str
    catchup: str
    overlap: str
    paused: bool
    description: str
    tags: Iterable[str]
    timeout_seconds: float
    cell_timeout_seconds: float
    retries: int
    retry_delay_seconds: float
    env_file: str | Path
    kernel: str
    artifacts: Iterable[str]
    source: str
    max_active: int
    limits: Iterable[str]
    priority: int
    allow_secret_looking: bool
    notify: str | Iterable[str]


_WHAT = "deploy"
_KNOWN = frozenset(DeployOptions.__annotations__)
_CLOCKS = ("cron", "interval", "rrule")
_WHEN = frozenset({"schedule", "schedules", *_CLOCKS, "timezone", "catchup", "overlap", "paused"})
_LISTS = ("tags", "artifacts", "limits", "notify")


def deployment_options(name: str, given: Mapping[str, Any]) -> DeploymentOptions:
    """Read options as users write them.

    Raises
    ------
    UnknownOption, BadOption
    ScheduleError
    """
    for option in given:
        if option not in _KNOWN:
            raise UnknownOption(_WHAT, option, _KNOWN)
    plain = {option: value for option, value in given.items() if option not in _WHEN and value is not None}
    if isinstance(plain.get("notify"), str):
        plain["notify"] = [plain["notify"]]
    for option in _LISTS:
        if option in plain:
            plain[option] = _listed(option, plain[option])
    if not isinstance(plain.get("parameters", {}), Mapping):
        raise BadOption(_WHAT, "parameters", plain["parameters"], "give a dict of names and values")
    if "env_file" in plain:
        plain["env_file"] = str(plain["env_file"])
    return DeploymentOptions(name, schedules=_schedules(given), **plain)


def with_defaults(
    defaults: Mapping[str, Any], given: Mapping[str, Any], set_schedule_active: bool = True
) -> dict[str, Any]:
    """Put a flow's own answers below what was given; a time that was given replaces the flow's own schedule.

    Parameters
    ----------
    set_schedule_active
        False for schedules that are stored without ticking.
    """
    when = ("schedule", "schedules", *_CLOCKS)
    has_time = any(given.get(option) is not None for option in when)
    kept = {option: value for option, value in defaults.items() if not (has_time and option in when)}
    made = {**kept, **given}
    if not set_schedule_active and any(made.get(option) is not None for option in when):
        made["paused"] = True
    return made


def _schedules(given: Mapping[str, Any]) -> tuple[ScheduleDefinition, ...]:
    named = _named(given)
    policies = {name: given[name] for name in ("catchup", "overlap", "paused") if given.get(name) is not None}
    if policies and not named:
        option = next(iter(policies))
        raise BadOption(_WHAT, option, policies[option], "nothing says when it runs; give a schedule too")
    return tuple(
        replace(source, name=name)
        if isinstance(source, ScheduleDefinition)
        else schedule_of(source, name=name, **policies)
        for name, source in named.items()
    )


def _named(given: Mapping[str, Any]) -> dict[str, TickSource | ScheduleDefinition]:
    """The schedules by name; those without one are counted, so that a changed one is known again."""
    several: Any = given.get("schedules") or ()
    named: dict[str, Any] = dict(cast("Mapping[str, Any]", several)) if isinstance(several, Mapping) else {}
    nameless: list[Any] = [*_sequence(given.get("schedule")), *_clocks(given)]
    nameless += [] if named else _sequence(several)
    for number, source in enumerate(nameless, 1):
        named[FIRST_SCHEDULE if number == 1 else f"{FIRST_SCHEDULE}-{number}"] = source
    for name, source in named.items():
        if not isinstance(source, TickSource | ScheduleDefinition):
            wanted = "give schedules such as CronSchedule('0 9 * * *'), a list of them, or a dict of them by name"
            raise BadOption(_WHAT, "schedule" if name not in several else "schedules", source, wanted)
    return named


def _clocks(given: Mapping[str, Any]) -> list[TickSource]:
    zone: Any = given.get("timezone")
    chosen = [option for option in _CLOCKS if given.get(option) is not None]
    if zone is not None and not chosen:
        advice = "it is for cron, interval and rrule; a schedule object has its own"
        raise BadOption(_WHAT, "timezone", zone, advice)
    shared = {} if zone is None else {"timezone": zone}
    clocks: list[TickSource] = [CronSchedule(text, **shared) for text in _sequence(given.get("cron"))]
    if given.get("interval") is not None:
        clocks.append(IntervalSchedule(_interval(given["interval"]), **shared))
    return clocks + [RRuleSchedule(text, **shared) for text in _sequence(given.get("rrule"))]


def _interval(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        return timedelta(seconds=value)
    except (TypeError, ValueError, OverflowError):
        raise BadOption(_WHAT, "interval", value, "give a timedelta, or seconds") from None


def _sequence(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(cast("Iterable[Any]", value)) if isinstance(value, list | tuple) else [value]


def _listed(option: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise BadOption(_WHAT, option, value, "give a list of texts")
    return tuple(cast("Iterable[str]", value))


__all__ = ["DeployOptions", "deployment_options", "with_defaults"]
