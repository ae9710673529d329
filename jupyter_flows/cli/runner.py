"""`jupyter flows runner`."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.looks import style
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import iso, local
from jupyter_flows.model.states import NAMES
from jupyter_flows.secrets.resolved import redact_json
from jupyter_flows.services.runner import Runner, RunnerOptions
from jupyter_flows.services.runner_events import RunnerEvent
from jupyter_flows.services.runner_store import check_kept_in_file
from jupyter_flows.services.stopping_signals import stopped_by_signals
from jupyter_flows.wiring import current_settings

_STYLES = {"trouble": "red", "lost": "bold red", "orphan": "yellow", "dead": "yellow", "tick": "yellow"}
_WIDTH = 9  # of the longest kind


def runner(options: Namespace, screen: Screen) -> int:
    """Run a runner in this process, until a signal ends it or, with ``--once``, nothing that is due is left."""
    settings = current_settings()
    check_kept_in_file(settings)
    wanted = RunnerOptions(
        workers=options.workers,
        poll_seconds=options.poll,
        grace_seconds=options.grace,
        once=options.once,
        keep_ready=not options.no_spare,
    )
    made = Runner(settings, wanted, _json_line(screen) if options.json else _line(screen))
    with stopped_by_signals(made):
        made.run()
    return GOOD


def _line(screen: Screen) -> Any:
    def tell(event: RunnerEvent) -> None:
        screen.line(
            Cell(f"{local(event.at, event.at)}  ", "dim"),
            Cell(f"{event.kind:<{_WIDTH}}", _style(event)),
            Cell(f"  {event.deployment}" if event.deployment else "", "bold"),
            Cell(f"  {event.run_id}" if event.run_id else "", "dim"),
            f"  {escaped(event.text)}",
        )
        screen.stream.flush()

    return tell


def _style(event: RunnerEvent) -> str:
    if event.kind in {"ended", "again"} and event.state in NAMES:
        return style(event.state, NAMES[event.state][0])
    return _STYLES.get(event.kind, "")


def _json_line(screen: Screen) -> Any:
    def tell(event: RunnerEvent) -> None:
        told = {"at": iso(event.at), "event": event.kind, "text": event.text, "run": event.run_id or None}
        told |= {"deployment": event.deployment or None, "state": event.state or None}
        print(json.dumps(redact_json(told)), file=screen.stream, flush=True)

    return tell


__all__ = ["runner"]
