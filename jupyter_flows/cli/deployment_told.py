"""What a deployment came to, said after it was applied."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from jupyter_flows.cli.deployments_as_json import deployment_json
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.model.deployments import Deployment, DeploymentDefinition
from jupyter_flows.services.deploying import source_changed
from jupyter_flows.store.automations import AppliedAutomation
from jupyter_flows.store.deployments import Applied


def change_word(applied: Applied | AppliedAutomation) -> str:
    """`created`, `changed` or `unchanged`."""
    return "created" if applied.created else "changed" if applied.changed else "unchanged"


def print_applied(screen: Screen, applied: Applied, before: Deployment | None) -> None:
    """Print what became of one deployment, in one line."""
    made = applied.deployment
    name = Cell(made.definition.name, "bold")
    if applied.created:
        screen.line(name, Cell(" created", "green"), f", version {made.version}")
    elif not applied.changed:
        screen.line(name, Cell(" unchanged", "dim"), f", still version {made.version}")
    else:
        what = f": {', '.join(_differences(before, made))}" if before is not None else ""
        screen.line(name, Cell(" changed", "yellow"), f" to version {made.version}", Cell(what, "dim"))


def applied_json(applied: Applied) -> dict[str, Any]:
    """What became of one deployment, as JSON."""
    return {"change": change_word(applied), "deployment": deployment_json(applied.deployment)}


def _differences(before: Deployment, after: Deployment) -> list[str]:
    told = [one.name for one in fields(DeploymentDefinition) if _of(before, one.name) != _of(after, one.name)]
    words = [name.removesuffix("_seconds").replace("_", " ") for name in told]
    return [*words, *(["its code"] if source_changed(before, after) else [])]


def _of(deployment: Deployment, name: str) -> object:
    return getattr(deployment.definition, name)


__all__ = ["applied_json", "change_word", "print_applied"]
