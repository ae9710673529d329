"""`jupyter flows schedules`."""

from __future__ import annotations

from argparse import Namespace

from jupyter_flows.cli.deployments_as_json import schedule_json
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.schedules_table import print_schedules
from jupyter_flows.cli.screen import Screen
from jupyter_flows.cli.stored_deployments import next_times, opened_deployments


def schedules(options: Namespace, screen: Screen) -> int:
    """List schedules, or pause, start or delete them."""
    if options.verb is not None:
        from jupyter_flows.cli.schedules_changing import change

        return change(options, screen)
    with opened_deployments() as store:
        by_id = {one.id: one for one in store.all()}
        found = [(one, by_id[one.deployment_id]) for one in store.schedules() if one.deployment_id in by_id]
    listed = [(one, of, next_times(one, of, options.next)) for one, of in found]
    if options.json:
        screen.json({"schedules": [schedule_json(*each) for each in listed]})
    elif listed:
        print_schedules(screen, listed)
    else:
        screen.line("No schedule yet. Make one: jupyter flows schedule NOTEBOOK.ipynb --at 09:00")
    return GOOD


__all__ = ["schedules"]
