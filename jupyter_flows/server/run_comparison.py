"""What differs between two runs."""

from __future__ import annotations

from jupyter_flows.graph.palette import look
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.run_shapes import run_shapes
from jupyter_flows.server.shapes.comparing import ComparedParameter, ComparedSide, ComparedTask, Comparison
from jupyter_flows.server.shapes.queries import ComparisonQuery
from jupyter_flows.services.comparing import ParameterComparison, TaskComparison, TaskSide, compare

_MOST_ROWS = 200
_LONGEST = 300


def comparison(asked: Asked[ComparisonQuery, None]) -> Comparison:
    """Say what differs between a run and an earlier one."""
    door = asked.site.door
    store = door.reader()
    before, after = store.flow_run(asked.query.before), store.flow_run(asked.run)
    found = compare(before, store.task_runs(before.id), after, store.task_runs(after.id))
    first, second = run_shapes(door, [before, after])
    return Comparison(
        before=first,
        after=second,
        more_seconds=found.more_seconds,
        code_changed=found.code_changed,
        parameters=[_parameter(one) for one in found.parameters],
        tasks=[_task(one) for one in found.tasks[:_MOST_ROWS]],
        left=max(0, len(found.tasks) - _MOST_ROWS),
    )


def _parameter(one: ParameterComparison) -> ComparedParameter:
    def shown(text: str | None) -> str | None:
        return None if text is None else plain(text, _LONGEST)

    return ComparedParameter(name=plain(one.name, _LONGEST), before=shown(one.before), after=shown(one.after))


def _task(one: TaskComparison) -> ComparedTask:
    return ComparedTask(
        task=plain(one.task, _LONGEST),
        before=_side(one.before),
        after=_side(one.after),
        more_seconds=one.more_seconds,
        is_slower=one.is_slower,
        changed=list(one.changed),
    )


def _side(side: TaskSide | None) -> ComparedSide | None:
    if side is None:
        return None
    css = look(side.state, side.kind).css
    return ComparedSide(
        state=plain(side.state, 60), css=css, seconds=side.seconds, runs=side.runs, attempts=side.attempts
    )


__all__ = ["comparison"]
