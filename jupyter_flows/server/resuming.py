"""Stopping a run, and letting it go on."""

from __future__ import annotations

import json
import time
from typing import Any

from jupyter_flows.errors import CannotResume, RequestRefused, RunRefused, ServerBusy, StoreUnavailable
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.children import Child
from jupyter_flows.server.run_detail import is_resumable, waits_in_process
from jupyter_flows.server.run_shapes import run_shapes
from jupyter_flows.server.shapes.queries import Nothing, PlanQuery
from jupyter_flows.server.shapes.runs import ResumeForm, ResumePreview, Started
from jupyter_flows.services.answering import NO_INPUT, give_word
from jupyter_flows.services.cancelling import CancelAnswer, request_cancel

_PLANS_IN = 15.0  # seconds
_BEGINS_IN = 12.0
_LOOK = 0.05
_COMPLAINT = "jupyter flows: "


def plan(asked: Asked[PlanQuery, None]) -> ResumePreview:
    """Say what the next attempt of a run would do; the user's code is looked at in a child process."""
    run = asked.site.door.reader().flow_run(asked.run)
    arguments = ["resume", run.id, "--dry-run", "--json", *_again(asked.query.again), *_only(asked.query.only)]
    code, answer, complaint = asked.site.children.command(arguments, _PLANS_IN)
    if code is None:
        raise ServerBusy(_PLANS_IN)
    if code:
        raise refused(run, complaint)
    try:
        told: dict[str, Any] = json.loads(answer)
    except ValueError:
        raise CannotResume(run.name, "its plan could not be read; try `jupyter flows resume --dry-run`") from None
    return ResumePreview.model_validate({"plain_cells": None, **told})


def cancel(asked: Asked[Nothing, None]) -> Started:
    """Ask a run to stop."""
    door = asked.site.door
    store = door.reader()
    run, answer = request_cancel(store, door.settings, store.flow_run(asked.run), time.time())
    if answer is CancelAnswer.ENDED:
        raise RunRefused(run.name, "cancelled", f"it has ended already ({run.state.name})")
    return Started(run=run_shapes(door, [store.flow_run(run.id)])[0])


def resume(asked: Asked[Nothing, ResumeForm]) -> Started:
    """Begin a run's next attempt, or give the word that it waits for."""
    form, door = asked.form, asked.site.door
    store, now = door.reader(), time.time()
    run = store.flow_run(asked.run)
    given = form.input if "input" in form.model_fields_set else NO_INPUT
    if waits_in_process(run) or given is not NO_INPUT or form.key is not None:
        give_word(store, run, now, given, form.key)
    if not waits_in_process(run):
        _begin(asked, run)
    return Started(run=run_shapes(door, [store.flow_run(run.id)])[0])


def _begin(asked: Asked[Nothing, ResumeForm], run: FlowRun) -> None:
    if not is_resumable(run):
        why = f"it is {run.state.name}" if run.entry or run.kind == "notebook" else "its code is in no file"
        raise CannotResume(run.name, f"{why}: there is nothing to resume")
    child = asked.site.children.begin(
        {"do": "command", "arguments": ["resume", run.id, "--json", *_again(asked.form.again), *_only(asked.form.only)]}
    )
    await_attempt(asked, run, child)


def await_attempt(asked: Asked[Any, Any], run: FlowRun, child: Child) -> None:
    """Wait until the child has taken the run up; a complaint of it is the answer.

    Raises
    ------
    JupyterFlowsError
        What the child complained of.
    """
    store, until = asked.site.door.reader(), time.monotonic() + _BEGINS_IN
    while store.flow_run(run.id).attempts <= run.attempts and time.monotonic() < until:
        code = child.wait(_LOOK)
        if code is not None and store.flow_run(run.id).attempts <= run.attempts:
            raise refused(run, child.said())


def refused(run: FlowRun, said: str) -> Exception:
    """The error that stands for what a command has printed."""
    complaint = complaint_of(said) or "its process ended before it began"
    return StoreUnavailable("", complaint) if complaint.startswith("the store ") else CannotResume(run.name, complaint)


def complaint_of(said: str) -> str:
    """The line in which a command complains; empty where it does not."""
    lines = [line.removeprefix(_COMPLAINT) for line in said.splitlines() if line.startswith(_COMPLAINT)]
    return next((line for line in reversed(lines) if not line.startswith("note:")), "")


def _only(numbers: list[int]) -> list[str]:
    return [f"--only={number}" for number in numbers]


def _again(names: list[str]) -> list[str]:
    if any(not name or "\0" in name for name in names):
        raise RequestRefused({"again": "give names of tasks"})
    return [f"--again={name}" for name in names]


__all__ = ["await_attempt", "cancel", "complaint_of", "plan", "refused", "resume"]
