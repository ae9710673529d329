"""What each operation of the API takes and gives: the one place from which requests are read and described."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_flows.server.shapes import (
    artifacts,
    backfills,
    comparing,
    deployments,
    graph,
    queries,
    runs,
    surroundings,
    tasks,
)
from jupyter_flows.server.shapes.queries import Nothing
from jupyter_flows.server.shapes.shape import Shape


@dataclass(frozen=True, slots=True)
class Contract:
    """What one operation takes and gives.

    Parameters
    ----------
    answer
        Its answer; None for the bytes of a file.
    query
        What may stand after the question mark.
    form
        The JSON object in the request's body; None where there is none.
    """

    answer: type[Shape] | None
    query: type[Shape] = Nothing
    form: type[Shape] | None = None


CONTRACTS: dict[str, Contract] = {
    "list_runs": Contract(runs.RunPage, queries.RunQuery),
    "start_notebook": Contract(runs.Started, form=runs.StartForm),
    "overview": Contract(runs.Overview, queries.OverviewQuery),
    "run_detail": Contract(runs.RunDetail),
    "graph": Contract(graph.Graph, queries.GraphQuery),
    "box": Contract(graph.Details, queries.BoxQuery),
    "edge": Contract(graph.EdgeWords, queries.EdgeQuery),
    "timeline": Contract(graph.Timeline),
    "list_tasks": Contract(tasks.TaskPage, queries.TaskQuery),
    "task_details": Contract(graph.Details),
    "read_log": Contract(tasks.LogPage, queries.LogQuery),
    "list_artifacts": Contract(artifacts.ArtifactList, queries.ArtifactQuery),
    "artifact_content": Contract(None, queries.ContentQuery),
    "run_file": Contract(None, queries.ContentQuery),
    "comparison": Contract(comparing.Comparison, queries.ComparisonQuery),
    "why": Contract(tasks.Why),
    "plan": Contract(runs.ResumePreview, queries.PlanQuery),
    "cancel": Contract(runs.Started),
    "resume": Contract(runs.Started, form=runs.ResumeForm),
    "repeat": Contract(runs.Started),
    "open_notebook": Contract(runs.Opened, form=runs.OpenForm),
    "grid": Contract(graph.Grid, queries.GridQuery),
    "stats": Contract(surroundings.Stats, queries.StatsQuery),
    "list_deployments": Contract(deployments.DeploymentList),
    "deploy": Contract(deployments.Applied, form=deployments.DeploymentForm),
    "show_deployment": Contract(deployments.DeploymentDetail),
    "deployment_parameters": Contract(deployments.DeploymentParameters, queries.DeploymentParametersQuery),
    "delete_deployment": Contract(deployments.Deleted),
    "pause_deployment": Contract(deployments.DeploymentDetail),
    "start_deployment": Contract(deployments.DeploymentDetail),
    "run_deployment": Contract(deployments.Queued, form=deployments.RunForm),
    "preview_backfill": Contract(backfills.BackfillPreview, form=backfills.BackfillForm),
    "begin_backfill": Contract(backfills.Backfill, form=backfills.BackfillForm),
    "list_backfills": Contract(backfills.BackfillList, queries.BackfillQuery),
    "cancel_backfill": Contract(backfills.Backfill),
    "list_schedules": Contract(deployments.ScheduleList, queries.ScheduleQuery),
    "preview_schedule": Contract(deployments.Preview, form=deployments.PreviewForm),
    "edit_schedule": Contract(deployments.Schedule, form=deployments.ScheduleForm),
    "delete_schedule": Contract(deployments.DeploymentDetail),
    "pause_schedule": Contract(deployments.Schedule),
    "start_schedule": Contract(deployments.Schedule),
    "notebook_parameters": Contract(deployments.NotebookParameters, queries.ParametersQuery),
    "list_blocks": Contract(surroundings.BlockList),
    "health": Contract(surroundings.Health),
    "settings": Contract(surroundings.Settings),
}

__all__ = ["CONTRACTS", "Contract"]
