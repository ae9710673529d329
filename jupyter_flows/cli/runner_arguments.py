"""What may be typed after `jupyter flows runner`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_flows.cli.argument_values import count, seconds
from jupyter_flows.cli.subcommands import add_command

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Subparsers


def add_runner(commands: Subparsers) -> None:
    """Add the command."""
    about = "run what is due: ticks of schedules, and runs that were asked for; until it is stopped"
    parser = add_command(commands, "runner", about)
    parser.add_argument(
        "--workers", metavar="N", type=count(1), default=0, help="runs at a time (as many as there are processors)"
    )
    parser.add_argument("--once", action="store_true", help="stop when nothing that is due is left")
    parser.add_argument(
        "--poll", metavar="SECONDS", type=seconds, help="how often changes of other processes are looked for (1)"
    )
    parser.add_argument(
        "--grace",
        metavar="SECONDS",
        type=seconds,
        default=30.0,
        help="how long runs may go on after SIGTERM, before they are ended and handed back (30)",
    )
    parser.add_argument("--no-spare", action="store_true", help="keep no process ready for the next run")


__all__ = ["add_runner"]
