"""`jupyter flows run`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from jupyter_flows.cli.exits import NOT_COMPLETED
from jupyter_flows.cli.screen import Screen
from jupyter_flows.cli.targets import is_notebook
from jupyter_flows.errors import StoreError
from jupyter_flows.model.states import State


def run(options: Namespace, screen: Screen) -> int:
    """Run a notebook or a flow."""
    if is_notebook(options.target):
        from jupyter_flows.cli.running_notebook import run_a_notebook

        return run_a_notebook(options, screen)
    from jupyter_flows.cli.running_flow import run_a_flow

    return run_a_flow(options, screen)


def exit_status(state: State) -> int:
    """0 only for a run that completed; trouble with the store is raised as what it is."""
    if isinstance(state.data, StoreError):
        raise state.data
    return 0 if state.is_completed() else NOT_COMPLETED


@contextmanager
def prints_aside(aside: bool) -> Iterator[None]:
    """Send what user code prints, and its child processes too, to standard error: standard output is for JSON."""
    if not aside:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
