"""`jupyter flows automations`."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from jupyter_flows.automations.actions import Action
from jupyter_flows.automations.stored import to_json
from jupyter_flows.automations.words import describe_action, describe_rate, describe_trigger
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.runner_hint import print_runner_hint
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import iso, local
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.store import open_automations, open_firings
from jupyter_flows.store.automations import StoredAutomation
from jupyter_flows.store.firings import OpenFiring
from jupyter_flows.wiring import current_settings

_SHOWN = 10
_BAD = ("refused", "stopped", "not told")


def automations(options: Namespace, screen: Screen) -> int:
    """List automations, show one, pause, start, delete or test it."""
    if options.verb == "test":
        from jupyter_flows.cli.automations_testing import test_automation

        return test_automation(options, screen)
    return {"ls": _list, "show": _show, "delete": _delete}.get(options.verb, _set_paused)(options, screen)


def _list(options: Namespace, screen: Screen) -> int:
    with open_automations(current_settings()) as store, open_firings(current_settings()) as firings:
        found = [(one, next(iter(firings.of(one.id, 1)), None)) for one in store.all()]
    if options.json:
        screen.json({"automations": [_as_json(one, [last] if last else []) for one, last in found]})
    elif found:
        screen.table(("NAME", "WHEN", "DOES", "LAST"), [_row(one, last) for one, last in found])
        print_runner_hint(screen)
    else:
        screen.line("No automation yet. The shortest: jupyter flows deploy TARGET --notify-on-failure BLOCK")
    return GOOD


def _row(one: StoredAutomation, last: OpenFiring | None) -> list[Cell]:
    actions = ", ".join(map(describe_action, one.definition.actions))
    at = "paused" if one.paused else local(last.at, time.time()) if last else ""
    return [
        Cell(first_line(one.definition.name, 40), "bold"),
        Cell(first_line(describe_trigger(one.definition.trigger), 60)),
        Cell(first_line(actions, 60)),
        Cell(at, "dim"),
    ]


def _show(options: Namespace, screen: Screen) -> int:
    with open_automations(current_settings()) as store, open_firings(current_settings()) as firings:
        one = store.get(options.name)
        last = firings.of(one.id, _SHOWN)
        runs = {firing.id: firings.made_by(firing.id) for firing in last}
    if options.json:
        screen.json(_as_json(one, last, runs))
        return GOOD
    definition = one.definition
    screen.line(Cell(definition.name, "bold"), Cell("  paused" if one.paused else "", "yellow"))
    if definition.description:
        screen.line(f"  {definition.description}")
    screen.line(Cell("  when  ", "dim"), describe_trigger(definition.trigger))
    for action in definition.actions:
        screen.line(Cell("  do    ", "dim"), describe_action(action))
    screen.line(Cell("  rate  ", "dim"), describe_rate(definition))
    if one.standing.held:
        screen.line(Cell("  held  ", "dim"), f"{one.standing.held} wait for the next window")
    for firing in last:
        _print_firing(firing, definition.actions, screen)
    return GOOD


def _print_firing(firing: OpenFiring, actions: Sequence[Action], screen: Screen) -> None:
    event = firing.event
    about = event.run_id[:8] or event.resource
    screen.line(
        Cell(f"  {local(firing.at, time.time())}  ", "dim"),
        Cell(event.name),
        Cell(f"  {first_line(about, 60)}", "dim"),
        f"  for {firing.count}" if firing.count > 1 else "",
        Cell(f"  caused by {firing.depth - 1} before it" if firing.depth > 1 else "", "dim"),
    )
    waits = () if firing.done_at is not None else actions  # done or not: each at its place
    for told, action in zip_longest(firing.outcome, waits):
        if told:
            screen.line(Cell(f"    {first_line(told, 200)}", "red" if told.startswith(_BAD) else ""))
        elif action is not None:
            screen.line(Cell(f"    {describe_action(action)}: not done yet", "dim"))


def _set_paused(options: Namespace, screen: Screen) -> int:
    paused = options.verb == "pause"
    with open_automations(current_settings()) as store:
        one = store.set_paused(options.name, paused=paused, at=time.time())
    return _say(options, screen, one, "paused" if paused else "started")


def _delete(options: Namespace, screen: Screen) -> int:
    with open_automations(current_settings()) as store:
        one = store.delete(options.name)
    return _say(options, screen, one, "deleted")


def _say(options: Namespace, screen: Screen, one: StoredAutomation, done: str) -> int:
    if options.json:
        screen.json({done: one.definition.name})
    else:
        screen.line(Cell(one.definition.name, "bold"), f" is {done}")
    return GOOD


def _as_json(
    one: StoredAutomation, firings: list[OpenFiring], runs: dict[int, list[str]] | None = None
) -> dict[str, Any]:
    told = [
        {
            "at": iso(firing.at),
            "event": firing.event.name,
            "run": firing.event.run_id or None,
            "count": firing.count,
            "depth": firing.depth,
            "outcome": [told or None for told in firing.outcome],
            "done_at": iso(firing.done_at),
            **({} if runs is None else {"runs": runs[firing.id]}),
        }
        for firing in firings
    ]
    definition = {key: value for key, value in to_json(one.definition).items() if key != "name"}
    held = one.standing.held
    return {"name": one.definition.name, "paused": one.paused, **definition, "held": held, "firings": told}


__all__ = ["automations"]
