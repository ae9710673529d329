"""The next attempt of a run, before it starts, for programs."""

from __future__ import annotations

from typing import Any

from jupyter_flows.services.recovery import ResumePlan


def plan_json(plan: ResumePlan) -> dict[str, Any]:
    """The next attempt of a run, before it starts, for programs."""
    return {
        "id": plan.run.id,
        "name": plan.run.name,
        "attempt": plan.run.attempts + 1,
        "reused": [{"number": one.number, "name": one.name} for one in plan.reused],
        "again": [{"number": one.run.number, "name": one.run.name, "reason": one.reason} for one in plan.again],
        "changed": list(plan.changed),
    }


__all__ = ["plan_json"]
