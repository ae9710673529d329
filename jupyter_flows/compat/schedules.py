"""Schedules of flows that are declared as a graph."""

from __future__ import annotations

from jupyter_flows.schedules import CronSchedule, DatesSchedule, IntervalSchedule, Schedule

__all__ = ["CronSchedule", "DatesSchedule", "IntervalSchedule", "Schedule"]
