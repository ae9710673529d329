"""Schedules: instants by clock. Nothing here reads a clock or a file: every question names its instant."""

from __future__ import annotations

from jupyter_flows.schedules import adjustments, filters
from jupyter_flows.schedules.clock import Clock
from jupyter_flows.schedules.combined import Schedule
from jupyter_flows.schedules.cron import CronSchedule
from jupyter_flows.schedules.dates import DatesSchedule
from jupyter_flows.schedules.daylight import daylight_warnings
from jupyter_flows.schedules.interval import IntervalSchedule
from jupyter_flows.schedules.policies import CatchUp, DueTicks, Overlap, due_ticks
from jupyter_flows.schedules.rrule import RRuleSchedule
from jupyter_flows.schedules.stored import from_json, to_json
from jupyter_flows.schedules.templates import check_templates, resolve_parameters, resolve_template
from jupyter_flows.schedules.tick import Tick
from jupyter_flows.schedules.tick_source import TickSource
from jupyter_flows.schedules.words import describe

__all__ = [
    "CatchUp",
    "Clock",
    "CronSchedule",
    "DatesSchedule",
    "DueTicks",
    "IntervalSchedule",
    "Overlap",
    "RRuleSchedule",
    "Schedule",
    "Tick",
    "TickSource",
    "adjustments",
    "check_templates",
    "daylight_warnings",
    "describe",
    "due_ticks",
    "filters",
    "from_json",
    "resolve_parameters",
    "resolve_template",
    "to_json",
]
