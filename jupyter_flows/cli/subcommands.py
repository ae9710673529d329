"""Parsers of commands and their verbs: one line of what is wrong, and the same ending to every help."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, NoReturn

from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import BAD_INPUT, TEXT


class Parser(argparse.ArgumentParser):
    """A parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {escaped(message)} (see {self.prog} --help)", file=sys.stderr)
        sys.exit(BAD_INPUT)


if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[Parser]  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def add_command(commands: Subparsers, name: str, about: str) -> Parser:
    """Add a command, which can print JSON."""
    parser = commands.add_parser(
        name,
        help=about,
        description=about[0].upper() + about[1:] + ".",
        epilog=TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    return parser


def add_verb(verbs: Subparsers, name: str, about: str) -> Parser:
    """Add a verb to a command; `--json` may stand before it or after it."""
    parser = verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON for programs")
    return parser


__all__ = ["Parser", "add_command", "add_verb"]
