"""What may be typed after `jupyter flows`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from jupyter_flows.cli.answer_arguments import (
    add_compare,
    add_doctor,
    add_export,
    add_logs,
    add_ls,
    add_stats,
    add_watch,
)
from jupyter_flows.cli.argument_values import count, seconds
from jupyter_flows.cli.automation_arguments import add_automations, add_events
from jupyter_flows.cli.configuration_arguments import add_block, add_variable
from jupyter_flows.cli.deployment_arguments import (
    add_backfill,
    add_deploy,
    add_deployments,
    add_limits,
    add_schedule,
    add_schedules,
)
from jupyter_flows.cli.execute_arguments import add_execute
from jupyter_flows.cli.exits import TEXT
from jupyter_flows.cli.given_parameters import add_parameters
from jupyter_flows.cli.input_arguments import add_input
from jupyter_flows.cli.runner_arguments import add_runner
from jupyter_flows.cli.secret_arguments import add_secret
from jupyter_flows.cli.subcommands import Parser, add_command, add_verb
from jupyter_flows.version import __version__

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Subparsers

_ABOUT = "Run flows and notebooks, and see what happened."
_RUN = "an id, the unique start of one (4 characters or more), 'FLOW #3' as `ls` has it, or a run's name"


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; `command` in its result names the command."""
    parser = Parser(
        "jupyter flows", description=_ABOUT, epilog=TEXT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for add in (
        _run,
        add_deploy,
        add_schedule,
        add_schedules,
        add_deployments,
        add_backfill,
        add_limits,
        add_automations,
        add_events,
        add_runner,
        _params,
        _resume,
        _open,
        _ls,
        _show,
        _logs,
        _artifacts,
        _why,
        add_compare,
        add_stats,
        add_watch,
        add_export,
        add_doctor,
        _cancel,
        _gc,
        _cache,
        add_secret,
        add_variable,
        add_block,
        _version,
        _config,
        add_execute,
    ):
        add(commands)
    return parser


def _run(commands: Subparsers) -> None:
    parser = add_command(commands, "run", "run a notebook, a flow or a deployment now, and keep what happened")
    target = "NOTEBOOK.ipynb, module:flow, file.py:flow or NOTEBOOK.ipynb:flow"
    parser.add_argument("target", metavar="TARGET", nargs="?", help=target)
    parser.add_argument("--deployment", metavar="NAME", help="run what was deployed under this name, with its options")
    waiting = "with --deployment: follow the run to its end (so by default), or leave it to a runner"
    parser.add_argument("--wait", action=argparse.BooleanOptionalAction, default=None, help=waiting)
    about = "a parameter, checked against its type; secret:NAME as its value names a secret; repeat for more"
    add_parameters(parser, about)
    parser.add_argument("--kernel", metavar="NAME", help="kernel for a notebook instead of its own")
    parser.add_argument("--timeout", metavar="SECONDS", type=seconds, help="time limit of the whole run")
    parser.add_argument("--cell-timeout", metavar="SECONDS", type=seconds, help="time limit of each cell")
    parser.add_argument("--output", metavar="PATH", help="also copy the executed notebook to this file")
    parser.add_argument("--parallel", action="store_true", help="run independent task cells at the same time")
    parser.add_argument("--no-html", action="store_true", help="do not write the executed notebook as a page")
    parser.add_argument(
        "--artifacts",
        metavar="GLOB",
        action="append",
        default=[],
        help="keep files that the notebook makes in its folder, such as '*.csv'; repeat for more",
    )
    parser.add_argument("--engine", choices=["jupyter-flows", "papermill"], help="what executes the notebook")


def _params(commands: Subparsers) -> None:
    parser = add_command(commands, "params", "list the parameters of a notebook; nothing is run")
    parser.add_argument("notebook", metavar="NOTEBOOK", help="NOTEBOOK.ipynb")
    parser.add_argument("--kernel", metavar="NAME", help="kernel that it would be run with instead of its own")


def _resume(commands: Subparsers) -> None:
    parser = add_command(commands, "resume", "take a run up again that did not complete; what is finished is re-used")
    parser.add_argument("run", metavar="RUN", help=_RUN)
    parser.add_argument(
        "--again", metavar="TASK", action="append", default=[], help="run this task again all the same; repeat for more"
    )
    only = "of what failed only the task run of this number, as `why` and `show` tell it; repeat for more"
    parser.add_argument("--only", metavar="NUMBER", type=count(1), action="append", help=only)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be re-used, and what would run")
    add_input(parser)


def _open(commands: Subparsers) -> None:
    about = "write a notebook with what the failing task was given, and the failing cell below"
    add_command(commands, "open", about).add_argument("run", metavar="RUN", help=_RUN)


def _ls(commands: Subparsers) -> None:
    add_ls(commands, _RUN)


def _show(commands: Subparsers) -> None:
    add_command(commands, "show", "show one run and its task runs").add_argument("run", metavar="RUN", help=_RUN)


def _logs(commands: Subparsers) -> None:
    add_logs(commands, _RUN)


def _artifacts(commands: Subparsers) -> None:
    parser = add_command(commands, "artifacts", "list what a run attached to be looked at, newest first")
    parser.add_argument("run", metavar="RUN", help=_RUN)
    parser.add_argument("--key", metavar="KEY", help="only the history of this key")


def _why(commands: Subparsers) -> None:
    about = "say why a run failed, or has not begun; or what became of a deployment's ticks"
    parser = add_command(commands, "why", about)
    parser.add_argument("run", metavar="RUN", help=f"{_RUN}; or a deployment's name")


def _cancel(commands: Subparsers) -> None:
    parser = add_command(commands, "cancel", "ask a run to stop")
    parser.add_argument("run", metavar="RUN", help=_RUN)
    parser.add_argument("--no-wait", action="store_true", help="do not wait for its end")
    parser.add_argument("--wait", metavar="SECONDS", type=seconds, default=8.0, help="wait at most so long (8)")


def _gc(commands: Subparsers) -> None:
    parser = add_command(commands, "gc", "remove old runs with their folders and ticks, and shrink the store")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--keep", metavar="N", type=count(0), help="keep the newest N ended runs")
    which.add_argument("--days", metavar="D", type=seconds, help="keep what ended in the last D days")
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")


def _cache(commands: Subparsers) -> None:
    parser = add_command(commands, "cache", "list, forget or explain the values that later runs find by their key")
    verbs = parser.add_subparsers(dest="verb", metavar="ls|clear|explain", required=True)
    ls = add_verb(verbs, "ls", "list them, newest first")
    ls.add_argument("--limit", metavar="N", type=count(1), default=100, help="at most so many (100)")
    clear = add_verb(verbs, "clear", "forget them; the values stay with their runs")
    clear.add_argument("--key", metavar="KEY", help="only this key")
    explain = add_verb(verbs, "explain", "say what keys were made of, and why values were found or not")
    explain.add_argument("run", metavar="RUN", help=f"{_RUN}; or RUN-NUMBER, one task run")
    explain.add_argument("task", metavar="TASK", nargs="?", help="only this task: its name, or a task run's number")


def _version(commands: Subparsers) -> None:
    add_command(commands, "version", "print the version")


def _config(commands: Subparsers) -> None:
    add_command(commands, "config", "print every setting and where it comes from")
