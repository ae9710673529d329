"""An overview as a JSON object: the shape that scripts rely on."""

from __future__ import annotations

from typing import Any

from jupyter_flows.cli.as_json import run_json
from jupyter_flows.cli.times import iso
from jupyter_flows.model.overview import Overview, RunOrigin, WatchedRun


def overview_json(overview: Overview) -> dict[str, Any]:
    """What runs, waits, has ended lately and comes next."""
    return {
        "at": iso(overview.at),
        "running": [_watched_json(one) for one in overview.running],
        "waiting": [_watched_json(one) for one in overview.waiting],
        "ended": [_watched_json(one) for one in overview.ended],
        "ticks": [
            {"at": iso(tick.at), "deployment": tick.deployment, "schedule": tick.schedule, "flow": tick.flow}
            for tick in overview.ticks
        ],
    }


def origin_json(origin: RunOrigin | None) -> dict[str, Any] | None:
    """Which deployment a run belongs to; null where there is none."""
    if origin is None:
        return None
    queued = origin.queued
    return {
        "name": origin.deployment,
        "version": queued.version,
        "schedule": origin.schedule,
        "origin": queued.origin,
        "tick": iso(queued.tick),
        "due_at": iso(queued.due_at),
        "backfill": queued.backfill,
    }


def _watched_json(one: WatchedRun) -> dict[str, Any]:
    progress, usual = one.progress, one.usual
    return {
        **run_json(one.run),
        "deployment": origin_json(one.origin),
        "task_runs": {
            "expected": one.expected,
            "begun": progress.begun,
            "ended": progress.ended,
            "failed": progress.failed,
            "running": progress.running,
        },
        "current": list(progress.current),
        "usual_seconds": None if usual is None else usual.seconds,
    }


__all__ = ["origin_json", "overview_json"]
