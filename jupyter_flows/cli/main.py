"""The entry point of `jupyter flows`."""

from __future__ import annotations

import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import import_module

from jupyter_flows.cli.arguments import make_parser
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import BAD_INPUT, GOOD, INTERRUPTED, TROUBLE
from jupyter_flows.cli.lasting_streams import lasting_streams, open_what_is_closed
from jupyter_flows.cli.masking import masked_streams
from jupyter_flows.cli.screen import Screen
from jupyter_flows.errors import JupyterFlowsError, MissingExtra, RunNotFound, SettingsError, StoreError
from jupyter_flows.secrets.resolved import redact

Command = Callable[[Namespace, Screen], int]

# Each is imported when it is asked for: `version` and `--help` must not wait for the store.
_COMMANDS = {
    "run": "running",
    "deploy": "deploying",
    "schedule": "scheduling",
    "schedules": "schedules_listing",
    "deployments": "deployments",
    "limits": "limits",
    "backfill": "backfilling",
    "automations": "automations_showing",
    "events": "events_listing",
    "runner": "runner",
    "params": "parameters",
    "resume": "resuming",
    "execute": "executing",
    "open": "opening",
    "ls": "listing",
    "show": "showing",
    "logs": "logging_lines",
    "artifacts": "attaching",
    "why": "explaining",
    "compare": "comparing",
    "stats": "statistics",
    "watch": "watching",
    "export": "exporting",
    "doctor": "examining",
    "cancel": "cancelling",
    "gc": "collecting",
    "cache": "caching",
    "secret": "secrets_keeping",
    "variable": "variables_keeping",
    "block": "blocks_showing",
    "version": "about",
    "config": "about",
}
# What these do goes on when nobody reads what they print; what the others do is to print.
_OUTLIVE_READERS = frozenset({"run", "resume", "execute", "runner"})


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv
        What was typed after `jupyter flows`; this process's own arguments by default.

    Returns
    -------
    int
        The exit status, as `--help` explains it.
    """
    open_what_is_closed()
    _let_nothing_be_unprintable()
    parser = make_parser()
    try:
        options = parser.parse_args(argv)
    except SystemExit as end:  # argparse has printed the help, or one line of what is wrong
        return int(end.code or GOOD)
    if options.command is None:
        parser.print_help()
        return GOOD
    with lasting_streams() if options.command in _OUTLIVE_READERS else nullcontext():
        return _perform(options)


def _perform(options: Namespace) -> int:
    try:
        with masked_streams():
            code = _command(options.command)(options, Screen())
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return GOOD
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except RunNotFound as error:
        from jupyter_flows.cli.called_otherwise import instead_of_run  # only where it is needed

        return _complain(instead_of_run(error), exit_status(error))
    except JupyterFlowsError as error:
        return _complain(str(error), exit_status(error))
    except OSError as error:
        place = error.filename2 or error.filename  # of a copy that could not be written it is the copy
        return _complain(f"{error.strerror or error}{f': {place}' if place else ''}", TROUBLE)
    return code


def exit_status(error: JupyterFlowsError) -> int:
    """The exit status for a command that could not be done."""
    if isinstance(error, StoreError) and not isinstance(error, LookupError):
        return TROUBLE
    return TROUBLE if isinstance(error, SettingsError | MissingExtra) else BAD_INPUT


def _command(name: str) -> Command:
    return getattr(import_module(f"jupyter_flows.cli.{_COMMANDS[name]}"), name)


def _complain(message: str, code: int) -> int:
    print(f"jupyter flows: {escaped(redact(message))}", file=sys.stderr)
    return code


def _let_nothing_be_unprintable() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
