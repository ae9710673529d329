"""Statistics as JSON objects: the shape that scripts rely on."""

from __future__ import annotations

from typing import Any

from jupyter_flows.cli.times import iso
from jupyter_flows.model.statistics import RunStatistics, Span


def statistics_json(one: RunStatistics) -> dict[str, Any]:
    """The statistics of a flow, or of a task (``task`` is null for the flow itself); durations in seconds."""
    return {
        "flow": one.flow,
        "task": one.task or None,
        "kind": one.kind,
        "runs": one.runs,
        "completed": one.completed,
        "failed": one.failed,
        "tried_again": one.tried_again,
        "success_rate": one.success_rate,
        "seconds": {"p50": one.median, "p95": one.p95, "longest": one.longest, "total": one.total},
        "change": one.change,
        "last_week": _span_json(one.last_week),
        "week_before": _span_json(one.week_before),
        "spans": [_span_json(span) for span in one.spans],
    }


def _span_json(span: Span) -> dict[str, Any]:
    return {
        "from": iso(span.start),
        "until": iso(span.end),
        "completed": span.completed,
        "failed": span.failed,
        "success_rate": span.success_rate,
        "p50": span.median,
    }


__all__ = ["statistics_json"]
