"""What may be typed after `jupyter flows automations` and `jupyter flows events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_flows.cli.argument_values import count
from jupyter_flows.cli.subcommands import add_command, add_verb

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Subparsers

_NAME = "an automation's name"


def add_automations(commands: Subparsers) -> None:
    """Add `automations` and its verbs."""
    about = "list, show, pause, start, delete or test what happens when something happens"
    parser = add_command(commands, "automations", about)
    verbs = parser.add_subparsers(dest="verb", metavar="ls|show|pause|start|delete|test", required=True)
    add_verb(verbs, "ls", "list them")
    for name, text in (
        ("show", "show one, and what it did last"),
        ("pause", "let one rest; what happens meanwhile does not count"),
        ("start", "let one act again, from now on"),
        ("delete", "forget one; what it has begun to do is done"),
    ):
        add_verb(verbs, name, text).add_argument("name", metavar="NAME", help=_NAME)
    test = add_verb(verbs, "test", "say what one would do; nothing is done")
    test.add_argument("name", metavar="NAME", help=_NAME)
    test.add_argument("--run", metavar="RUN", help="with the end of this run")
    test.add_argument("--event", metavar="NAME", help="with an event of this name")
    test.add_argument("--resource", metavar="TEXT", default="", help="of the event")
    test.add_argument("--payload", metavar="JSON", help="of the event")
    test.add_argument("--file", metavar="PATH", help="with this file, there or not")


def add_events(commands: Subparsers) -> None:
    """Add `events`."""
    parser = add_command(commands, "events", "list what happened, or follow it: states of runs, and what code emitted")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C; with --json one object a line")
    parser.add_argument("--limit", metavar="N", type=count(1), default=50, help="the newest N (50)")
    parser.add_argument("--name", metavar="NAME", default="*", help="only these; * stands for other signs: 'run.*'")
    parser.add_argument("--run", metavar="RUN", help="only those of this run")
    parser.add_argument("--tasks", action="store_true", help="with --run: also the states of its task runs")


__all__ = ["add_automations", "add_events"]
