"""What may be typed of a run's parameters, the same after each command that takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_flows.cli.argument_values import pair

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Parser


def add_parameters(parser: Parser, about: str) -> None:
    """Add `-p NAME=VALUE`, and what lets values pass that look like secrets."""
    parser.add_argument(
        "-p",
        "--parameter",
        dest="parameters",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=pair,
        help=about,
    )
    parser.add_argument("--allow-secret-looking", action="store_true", help="take values that look like secrets")


__all__ = ["add_parameters"]
