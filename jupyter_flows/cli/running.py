"""`jupyter flows run`."""

from __future__ import annotations

from argparse import Namespace

from jupyter_flows.cli.screen import Screen
from jupyter_flows.cli.targets import is_notebook


def run(options: Namespace, screen: Screen) -> int:
    """Run a notebook or a flow."""
    if is_notebook(options.target):
        from jupyter_flows.cli.running_notebook import run_a_notebook

        return run_a_notebook(options, screen)
    from jupyter_flows.cli.running_flow import run_a_flow

    return run_a_flow(options, screen)
