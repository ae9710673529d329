"""Every route of the API in one table: who may ask, and what answers.

Nothing heavy is imported for it: what answers is a name, imported when it is first asked. What each takes and gives
is in `contract`, and the API's description is made from both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

ROOT = "/jupyter-flows/api"
RESOURCE = "jupyter_flows"  # what Jupyter's Authorizer is asked about
READ, WRITE, EXECUTE = "read", "write", "execute"

_ID = r"[0-9a-f]{12}"
# What may stand in a path, as a regular expression; anything else is no route at all.
PLACES = {
    "run": _ID,
    "deployment": _ID,
    "schedule": _ID,
    "backfill": _ID,
    "artifact": _ID,
    "number": r"[0-9]{1,9}",
    "file": "notebook|page|graph|log",
}


@dataclass(frozen=True)
class Route:
    """One verb of one path.

    Parameters
    ----------
    path
        Below `ROOT`, with places in braces.
    verb
        Of HTTP.
    action
        `READ`, `WRITE` or `EXECUTE`: what the Authorizer is asked for.
    answers
        ``module:function`` in this package.
    about
        One sentence.
    """

    path: str
    verb: str
    action: str
    answers: str
    about: str

    @property
    def name(self) -> str:
        """The operation, as generated code calls it."""
        return self.answers.partition(":")[2]

    @cached_property
    def pattern(self) -> str:
        """The path as a regular expression."""
        filled = re.sub(r"\{(\w+)\}", lambda place: f"(?P<{place[1]}>{PLACES[place[1]]})", self.path)
        return f"{ROOT}{filled}/?"


_R = Route
ROUTES: tuple[Route, ...] = (
    _R("/runs", "GET", READ, "run_lists:list_runs", "List runs, newest first."),
    _R("/runs", "POST", EXECUTE, "starting:start_notebook", "Run a notebook once, in a process of its own."),
    _R("/overview", "GET", READ, "run_lists:overview", "Say what runs, waits, has ended lately and comes next."),
    _R("/runs/{run}", "GET", READ, "run_detail:run_detail", "Show a run."),
    _R("/runs/{run}/graph", "GET", READ, "run_drawing:graph", "Draw a run's graph."),
    _R("/runs/{run}/graph/box", "GET", READ, "run_drawing:box", "Tell about a box of the graph."),
    _R("/runs/{run}/graph/edge", "GET", READ, "run_drawing:edge", "Say what flows along an edge."),
    _R("/runs/{run}/timeline", "GET", READ, "run_drawing:timeline", "Lay a run out on a clock."),
    _R("/runs/{run}/tasks", "GET", READ, "task_lists:list_tasks", "List the task runs of a run."),
    _R("/runs/{run}/tasks/{number}", "GET", READ, "run_drawing:task_details", "Tell everything about a task run."),
    _R("/runs/{run}/logs", "GET", READ, "run_logs:read_log", "Read a log, follow it, or search in it."),
    _R("/runs/{run}/artifacts", "GET", READ, "run_artifacts:list_artifacts", "List what a run attached."),
    _R(
        "/runs/{run}/artifacts/{artifact}/content",
        "GET",
        READ,
        "run_artifacts:artifact_content",
        "Give the file of an artifact, sandboxed.",
    ),
    _R("/runs/{run}/files/{file}", "GET", READ, "run_artifacts:run_file", "Give a file of a run, sandboxed."),
    _R(
        "/runs/{run}/comparison",
        "GET",
        READ,
        "run_comparison:comparison",
        "Say what differs between a run and an earlier one.",
    ),
    _R("/runs/{run}/why", "GET", READ, "run_reasons:why", "Say why a run ended as it did, or where it stands."),
    _R("/runs/{run}/plan", "GET", READ, "resuming:plan", "Say what the next attempt of a run would do."),
    _R("/runs/{run}/cancel", "POST", EXECUTE, "resuming:cancel", "Ask a run to stop."),
    _R("/runs/{run}/resume", "POST", EXECUTE, "resuming:resume", "Begin a run's next attempt, or let it go on."),
    _R("/runs/{run}/repeat", "POST", EXECUTE, "starting:repeat", "Begin a new run with the same parameters."),
    _R("/runs/{run}/open", "POST", WRITE, "run_notebooks:open_notebook", "Put a notebook of a run into Lab's root."),
    _R("/grid", "GET", READ, "run_grid:grid", "Show how each task of a flow did in its last runs."),
    _R("/stats", "GET", READ, "statistics:stats", "Tell how often flows end well, and how long they take."),
    _R("/deployments", "GET", READ, "deployments:list_deployments", "List deployments."),
    _R("/deployments", "POST", WRITE, "deploying:deploy", "Keep a notebook as a deployment, with its schedule."),
    _R("/deployments/{deployment}", "GET", READ, "deployments:show_deployment", "Show a deployment."),
    _R(
        "/deployments/{deployment}",
        "DELETE",
        WRITE,
        "deploying:delete_deployment",
        "Delete a deployment; its runs stay in the history.",
    ),
    _R(
        "/deployments/{deployment}/parameters",
        "GET",
        READ,
        "deployment_parameters:deployment_parameters",
        "Say what runs of a deployment can be given.",
    ),
    _R("/deployments/{deployment}/pause", "POST", WRITE, "deploying:pause_deployment", "Pause all its schedules."),
    _R("/deployments/{deployment}/start", "POST", WRITE, "deploying:start_deployment", "Start them again."),
    _R("/deployments/{deployment}/run", "POST", EXECUTE, "starting:run_deployment", "Run a deployment once, now."),
    _R(
        "/deployments/{deployment}/backfills/preview",
        "POST",
        READ,
        "backfills:preview_backfill",
        "Say which times of a range would run, and with what; nothing is kept.",
    ),
    _R(
        "/deployments/{deployment}/backfills",
        "POST",
        EXECUTE,
        "backfills:begin_backfill",
        "Run a deployment once for each time of a range.",
    ),
    _R("/backfills", "GET", READ, "backfills:list_backfills", "List backfills and how far they are."),
    _R("/backfills/{backfill}/cancel", "POST", EXECUTE, "backfills:cancel_backfill", "End what is left of a backfill."),
    _R("/schedules", "GET", READ, "schedules:list_schedules", "List schedules with their next times."),
    _R("/schedules/preview", "POST", READ, "schedules:preview_schedule", "Say what a schedule means; nothing is kept."),
    _R("/schedules/{schedule}", "PUT", WRITE, "schedules:edit_schedule", "Change when a schedule runs."),
    _R("/schedules/{schedule}", "DELETE", WRITE, "schedules:delete_schedule", "Delete a schedule."),
    _R("/schedules/{schedule}/pause", "POST", WRITE, "schedules:pause_schedule", "Pause a schedule."),
    _R("/schedules/{schedule}/start", "POST", WRITE, "schedules:start_schedule", "Start a schedule again."),
    _R("/notebooks/parameters", "GET", READ, "notebooks:notebook_parameters", "Say what a notebook takes."),
    _R("/blocks", "GET", READ, "surroundings:list_blocks", "List the names of stored blocks."),
    _R("/health", "GET", READ, "surroundings:health", "Look at the store and the runner."),
    _R("/settings", "GET", READ, "surroundings:settings", "Tell settings, bounds and what the user may do."),
)
EVENTS = Route("/events", "GET", READ, "event_socket:events", "A websocket of what happens.")

__all__ = ["EVENTS", "EXECUTE", "PLACES", "READ", "RESOURCE", "ROOT", "ROUTES", "WRITE", "Route"]
