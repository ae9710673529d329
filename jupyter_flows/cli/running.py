"""`jupyter flows run`."""

from __future__ import annotations

from argparse import Namespace

from jupyter_flows.authoring.targets import is_notebook
from jupyter_flows.cli.screen import Screen
from jupyter_flows.errors import TargetError


def run(options: Namespace, screen: Screen) -> int:
    """Run a notebook, a flow or a deployment."""
    if (options.target is None) is (options.deployment is None):
        raise TargetError("run", "give a TARGET, or --deployment NAME (see jupyter flows run --help)")
    if options.deployment is not None:
        from jupyter_flows.cli.running_deployment import run_a_deployment

        return run_a_deployment(options, screen)
    if options.wait is not None:
        word = "--wait" if options.wait else "--no-wait"
        raise TargetError(options.target, f"{word} is for deployments; without one, it runs in this process")
    if is_notebook(options.target):
        from jupyter_flows.cli.running_notebook import run_a_notebook

        return run_a_notebook(options, screen)
    from jupyter_flows.cli.running_flow import run_a_flow

    return run_a_flow(options, screen)
