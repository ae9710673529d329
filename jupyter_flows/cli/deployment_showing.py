"""`jupyter flows deployments show`."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime

from jupyter_flows.cli.deployments_as_json import deployed_run_json, deployment_json, schedule_json
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.listing import SHORT_ID
from jupyter_flows.cli.schedules_table import print_schedules
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.stored_deployments import next_times, opened_deployments, opened_runs
from jupyter_flows.cli.times import coming, local
from jupyter_flows.graph.durations import duration_words, elapsed
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.deployments import Deployment, DeploymentDefinition
from jupyter_flows.model.secret_reference import PREFIX, referred
from jupyter_flows.store.runs_of_deployments import RunOfDeployment

_NEXT = 3
_LAST = 10


def show_deployment(options: Namespace, screen: Screen) -> int:
    """Show a deployment: what it is, when it runs, its versions, and how its last runs ended."""
    with opened_deployments() as store, opened_runs() as runs:
        deployment = store.get(options.deployment)
        schedules, versions = store.schedules(deployment.id), store.versions(deployment.id)
        last = runs.newest(deployment.id, _LAST)
    listed = [(one, deployment, next_times(one, deployment, _NEXT)) for one in schedules]
    if options.json:
        screen.json(
            {
                "deployment": deployment_json(deployment),
                "schedules": [schedule_json(*each) for each in listed],
                "versions": [deployment_json(one) for one in versions],
                "runs": [deployed_run_json(one) for one in last],
            }
        )
        return GOOD
    _print_head(screen, deployment)
    if listed:
        screen.line()
        print_schedules(screen, listed)
    screen.line()
    _print_versions(screen, versions)
    if last:
        screen.line()
        _print_runs(screen, last)
    return GOOD


def _print_head(screen: Screen, deployment: Deployment) -> None:
    definition = deployment.definition
    paused = Cell("  paused", "magenta") if deployment.paused else Cell("")
    screen.line(Cell(definition.name, "bold"), Cell(f"  version {deployment.version}", "dim"), paused)
    for word, text in _facts(definition):
        screen.line(Cell(f"  {word:<11}", "dim"), text)


def _facts(definition: DeploymentDefinition) -> Iterator[tuple[str, str]]:
    if definition.description:
        yield "about", definition.description
    yield definition.kind, definition.target
    yield "works in", definition.directory
    for name, value in definition.parameters.items():
        yield "with", f"{name} = {_shown(value)}"
    yield "source", "live: as it stands when a run starts" if definition.source == "live" else "as it was deployed"
    yield from _limits(definition)
    for word, text in (
        ("kernel", definition.kernel),
        ("environment", definition.env_file),
        ("keeps", ", ".join(definition.artifacts)),
        ("tags", ", ".join(definition.tags)),
        ("profile", definition.profile),
    ):
        if text:
            yield word, text


def _shown(value: object) -> str:
    """A parameter as it would be typed."""
    if (secret := referred(value)) is not None:
        return f"{PREFIX}{secret}"
    return value if isinstance(value, str) else json.dumps(value)


def _limits(definition: DeploymentDefinition) -> Iterator[tuple[str, str]]:
    if definition.retries:
        delay = definition.retry_delay_seconds
        yield "retries", f"{definition.retries}{f', {duration_words(delay)} apart' if delay else ''}"
    seconds = ((definition.timeout_seconds, "a run"), (definition.cell_timeout_seconds, "a cell"))
    if limits := [f"{duration_words(limit)} for {what}" for limit, what in seconds if limit]:
        yield "time limit", ", ".join(limits)
    if definition.max_active:
        yield "at a time", f"{definition.max_active} of its runs"
    if definition.limits:
        yield "slots of", ", ".join(definition.limits)
    if definition.priority:
        yield "priority", str(definition.priority)


def _print_versions(screen: Screen, versions: list[Deployment]) -> None:
    rows: list[list[Cell]] = []
    for one in versions:
        environment = {name: str(one.environment.get(name) or "") for name in ("python", "kernel")}
        rows.append(
            [
                Cell(str(one.version)),
                Cell(local(one.updated_at, time.time())),
                Cell(first_line(environment["python"], 20), "dim"),
                Cell(first_line(environment["kernel"], 20), "dim"),
                Cell(first_line(one.snapshot), "dim"),
            ]
        )
    screen.table(("VERSION", "SINCE", "PYTHON", "KERNEL", "SOURCE KEPT IN"), rows)


def _print_runs(screen: Screen, last: list[RunOfDeployment]) -> None:
    heads = ("RUN", "STATE", "FROM", "FOR", "STARTED", "TOOK", "")
    seconds = any((one.queued.tick or 0.0) % 60 for one in last)
    screen.table(heads, [_run_row(one, screen, time.time(), seconds=seconds) for one in last])


def _run_row(one: RunOfDeployment, screen: Screen, now: float, *, seconds: bool) -> list[Cell]:
    run, tick = one.run, one.queued.tick
    return [
        Cell(run.id[:SHORT_ID]),
        screen.state(run.state),
        Cell(f"{one.queued.origin} v{one.queued.version}", "dim"),
        Cell("" if tick is None else coming(datetime.fromtimestamp(tick, UTC).astimezone(), now, seconds=seconds)),
        Cell(local(run.started_at, now), "dim"),
        Cell(elapsed(run.started_at, run.ended_at, now), "dim"),
        Cell("" if run.state.is_completed() else first_line(run.state.message), "dim"),
    ]


__all__ = ["show_deployment"]
