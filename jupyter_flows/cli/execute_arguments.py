"""What may be typed after `jupyter flows execute`, which only a runner types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_flows.cli.argument_values import seconds

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Subparsers


def add_execute(commands: Subparsers) -> None:
    """Add the command; the list of commands does not show it."""
    parser = commands.add_parser("execute", description="Execute a run of a deployment, as the child of a runner.")
    parser.add_argument("run", metavar="RUN", nargs="?", help='its id; without, one line {"run": ID} is waited for')
    parser.add_argument("--lifeline", metavar="FD", type=int, help="a pipe whose closing ends the run")
    parser.add_argument("--prepare", metavar="DEPLOYMENT", help="without RUN: what the run to come will be of")
    parser.add_argument(
        "--grace", metavar="SECONDS", type=seconds, default=10.0, help="before what does not end is killed (10)"
    )


__all__ = ["add_execute"]
