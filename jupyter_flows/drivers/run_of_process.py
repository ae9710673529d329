"""The headless notebook run whose kernel this process is: told by variables of its environment."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.run_info import RunInfo, run_info
from jupyter_flows.model.occasion import Occasion

PARENT_RUN = "JUPYTER_FLOWS_PARENT_RUN_ID"
_FACTS = "JUPYTER_FLOWS_PARENT_RUN"


def variables_for_kernel(run: FlowRunHandle) -> dict[str, str]:
    """Return what tells a notebook's kernel which run it works for."""
    if run.call is None:
        return {PARENT_RUN: run.id}
    info = run_info(run.call)
    told = {
        "name": info.name,
        "kind": info.kind,
        "flow": info.flow_name,
        "attempt": info.run_count,
        "version": info.version,
        "tags": info.tags,
        "deployment": info.deployment,
        "tick": _told(info.tick),
        "scheduled_at": _told(info.scheduled_at),
    }
    return {PARENT_RUN: run.id, _FACTS: json.dumps(told)}


def run_of_process() -> RunInfo | None:
    """Return the run that started this process, as far as its environment tells; None where none did."""
    run_id = os.environ.get(PARENT_RUN)
    if not run_id:
        return None
    try:
        told: dict[str, Any] = json.loads(os.environ.get(_FACTS, "{}"))
        return RunInfo(
            run_id,
            str(told.get("name", "")),
            str(told.get("kind", "notebook")),
            str(told.get("flow", "")),
            run_id,
            int(told.get("attempt", 1)),
            tuple(told.get("tags", ())),
            None,
            str(told.get("version", "")),
            deployment=str(told.get("deployment", "")),
            tick=_read(told.get("tick")),
            scheduled_at=_read(told.get("scheduled_at")),
        )
    except (ValueError, TypeError, AttributeError):  # somebody else has set it
        return RunInfo(run_id, "", "notebook", "", run_id, 1, (), None)


def occasion_of_process() -> Occasion | None:
    """Return why the run takes place that started this process."""
    info = run_of_process()
    return None if info is None or not info.deployment else Occasion(info.deployment, info.tick, info.scheduled_at)


def _told(at: datetime | None) -> list[str] | None:
    """An instant with the name of its zone: an offset alone would not survive reckoning with it."""
    return None if at is None else [at.isoformat(), getattr(at.tzinfo, "key", "")]


def _read(told: Any) -> datetime | None:
    if not told:
        return None
    at, zone = datetime.fromisoformat(told[0]), told[1]
    try:
        return at.astimezone(ZoneInfo(zone)) if zone else at
    except (ZoneInfoNotFoundError, ValueError):
        return at


__all__ = ["PARENT_RUN", "occasion_of_process", "run_of_process", "variables_for_kernel"]
