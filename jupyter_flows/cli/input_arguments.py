"""What may be typed after `jupyter flows resume` for a run that waits for input."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Parser


def add_input(parser: Parser) -> None:
    """Add the options that give a paused or suspended run what it waits for."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--input",
        dest="inputs",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="what a paused or suspended run waits for, checked before it goes on; repeat for more; "
        "VALUE alone where it waits for one value",
    )
    how.add_argument("--input-json", metavar="TEXT", help="the same as JSON")
    parser.add_argument("--key", metavar="KEY", help="of the pause, where the run waits in several places")


__all__ = ["add_input"]
