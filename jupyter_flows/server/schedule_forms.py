"""Schedules as forms: the fields of `jupyter flows schedule`, and back again for editing."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from datetime import timedelta

from jupyter_flows.cli.schedule_options import clocks_of
from jupyter_flows.errors import RequestRefused, ScheduleError
from jupyter_flows.graph.durations import duration_words
from jupyter_flows.model.deployments import ScheduleDefinition
from jupyter_flows.schedules import (
    Clock,
    CronSchedule,
    DatesSchedule,
    IntervalSchedule,
    RRuleSchedule,
    Schedule,
    TickSource,
    from_json,
    to_json,
)
from jupyter_flows.schedules.spans import read_span
from jupyter_flows.server.shapes.deployments import ScheduleForm

_NEEDS_A_CLOCK = "say when it runs: give cron, every, rrule or at"


def clocks_of_form(form: ScheduleForm) -> tuple[Clock, ...]:
    """Make the clocks that a form means.

    Raises
    ------
    ScheduleError, RequestRefused
    """
    options = Namespace(
        cron=form.cron,
        every=[_span("every", text) for text in form.every],
        rrule=form.rrule,
        at=form.at,
        timezone=form.timezone or "UTC",
        start=form.start or None,
        end=form.end or None,
        jitter=_span("jitter", form.jitter) if form.jitter else None,
    )
    if not (form.cron or form.every or form.rrule or form.at):
        raise RequestRefused({"schedule": _NEEDS_A_CLOCK})
    return clocks_of(options)


def source_of(clocks: Sequence[Clock]) -> TickSource:
    """One clock by itself, several together."""
    return clocks[0] if len(clocks) == 1 else Schedule(clocks)


def form_of(schedule: ScheduleDefinition) -> ScheduleForm | None:
    """Say a stored schedule as a form; None where a form cannot say it."""
    source = from_json(schedule.source)
    clocks = tuple(source.clocks) if isinstance(source, Schedule) else (source,)
    first = clocks[0] if clocks else None
    if first is None:
        return None
    fields: dict[str, list[str]] = {"cron": [], "every": [], "rrule": [], "at": []}
    for clock in clocks:
        for name, texts in _said(clock).items():
            fields[name] += [text for text in texts if name != "every" or text not in fields[name]]
    form = ScheduleForm.model_validate(
        {
            **fields,
            "timezone": first.timezone,
            "start": first.start.isoformat() if first.start else None,
            "end": first.end.isoformat() if first.end else None,
            "jitter": _words(first.jitter) if first.jitter else None,
            "catchup": schedule.catchup,
            "overlap": schedule.overlap,
        }
    )
    try:
        same = to_json(source_of(clocks_of_form(form))) == schedule.source
    except (ScheduleError, RequestRefused):
        same = False
    return form if same else None  # filters, adjustments, parameters of a clock: the form would lose them


def _said(clock: Clock) -> dict[str, list[str]]:
    match clock:
        case CronSchedule():
            return {"cron": [clock.cron]}
        case RRuleSchedule():
            return {"rrule": [clock.rrule]}
        case DatesSchedule():
            return {"at": [str(one) for one in clock.dates]}
        case IntervalSchedule():
            anchor = clock.anchor_date
            at = [f"{anchor:%H:%M}"] if (anchor.hour, anchor.minute) != (0, 0) else []
            return {"every": [_words(clock.interval)], "at": at}
        case _:
            return {}


def _words(span: timedelta) -> str:
    """A length of time as `read_span` reads it."""
    left = int(span.total_seconds())
    parts: list[str] = []
    for unit, seconds in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        number, left = divmod(left, seconds)
        parts += [f"{number}{unit}"] if number else []
    return "".join(parts) or duration_words(0.0)


def _span(name: str, text: str) -> timedelta:
    try:
        return read_span(text)
    except (ValueError, OverflowError) as error:
        raise RequestRefused({name: str(error)}) from None


__all__ = ["clocks_of_form", "form_of", "source_of"]
