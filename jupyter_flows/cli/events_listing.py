"""`jupyter flows events`."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Iterable
from contextlib import closing
from fnmatch import fnmatchcase
from typing import Any

from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.looks import style
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import iso, local
from jupyter_flows.errors import TargetError
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.states import NAMES, State
from jupyter_flows.model.stored_event import StoredEvent
from jupyter_flows.secrets.resolved import redact_json
from jupyter_flows.store import open_events
from jupyter_flows.store.events import Events
from jupyter_flows.wiring import current_reader, current_settings

_BATCH = 1_000
_LOOK = 0.5  # seconds
_NAME_WIDTH = 16


def events(options: Namespace, screen: Screen) -> int:
    """List events, oldest first, or follow them."""
    if options.tasks and options.run is None:
        raise TargetError("--tasks", "states of task runs are listed of one run; give --run too")
    run_id = _run_id(options.run) if options.run is not None else ""
    with open_events(current_settings()) as store:
        last = store.last_id()
        found = store.newest(options.limit, name=options.name, run_id=run_id)
        if options.tasks:
            found = sorted([*found, *_of_tasks(run_id, options.name)], key=lambda event: event.at)[-options.limit :]
        if not options.follow:
            if options.json:
                screen.json({"events": [event_json(one) for one in found]})
            elif not found:
                screen.line("No event yet.")
            else:
                _print(found, screen, as_json=False)
            return GOOD
        _print(found, screen, as_json=options.json)
        _follow(store, last, options, run_id, screen)
    return GOOD


def event_json(event: StoredEvent) -> dict[str, Any]:
    """An event, as programs read it."""
    return {
        "id": event.id or None,
        "at": iso(event.at),
        "name": event.name,
        "resource": event.resource or None,
        "run": event.run_id or None,
        "state": event.state or None,
        "kind": event.kind or None,
        "message": event.message or None,
        "flow": event.flow or None,
        "deployment": event.deployment or None,
        "is_end": event.is_end,
        "payload": event.payload,
    }


def _follow(store: Events, after: int, options: Namespace, run_id: str, screen: Screen) -> None:
    while True:
        found = store.after(after, _BATCH)
        wanted = [one for one in found if fnmatchcase(one.name, options.name)]
        _print([one for one in wanted if not run_id or one.run_id == run_id], screen, as_json=options.json)
        after = found[-1].id if found else after
        if len(found) < _BATCH:
            time.sleep(_LOOK)


def _print(found: Iterable[StoredEvent], screen: Screen, *, as_json: bool) -> None:
    now = time.time()
    for one in found:
        if as_json:
            print(json.dumps(redact_json(event_json(one))), file=screen.stream)
            continue
        known = one.state in NAMES
        screen.line(
            Cell(f"{local(one.at, now)}  ", "dim"),
            Cell(f"{one.name:<{_NAME_WIDTH}}", style(one.state, NAMES[one.state][0]) if known else "bold"),
            Cell(f"  {one.run_id[:8] or ' ' * 8}", "dim"),
            f"  {first_line(_about(one), 160)}",
        )
    screen.stream.flush()


def _about(event: StoredEvent) -> str:
    """What an event is about, in one line."""
    if event.kind:
        named = event.resource.partition(":")[2]
        told = f"{event.state}{': ' + event.message if event.message else ''}"
        return f"{named}  {told}" if event.state.lower() != event.kind or event.message else named
    payload = "" if event.payload is None else json.dumps(event.payload, ensure_ascii=False)
    return f"{event.resource}  {payload}".strip()


def _run_id(run: str) -> str:
    with closing(current_reader()) as reader:
        return reader.flow_run(run).id


def _of_tasks(run_id: str, name: str) -> list[StoredEvent]:
    """The states of a run's task runs, as events: they are read from the runs and kept nowhere else."""
    with closing(current_reader()) as reader:
        names = {task.number: task.name for task in reader.task_runs(run_id)}
        changes = [one for one in reader.states(run_id) if one.number in names]
    found = [_of_task(names[one.number], run_id, one.state) for one in changes]
    return [one for one in found if fnmatchcase(one.name, name)]


def _of_task(name: str, run_id: str, state: State) -> StoredEvent:
    kind = str(state.kind)
    return StoredEvent(0, state.at, f"task.{kind}", f"task:{name}", run_id, kind, state.name, state.message)


__all__ = ["event_json", "events"]
