"""`jupyter flows backfill DEPLOYMENT --cancel`."""

from __future__ import annotations

import time
from argparse import Namespace
from contextlib import closing

from jupyter_flows.cli.counted import counted
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.stored_deployments import opened_deployments
from jupyter_flows.errors import TargetError
from jupyter_flows.services.backfilling import end_backfill
from jupyter_flows.store.backfill_queue import open_backfills
from jupyter_flows.wiring import current_queue, current_reader, current_settings


def cancel_backfills(options: Namespace, screen: Screen) -> int:
    """Cancel what is left of a deployment's backfills: at once what has not begun; what has is asked to stop."""
    if options.first is not None or options.end is not None:
        raise TargetError("backfill", "--cancel takes no range: it ends all backfills of the deployment")
    with opened_deployments() as store:
        deployment = store.get(options.deployment)
    ended, asked = list[str](), list[str]()
    with current_queue() as queue, closing(current_reader()) as reader:
        backfills = open_backfills(queue, deployment.id)
        for backfill in backfills:
            cancelled = end_backfill(queue, reader, current_settings(), backfill, time.time())
            ended += cancelled.ended
            asked += cancelled.asked_to_stop
    name = deployment.definition.name
    if options.json:
        screen.json({"deployment": name, "backfills": backfills, "cancelled": ended, "asked_to_stop": asked})
    elif not backfills:
        screen.line(Cell(name, "bold"), ": no backfill of it is open")
    else:
        going_on = f", {len(asked):,} that had begun asked to stop" if asked else ""
        screen.line(Cell(name, "bold"), f": {counted(len(ended), 'run')} cancelled before they began{going_on}")
    return GOOD


__all__ = ["cancel_backfills"]
