"""What may be typed after the commands that answer questions about many runs, or follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_flows.cli.argument_values import count, moment
from jupyter_flows.cli.subcommands import add_command

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Subparsers


def add_ls(commands: Subparsers, run: str) -> None:
    """Add `ls`.

    Parameters
    ----------
    run
        What a run may be named by.
    """
    parser = add_command(commands, "ls", "list runs, newest first")
    parser.add_argument("--flow", metavar="NAME", help="only runs of this flow or notebook")
    parser.add_argument(
        "--state",
        metavar="STATE",
        action="append",
        default=[],
        help="only runs in this state: running, failed, TimedOut, …; repeat, or write commas, for several",
    )
    parser.add_argument("--since", metavar="WHEN", type=moment, help="only newer runs: 90m, 1d, 2w, today, 2026-01-31")
    parser.add_argument("--until", metavar="WHEN", type=moment, help="only older runs")
    parser.add_argument(
        "--tag", metavar="TAG", action="append", default=[], help="only runs with it; repeat for all of them"
    )
    parser.add_argument("--deployment", metavar="NAME", help="only runs of this deployment")
    parser.add_argument("--parent", metavar="RUN", help=f"only what this run called: {run}")
    parser.add_argument("--limit", metavar="N", type=count(0), default=30, help="at most so many (30; 0 for all)")
    parser.add_argument("--page", metavar="N", type=count(1), default=1, help="the page of so many, from 1")
    parser.add_argument("--all", action="store_true", help="also tasks that were called outside any flow")


def add_stats(commands: Subparsers) -> None:
    """Add `stats`."""
    parser = add_command(commands, "stats", "say how often flows and tasks end well, and how long they take")
    about = "only this flow or notebook, or the runs of this deployment, with its tasks"
    parser.add_argument("name", metavar="NAME", nargs="?", help=about)
    parser.add_argument("--since", metavar="WHEN", type=moment, help="only newer runs: 12h, 7d, 2026-01-31 (30d)")
    parser.add_argument("--tasks", action="store_true", help="also the tasks of every flow")


def add_watch(commands: Subparsers) -> None:
    """Add `watch`."""
    parser = add_command(commands, "watch", "show what runs, waits and has ended lately, as it changes; q quits")
    parser.add_argument("--flow", metavar="NAME", help="only runs of this flow or notebook, or of this deployment")
    parser.add_argument("--once", action="store_true", help="only print how it stands now")


def add_logs(commands: Subparsers, run: str) -> None:
    """Add `logs`.

    Parameters
    ----------
    run
        What a run may be named by.
    """
    parser = add_command(commands, "logs", "print what a run logged and printed")
    parser.add_argument("run", metavar="RUN", help=run)
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the run ends, with all its attempts")
    parser.add_argument("--task", metavar="NAME", help="only of this task or cell: its name, or a task run's number")
    parser.add_argument("--since", metavar="WHEN", type=moment, help="only newer lines: 90s, 5m, 2026-01-31T09:00")
    parser.add_argument(
        "--level",
        metavar="LEVEL",
        type=str.upper,
        default="DEBUG",
        choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        help="only from this level up: debug, info, warning, error, critical",
    )


def add_doctor(commands: Subparsers) -> None:
    """Add `doctor`."""
    parser = add_command(commands, "doctor", "look whether everything is as it must be, and say what to do")
    parser.add_argument("--quick", action="store_true", help="start no kernel")


def add_compare(commands: Subparsers) -> None:
    """Add `compare`."""
    parser = add_command(commands, "compare", "what differs between two runs: states, durations, parameters, code")
    for name in ("before", "after"):
        parser.add_argument(name, metavar="RUN", help="an id, the unique start of one, 'FLOW #3', or a run's name")


def add_export(commands: Subparsers) -> None:
    """Add `export`."""
    parser = add_command(commands, "export", "write a run as a folder or a .zip that can be handed on")
    parser.add_argument("run", metavar="RUN", help="an id, the unique start of one, 'FLOW #3', or a run's name")
    parser.add_argument("target", metavar="DIR", help="a new folder, or a new file that ends in .zip")


__all__ = ["add_compare", "add_doctor", "add_export", "add_logs", "add_ls", "add_stats", "add_watch"]
