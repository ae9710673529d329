"""What may be typed after the commands of deployments, schedules, backfills and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_flows.cli.argument_values import count, seconds, span
from jupyter_flows.cli.given_parameters import add_parameters
from jupyter_flows.cli.subcommands import add_command, add_verb

if TYPE_CHECKING:
    from jupyter_flows.cli.subcommands import Parser, Subparsers

_TARGET = "NOTEBOOK.ipynb, module:flow, file.py:flow or NOTEBOOK.ipynb:flow"
# Not from `schedules`, which takes as long to import as all arguments together; a test compares them.
CATCHUPS = ("latest", "all", "none")
OVERLAPS = ("queue", "skip", "allow", "cancel")
_DEPLOYMENT = "a deployment's name"


def add_deploy(commands: Subparsers) -> None:
    """Add `deploy`."""
    about = "keep a notebook or a flow with its parameters and schedules, for a runner to run"
    parser = add_command(commands, "deploy", about)
    parser.add_argument("target", metavar="TARGET", help=f"{_TARGET}; or a file of deployments, flows.toml")
    add_deployment_options(parser)
    parser.add_argument("--profile", metavar="NAME", help="profile of the file of deployments, such as production")


def add_schedule(commands: Subparsers) -> None:
    """Add `schedule`."""
    about = "show when a notebook or a flow would run by itself, and keep that"
    parser = add_command(commands, "schedule", about)
    parser.add_argument("target", metavar="NOTEBOOK", help=_TARGET)
    add_deployment_options(parser)
    add_preview_options(parser)


def add_preview_options(parser: Parser) -> None:
    """Add what may be done with a schedule that was shown."""
    parser.add_argument("--yes", action="store_true", help="do not ask before it is saved")
    parser.add_argument("--dry-run", action="store_true", help="only show it; nothing is saved")


def add_deployment_options(parser: Parser) -> None:
    """Add what may be said of a deployment, apart from its target."""
    parser.add_argument("--name", metavar="NAME", help="of the deployment; by default the notebook's or the flow's")
    about = "a parameter of its runs; may know the tick: day='{tick:%%Y-%%m-%%d}'; repeat for more"
    add_parameters(parser, about)
    _add_schedule_options(parser)
    options = parser.add_argument_group("runs")
    options.add_argument("--description", metavar="TEXT", help="a sentence about it")
    options.add_argument("--tag", dest="tags", metavar="TAG", action="append", default=[], help="repeat for more")
    options.add_argument("--timeout", metavar="SECONDS", type=seconds, help="time limit of a whole run")
    options.add_argument("--cell-timeout", metavar="SECONDS", type=seconds, help="time limit of each cell")
    options.add_argument("--retries", metavar="N", type=count(0), help="further attempts of a run that fails")
    options.add_argument("--retry-delay", metavar="TIME", type=span, help="wait so long before each: 30s, 5m")
    options.add_argument("--env-file", metavar="FILE", help="NAME=value lines for its runs, read when one starts")
    options.add_argument("--kernel", metavar="NAME", help="kernel for a notebook instead of its own")
    options.add_argument(
        "--artifacts", metavar="GLOB", action="append", default=[], help="files of a notebook's folder to keep"
    )
    options.add_argument("--source", choices=["live", "snapshot"], help="run what is there then, or what is there now")
    options.add_argument("--max-active", metavar="N", type=count(1), help="at most so many of its runs at a time")
    options.add_argument(
        "--limit",
        dest="limits",
        metavar="NAME",
        action="append",
        default=[],
        help="each run takes a slot of this limit",
    )
    options.add_argument("--priority", metavar="N", type=int, help="of runs that are due the highest goes first (0)")
    options.add_argument(
        "--notify-on-failure",
        dest="notify",
        metavar="BLOCK",
        action="append",
        default=[],
        help="tell this saved block of runs that fail, such as slack-webhook/team; repeat for more",
    )


def _add_schedule_options(parser: Parser) -> None:
    when = parser.add_argument_group("when (each may be repeated)")
    when.add_argument("--cron", metavar="EXPR", action="append", default=[], help="five fields, such as '0 9 * * 1-5'")
    when.add_argument("--every", metavar="TIME", action="append", default=[], type=span, help="5s, 15m, 1h30m, 1d")
    when.add_argument(
        "--rrule",
        metavar="RULE",
        action="append",
        default=[],
        help="calendar rule: FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=9",
    )
    when.add_argument(
        "--at",
        metavar="TIMES",
        action="append",
        default=[],
        help="09:00 (every day, or with --every 2d), or dates such as 2027-04-01T09:00; commas between more",
    )
    when.add_argument("--timezone", metavar="ZONE", help="such as Europe/Rome, in which times are read (UTC)")
    when.add_argument("--start", metavar="WHEN", help="no time before it: 2027-04-01 or 2027-04-01T09:00")
    when.add_argument("--end", metavar="WHEN", help="no time after it")
    when.add_argument("--jitter", metavar="TIME", type=span, help="runs start up to so much later: 30s, 5m")
    when.add_argument(
        "--catchup",
        choices=CATCHUPS,
        help="which of the times run that went by while no runner ran (latest)",
    )
    when.add_argument(
        "--overlap",
        choices=OVERLAPS,
        help="what a time does while an earlier run goes on (queue)",
    )


def add_schedules(commands: Subparsers) -> None:
    """Add `schedules` and its verbs."""
    parser = add_command(commands, "schedules", "list schedules with their next times; pause, start or delete them")
    parser.add_argument("--next", metavar="N", type=count(1), default=1, help="so many of their next times (1)")
    verbs = parser.add_subparsers(dest="verb", metavar="pause|start|delete")
    for name, about in (
        ("pause", "let a deployment's schedules rest"),
        ("start", "let them tick again, from now on"),
        ("delete", "take a schedule away; without --schedule all of the deployment's"),
    ):
        verb = add_verb(verbs, name, about)
        verb.add_argument("deployment", metavar="DEPLOYMENT", help=_DEPLOYMENT)
        verb.add_argument("--schedule", metavar="NAME", help="only this one of its schedules")


def add_deployments(commands: Subparsers) -> None:
    """Add `deployments` and its verbs."""
    parser = add_command(commands, "deployments", "list, show or delete what was deployed")
    verbs = parser.add_subparsers(dest="verb", metavar="ls|show|delete", required=True)
    add_verb(verbs, "ls", "list them")
    show = add_verb(verbs, "show", "show one: versions, schedules, next and last runs")
    show.add_argument("deployment", metavar="DEPLOYMENT", help=_DEPLOYMENT)
    delete = add_verb(verbs, "delete", "delete one with its schedules; runs that wait are cancelled, others stay")
    delete.add_argument("deployment", metavar="DEPLOYMENT", help=_DEPLOYMENT)


def add_backfill(commands: Subparsers) -> None:
    """Add `backfill`."""
    about = "run a deployment once for each time of its schedules in a range of the past"
    parser = add_command(commands, "backfill", about)
    parser.add_argument("deployment", metavar="DEPLOYMENT", help=_DEPLOYMENT)
    parser.add_argument("--from", dest="first", metavar="WHEN", help="first time: 2027-03-01, or with a time")
    parser.add_argument(
        "--to", dest="end", metavar="WHEN", help="up to here, itself left out: for March say 2027-04-01"
    )
    parser.add_argument("--schedule", metavar="NAME", help="only the times of this schedule")
    add_parameters(parser, "in place of the deployment's")
    parser.add_argument("--max-active", metavar="K", type=count(1), default=1, help="at most so many at a time (1)")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--again-failed", action="store_true", help="also the times whose run did not complete")
    again.add_argument("--again", action="store_true", help="also the times whose run completed")
    parser.add_argument("--dry-run", action="store_true", help="only say which times would run")
    parser.add_argument("--no-wait", action="store_true", help="queue the runs for a runner and do not follow them")
    parser.add_argument("--cancel", action="store_true", help="end the deployment's backfills that are not over")


def add_limits(commands: Subparsers) -> None:
    """Add `limits` and its verbs."""
    parser = add_command(commands, "limits", "list, set or delete limits that all processes share")
    verbs = parser.add_subparsers(dest="verb", metavar="ls|set|delete", required=True)
    add_verb(verbs, "ls", "list them, and who holds their slots")
    set_ = add_verb(verbs, "set", "let at most so many hold a limit at a time")
    set_.add_argument("name", metavar="NAME", help="of the limit, or of a tag")
    set_.add_argument("slots", metavar="SLOTS", type=count(0), help="0 stops whoever wants one")
    delete = add_verb(verbs, "delete", "take a limit away")
    delete.add_argument("name", metavar="NAME", help="of the limit")


__all__ = [
    "CATCHUPS",
    "OVERLAPS",
    "add_backfill",
    "add_deploy",
    "add_deployment_options",
    "add_deployments",
    "add_limits",
    "add_preview_options",
    "add_schedule",
    "add_schedules",
]
