"""The task runs of a run, as a table shows them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from jupyter_flows.cli.as_json import duration, task_run_json
from jupyter_flows.graph.palette import look
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.wording import Told, run_label, words
from jupyter_flows.model.runs import TaskRun
from jupyter_flows.model.states import BAD
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.run_shapes import counted_states
from jupyter_flows.server.shapes.queries import TaskQuery
from jupyter_flows.server.shapes.tasks import TaskPage, TaskRow


def list_tasks(asked: Asked[TaskQuery, None]) -> TaskPage:
    """List the task runs of a run."""
    query = asked.query
    store = asked.site.door.reader()
    run = store.flow_run(asked.run)
    task_runs = store.task_runs(run.id)
    fitting = _ordered([one for one in task_runs if _fits(one, query)], query.order, time.time())
    shown = fitting[query.offset : query.offset + query.limit]
    failures = {one.number: one for one in store.failures(run.id)} if any(map(_is_bad, shown)) else {}
    told = Told(failures, {}, None if run.state.is_final() else time.time())
    more = query.offset + query.limit < len(fitting)
    return TaskPage(
        tasks=[_row(one, told) for one in shown],
        total=len(fitting),
        next_offset=query.offset + query.limit if more else None,
        counts=counted_states(task_runs),
    )


def _fits(run: TaskRun, query: TaskQuery) -> bool:
    if query.state is not None:
        wanted = {word.strip().lower() for word in query.state.split(",") if word.strip()}
        if wanted and not wanted & {str(run.state.kind), run.state.name.lower()}:
            return False
    return query.search is None or query.search.lower() in run_label(run).lower()


def _ordered(runs: list[TaskRun], order: str, now: float) -> Sequence[TaskRun]:
    if order == "failed":
        return sorted(runs, key=lambda run: (not _is_bad(run), run.state.is_final(), run.number))
    if order == "slowest":
        return sorted(runs, key=lambda run: (-_seconds(run, now), run.number))
    return runs


def _seconds(run: TaskRun, now: float) -> float:
    known = duration(run)
    return known if known is not None else 0.0 if run.started_at is None else now - run.started_at


def _is_bad(run: TaskRun) -> bool:
    return run.state.kind in BAD


def _row(run: TaskRun, told: Told) -> TaskRow:
    return TaskRow.model_validate(
        {
            **task_run_json(run),
            "label": plain(run_label(run), 200),
            "css": look(run.state.name, run.state.kind).css,
            "words": plain(words(run, (), told), 300),
        }
    )


__all__ = ["list_tasks"]
