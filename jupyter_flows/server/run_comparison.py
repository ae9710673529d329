"""What differs between two runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_flows.cli.comparison_as_json import comparison_json
from jupyter_flows.graph.palette import look
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.run_shapes import run_shapes
from jupyter_flows.server.shapes.comparing import Comparison
from jupyter_flows.server.shapes.queries import ComparisonQuery
from jupyter_flows.services.comparing import RunComparison, compare

_MOST_ROWS = 200
_LONGEST = 300


def comparison(asked: Asked[ComparisonQuery, None]) -> Comparison:
    """Say what differs between a run and an earlier one."""
    door = asked.site.door
    store = door.reader()
    before, after = store.flow_run(asked.query.before), store.flow_run(asked.run)
    found = compare(before, store.task_runs(before.id), after, store.task_runs(after.id))
    first, second = run_shapes(door, [before, after])
    shown = replace(found, tasks=found.tasks[:_MOST_ROWS])
    left = len(found.tasks) - len(shown.tasks)
    return Comparison.model_validate({**_shown_json(shown), "before": first, "after": second, "left": left})


def _shown_json(found: RunComparison) -> dict[str, Any]:
    """As the command line tells it, in plain text, and each state with its look."""
    told = _plain(comparison_json(found))
    for task, one in zip(told["tasks"], found.tasks, strict=True):
        for name, side in (("before", one.before), ("after", one.after)):
            if side is not None:
                task[name]["css"] = look(side.state, side.kind).css
    return told


def _plain(value: Any) -> Any:
    match value:
        case str():
            return plain(value, _LONGEST)
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case _:
            return value


__all__ = ["comparison"]
