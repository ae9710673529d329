"""`jupyter flows schedules pause | start | delete`."""

from __future__ import annotations

import time
from argparse import Namespace

from jupyter_flows.cli.deployments_as_json import schedule_json
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.schedules_table import print_schedules
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.stored_deployments import next_times, only_schedule, opened_deployments

_DONE = {"pause": "paused", "start": "started", "delete": "deleted"}


def change(options: Namespace, screen: Screen) -> int:
    """Pause, start or delete the schedules of a deployment, or one of them, and show what is left."""
    with opened_deployments() as store:
        before = store.get(options.deployment)
        concerned = only_schedule(before, store.schedules(before.id), options.schedule)
        if options.verb == "delete":
            from jupyter_flows.services.deploying import delete_schedules

            deployment = delete_schedules(store, before.id, options.schedule).deployment
        else:
            paused = options.verb == "pause"
            deployment, _ = store.set_paused(before.id, options.schedule, paused=paused, at=time.time())
        left = store.schedules(deployment.id)
    listed = [(one, deployment, next_times(one, deployment, 1)) for one in left]
    name, done = deployment.definition.name, _DONE[options.verb]
    if options.json:
        schedules = [schedule_json(*each) for each in listed]
        screen.json({"deployment": name, done: [one.definition.name for one in concerned], "schedules": schedules})
        return GOOD
    if not concerned:
        screen.line(Cell(name, "bold"), " has no schedule")
        return GOOD
    one = len(concerned) == 1
    what = f"schedule {options.schedule} of " if options.schedule else ""
    if options.verb == "delete" and not what:
        what = "the schedule of " if one else f"all {len(concerned)} schedules of "
    are = "is" if one or options.verb != "delete" else "are"
    screen.line(what, Cell(name, "bold"), f" {are} {done}{_said(options.verb, deployment.paused, options.schedule)}")
    if listed:
        print_schedules(screen, listed)
    return GOOD


def _said(verb: str, still_paused: bool, schedule: str | None) -> str:
    if verb == "start" and still_paused and schedule:
        return ", but the whole deployment rests: start it too"
    return {
        "pause": "; it still runs by hand",
        "start": "; times that went by meanwhile do not run",
        "delete": "; the deployment stays, and runs by hand",
    }[verb]


__all__ = ["change"]
