"""What may be typed after `jupyter flows secret`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_flows.cli.subcommands import add_command, add_verb

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Subparsers


def add_secret(commands: Subparsers) -> None:
    """Add the command with its verbs."""
    parser = add_command(commands, "secret", "keep values that never show, by name")
    verbs = parser.add_subparsers(dest="verb", metavar="set|ls|delete|rotate", required=True)
    keep = add_verb(verbs, "set", "keep a secret; its value is asked for, or read from standard input")
    keep.add_argument("name", metavar="NAME", help="such as SLACK_WEBHOOK_URL")
    keep.add_argument("--file", metavar="FILE", help="read the value from this file (- for standard input)")
    add_verb(verbs, "ls", "list the names of all that are kept; no value is shown")
    delete = add_verb(verbs, "delete", "forget a secret")
    delete.add_argument("name", metavar="NAME", help="its name")
    add_verb(verbs, "rotate", "encrypt all with a new key, and forget the old one")


__all__ = ["add_secret"]
