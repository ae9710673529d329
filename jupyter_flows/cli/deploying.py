"""`jupyter flows deploy`."""

from __future__ import annotations

import sys
from argparse import Namespace

from jupyter_flows.cli.deployment_told import applied_json, print_applied
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.runner_hint import print_runner_hint
from jupyter_flows.cli.schedule_options import clocks_of
from jupyter_flows.cli.screen import Screen
from jupyter_flows.cli.stored_deployments import known_deployment, opened_deployments
from jupyter_flows.errors import TargetError


def deploy(options: Namespace, screen: Screen) -> int:
    """Keep a notebook or flow as a deployment."""
    if options.profile is not None:
        raise TargetError(options.target, "--profile is for a file of deployments, such as flows.toml")
    clocks = clocks_of(options)
    from jupyter_flows.cli.deployment_planning import typed_deployment
    from jupyter_flows.services.deploying import apply_plan

    plan = typed_deployment(options, clocks).plan()
    with opened_deployments() as store:
        before = known_deployment(store, plan.definition.name)
        applied = apply_plan(plan, store)
    for warning in plan.warnings:
        print(f"jupyter flows: note: {escaped(warning)}", file=sys.stderr)
    if options.json:
        screen.json(applied_json(applied))
        return GOOD
    print_applied(screen, applied, before)
    print_runner_hint(screen)
    return GOOD


__all__ = ["deploy"]
