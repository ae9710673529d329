"""What may be typed after `jupyter flows variable` and `jupyter flows block`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_flows.cli.subcommands import add_command, add_verb

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Subparsers


def add_variable(commands: Subparsers) -> None:
    """Add the command with its verbs."""
    parser = add_command(commands, "variable", "keep small values by name, for every flow to read")
    verbs = parser.add_subparsers(dest="verb", metavar="ls|get|set|unset", required=True)
    add_verb(verbs, "ls", "list them")
    get = add_verb(verbs, "get", "print a value, as JSON")
    keep = add_verb(verbs, "set", "keep a value")
    unset = add_verb(verbs, "unset", "forget a value")
    for verb in (get, keep, unset):
        verb.add_argument("name", metavar="NAME", help="letters, digits, _, - and .")
    keep.add_argument("value", metavar="VALUE", help="JSON; what is not JSON is a text")
    keep.add_argument("--tag", dest="tags", metavar="TAG", action="append", default=[], help="repeat for more")
    keep.add_argument("--overwrite", action="store_true", help="also where another value is there")


def add_block(commands: Subparsers) -> None:
    """Add the command with its verbs."""
    parser = add_command(commands, "block", "list, show or delete stored configuration")
    verbs = parser.add_subparsers(dest="verb", metavar="ls|show|delete|types", required=True)
    add_verb(verbs, "ls", "list the saved blocks")
    add_verb(verbs, "types", "list the types that are known, with their fields")
    for name, text in (("show", "show a block's fields; secrets stay hidden"), ("delete", "forget a block")):
        add_verb(verbs, name, text).add_argument("name", metavar="NAME", help="type/name, or a name of one type only")


__all__ = ["add_block", "add_variable"]
