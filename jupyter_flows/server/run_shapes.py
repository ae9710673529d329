"""Runs as the API tells them: the JSON of `jupyter flows ls --json`, with what a screen shows beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_flows.cli.as_json import run_json
from jupyter_flows.cli.listing import title
from jupyter_flows.cli.overview_as_json import origin_json
from jupyter_flows.graph.palette import along_a_bar, look
from jupyter_flows.graph.plain_text import first_line, plain
from jupyter_flows.graph.wording import counts_of
from jupyter_flows.model.overview import RunOrigin
from jupyter_flows.model.runs import FlowRun, TaskRun
from jupyter_flows.model.states import COMPLETED, State
from jupyter_flows.server.shapes.runs import CountedState, Run
from jupyter_flows.server.store_door import StoreDoor

_TITLE, _WORDS = 200, 300


def title_of(run: FlowRun) -> str:
    """What people call a run."""
    return plain(title(run), _TITLE)


def words_of_state(state: State) -> str:
    """One line on why a run stands as it does; empty where it plainly completed."""
    return "" if state.kind is COMPLETED and state.name == "Completed" else first_line(state.message, _WORDS)


def run_dict(run: FlowRun, origin: RunOrigin | None) -> dict[str, Any]:
    """A run as JSON values, in the fields of `shapes.runs.Run`."""
    return {
        **run_json(run),
        "title": title_of(run),
        "css": look(run.state.name, run.state.kind).css,
        "words": words_of_state(run.state),
        "deployment": origin_json(origin),
    }


def run_shape(run: FlowRun, origin: RunOrigin | None) -> Run:
    """A run as the API tells it."""
    return Run.model_validate(run_dict(run, origin))


def origins_of(door: StoreDoor, runs: Sequence[FlowRun]) -> Mapping[str, RunOrigin]:
    """The deployments that runs belong to, by the runs' ids.

    Raises
    ------
    StoreError
    """
    if not runs or door.path is None:
        return {}
    from jupyter_flows.store.run_origins import run_origins

    return run_origins(door.sql(), [run.id for run in runs])


def run_shapes(door: StoreDoor, runs: Sequence[FlowRun]) -> list[Run]:
    """Runs with their deployments.

    Raises
    ------
    StoreError
    """
    origins = origins_of(door, runs)
    return [run_shape(run, origins.get(run.id)) for run in runs]


def usual_run_seconds(door: StoreDoor, flow: str) -> float | None:
    """How long the last completed runs of a flow took, in the middle; None where there is none. No store is made.

    Raises
    ------
    StoreError
    """
    if not door.is_known:
        return None
    from jupyter_flows.store.ongoing_runs import OngoingRuns

    usual = OngoingRuns(door.sql()).usual(flow)
    return None if usual is None else usual.seconds


def counted_states(task_runs: Sequence[TaskRun]) -> list[CountedState]:
    """How many task runs are in each state, as along a bar."""
    return [
        CountedState(state=name, css=look(name).css, count=number) for name, number in along_a_bar(counts_of(task_runs))
    ]


__all__ = [
    "counted_states",
    "origins_of",
    "run_dict",
    "run_shape",
    "run_shapes",
    "title_of",
    "usual_run_seconds",
    "words_of_state",
]
