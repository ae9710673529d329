"""Why a run ended as it did, or where it stands."""

from __future__ import annotations

import time

from jupyter_flows.cli.as_json import task_run_json
from jupyter_flows.cli.explaining import consequences, plain_sentence, why_json
from jupyter_flows.cli.explaining_waiting import waiting_json, waiting_of
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.run_shapes import origins_of, run_dict
from jupyter_flows.server.shapes.queries import Nothing
from jupyter_flows.server.shapes.tasks import Why
from jupyter_flows.services.causes import Cause, find_cause
from jupyter_flows.widget.run_details import causes, traceback_parts

_MOST = 200  # task runs that did not run because of it


def why(asked: Asked[Nothing, None]) -> Why:
    """Say why a run ended as it did, or where it stands."""
    store, now = asked.site.door.reader(), time.time()
    run = store.flow_run(asked.run)
    cause = find_cause(store, run)
    told = why_json(run, cause, plain_sentence(run, store, now))
    failures = {one.number: one for one in store.failures(run.id)}
    told["run"] = run_dict(run, origins_of(asked.site.door, [run]).get(run.id))
    told["traceback"] = traceback_parts(told["traceback"] or "")
    told["cell"] = _cell(cause)
    told["consequences"] = [task_run_json(one) for one in consequences(store, cause)[:_MOST]]
    told["waiting"] = waiting_json(waiting_of(run, now)) if asked.site.door.path is not None else []
    told["causes"] = causes(store.task_runs(run.id), failures)
    return Why.model_validate(told)


def _cell(cause: Cause | None) -> int | None:
    """The number of the cell that failed: the task run itself, or the first one on the way to it."""
    if cause is None:
        return None
    if cause.task is not None and cause.task.kind == "cell":
        return cause.task.number
    return cause.cells[0].number if cause.cells else None


__all__ = ["why"]
