"""The parameters of a deployment, filled for the next ticks of its schedules and checked as its runs will be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from jupyter_flows.errors import ScheduleError
from jupyter_flows.model.secret_looking import looks_secret
from jupyter_flows.model.secret_reference import SecretReference, referred
from jupyter_flows.notebooks.json_values import to_json
from jupyter_flows.schedules import Clock, Schedule, check_templates, from_json, resolve_parameters
from jupyter_flows.secrets.resolved import holds_secret
from jupyter_flows.services.deployment_options import FIRST_SCHEDULE, DeploymentOptions
from jupyter_flows.services.subjects import Subject


def json_parameters(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return parameters as JSON values, and what is wrong with those that have no such form or a bad template."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, value in given.items():
        try:
            values[name] = value.as_json() if isinstance(value, SecretReference) else to_json(value, convert=True)
            if holds_secret(values[name]):
                problems[f"parameter {name}"] = f"it holds a secret, and {_advice(name)}"
                continue  # before anything else shows it
            check_templates(values[name], name)
        except (TypeError, ScheduleError) as error:
            problems[f"parameter {name}"] = str(error)
    return values, problems


def problems_of_parameters(
    subject: Subject, options: DeploymentOptions, parameters: Mapping[str, Any], now: datetime
) -> Iterator[tuple[str, str]]:
    """Say what does not fit: what is concerned, and the problem.

    Parameters
    ----------
    parameters
        Of the deployment, as JSON values.
    now
        The next ticks are those after it.
    """
    if not options.allow_secret_looking:
        yield from _secret_looking(parameters, "")
    if not options.schedules:
        yield from _misfits(subject, {**parameters}, now, None, "UTC", "")
    for schedule in options.schedules:
        source = from_json(schedule.source)
        about = f" (schedule {schedule.name})" if len(options.schedules) > 1 or schedule.name != FIRST_SCHEDULE else ""
        for clock in _clocks(source):
            if not options.allow_secret_looking:
                yield from _secret_looking(clock.parameters, about)
            yield from _of_clock(subject, clock, parameters, now, about)
        try:
            if source.next_at(now.timestamp()) is None:
                yield f"schedule {schedule.name}", "it has no tick that is still to come"
        except ScheduleError as error:
            yield f"schedule {schedule.name}", str(error)


def _of_clock(
    subject: Subject, clock: Clock, parameters: Mapping[str, Any], now: datetime, about: str
) -> Iterator[tuple[str, str]]:
    ticks = clock.next(1, after=now)
    if ticks:  # else there is nothing that could be filled
        given = {**parameters, **clock.parameters}
        previous = clock.previous(before=ticks[0]) or ticks[0]
        yield from _misfits(subject, given, ticks[0], previous, clock.timezone, about)


def _misfits(
    subject: Subject, given: Mapping[str, Any], tick: datetime, previous: datetime | None, zone: str, about: str
) -> Iterator[tuple[str, str]]:
    try:
        filled = resolve_parameters(given, tick=tick, previous_tick=previous, timezone=zone)
    except ScheduleError as error:
        yield f"parameters{about}", str(error)
        return
    for name, problem in subject.problems(filled).items():
        yield f"parameter {name}{about}", problem


def _clocks(source: Schedule | Clock) -> tuple[Clock, ...]:
    return tuple(source.clocks) if isinstance(source, Schedule) else (source,)


def _secret_looking(parameters: Mapping[str, Any], about: str) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        why = None if referred(value) else looks_secret(name, value)
        if why is not None:
            yield f"parameter {name}{about}", f"{why}, and {_advice(name)}"


def _advice(name: str) -> str:
    how = f'give its name instead: -p {name}=secret:NAME, or {name}=Secret("NAME")'
    return f"parameters are kept in clear; {how}"


__all__ = ["json_parameters", "problems_of_parameters"]
