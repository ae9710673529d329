"""`jupyter flows deploy`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from jupyter_flows.cli.deployment_told import applied_json, change_word, print_applied
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.runner_hint import print_runner_hint
from jupyter_flows.cli.schedule_options import clocks_of
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.stored_deployments import known_deployment, opened_deployments
from jupyter_flows.errors import DeploymentNotFound, TargetError
from jupyter_flows.model.deployments import Deployment
from jupyter_flows.services.automation_storing import store_automation
from jupyter_flows.services.deploying import DeploymentPlan, apply_plan
from jupyter_flows.store.deployments import Applied
from jupyter_flows.wiring import current_settings

# What may be said beside a file of deployments; everything else is said in it.
_BESIDE_A_FILE = {"command", "target", "name", "profile", "json"}


def deploy(options: Namespace, screen: Screen) -> int:
    """Keep a notebook or flow as a deployment, or all those of a file of deployments."""
    if options.target.endswith(".toml"):
        return _deploy_file(options, screen)
    if options.profile is not None:
        raise TargetError(options.target, "--profile is for a file of deployments, such as flows.toml")
    clocks = clocks_of(options)
    from jupyter_flows.cli.deployment_planning import typed_deployment

    ((applied, before),) = _applied([typed_deployment(options, clocks).plan()])
    if options.json:
        screen.json(applied_json(applied))
        return GOOD
    print_applied(screen, applied, before)
    print_runner_hint(screen, applied.deployment.id)
    return GOOD


def _deploy_file(options: Namespace, screen: Screen) -> int:
    for name, value in vars(options).items():
        if value and name not in _BESIDE_A_FILE:
            word = "-p" if name == "parameters" else f"--{name.replace('_', '-')}"
            raise TargetError(options.target, f"{word} is said in the file itself")
    from jupyter_flows.authoring.deployment_file import load_automations, load_deployments
    from jupyter_flows.cli.prints import prints_aside

    with prints_aside(True):
        found = {one.name: one for one in load_deployments(options.target, options.profile)}
        if options.name is not None:
            if options.name not in found:
                raise DeploymentNotFound(options.name, list(found))
            found = {options.name: found[options.name]}
        plans = [one.plan() for one in found.values()]
        automations = load_automations(options.target) if options.name is None else []
    told = _applied(plans)
    folder = Path(options.target).absolute().parent
    stored = [store_automation(current_settings(), one, folder) for one in automations]
    if options.json:
        changes = [{"change": change_word(one), "name": one.automation.definition.name} for one in stored]
        deployed = [applied_json(applied) for applied, _ in told]
        screen.json({"profile": options.profile, "deployments": deployed, "automations": changes})
        return GOOD
    for applied, before in told:
        print_applied(screen, applied, before)
    for one in stored:
        screen.line("automation ", Cell(one.automation.definition.name, "bold"), f" {change_word(one)}")
    print_runner_hint(screen)
    return GOOD


def _applied(plans: Sequence[DeploymentPlan]) -> list[tuple[Applied, Deployment | None]]:
    """Store what was checked; return what became of each, with what it was before."""
    told: list[tuple[Applied, Deployment | None]] = []
    with opened_deployments() as store:
        for plan in plans:
            before = known_deployment(store, plan.definition.name)
            told.append((apply_plan(plan, store), before))
            for warning in plan.warnings:
                named = f"{plan.definition.name}: {warning}" if len(plans) > 1 else warning
                print(f"jupyter flows: note: {escaped(named)}", file=sys.stderr)
    return told


__all__ = ["deploy"]
