"""`%flow deploy` and `%flow schedule`: this notebook, or a flow that its cells define, for a runner to run."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any, NoReturn, cast

from IPython.core.error import UsageError

from jupyter_flows.cli.deployment_arguments import add_deployment_options, add_preview_options
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.screen import Screen
from jupyter_flows.cli.subcommands import Parser
from jupyter_flows.errors import JupyterFlowsError, NotebookError
from jupyter_flows.notebooks.document import read_notebook
from jupyter_flows.notebooks.own_notebook import notebook_path
from jupyter_flows.wiring import parent_run_of_process


class _LineParser(Parser):
    """The parser of a line in a cell."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {escaped(message)} (see {self.prog} --help)")


def deploy_from_cell(shell: Any, command: str, about: str, line: str) -> None:
    """Deploy the notebook that this kernel runs, as it is saved.

    Parameters
    ----------
    shell
        In whose cell the line stands.
    command
        ``deploy`` or ``schedule``.
    about
        What it does, for its help.
    line
        The rest of the line.

    Raises
    ------
    UsageError
        Of what cannot be meant, where the front end does not tell which notebook this is, and where that is not saved.
    """
    try:
        options = _parser(command, about).parse_args(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"%flow {command}: {error}") from None
    except SystemExit:  # it has printed its help
        return
    if parent_run_of_process() is not None:
        print(f"%flow {command} does nothing here: the notebook is being run")
        return
    path = _saved(shell, command)
    options.target = str(path) if options.flow is None else f"{path}:{options.flow}"
    try:
        _perform(command)(options, Screen(sys.stdout))
    except (JupyterFlowsError, OSError) as error:
        raise UsageError(escaped(str(error))) from None


def option_words(command: str) -> list[str]:
    """The options of ``deploy`` or ``schedule``, for completion."""
    usage = _parser(command, command).format_usage()
    return list(dict.fromkeys(re.findall(r"--[a-z]+(?:-[a-z]+)*", usage)))


def _parser(command: str, about: str) -> _LineParser:
    parser = _LineParser(f"%flow {command}", description=f"{about[0].upper()}{about[1:]}, as it is saved.")
    parser.add_argument("flow", metavar="FLOW", nargs="?", help="a flow that a cell defines; without it the notebook")
    add_deployment_options(parser)
    if command == "schedule":
        add_preview_options(parser)
    parser.set_defaults(json=False, profile=None, yes=True)
    return parser


def _perform(command: str) -> Any:
    if command == "schedule":
        from jupyter_flows.cli.scheduling import schedule

        return schedule
    from jupyter_flows.cli.deploying import deploy

    return deploy


def _saved(shell: Any, command: str) -> Path:
    """The notebook's file, which must have the cell that asks."""
    path = notebook_path(shell.user_ns)
    if path is None:
        advice = "save it, or in a terminal: jupyter flows"
        raise UsageError(f"%flow {command}: this front end does not tell which notebook this is; {advice} {command}")
    try:
        sources = {cell["source"].strip() for cell in read_notebook(path)["cells"]}
    except NotebookError as error:
        raise UsageError(escaped(str(error))) from None
    asking = _asking(shell)
    if asking and asking.strip() not in sources:
        raise UsageError(f"%flow {command}: {path.name} is not saved with this cell in it; save it, then run it again")
    return path


def _asking(shell: Any) -> str:
    """The text of the cell that runs; empty where it is not known."""
    history = getattr(shell, "history_manager", None)
    texts = cast("list[str]", getattr(history, "input_hist_raw", [""]))
    return texts[-1] if texts else ""


__all__ = ["deploy_from_cell", "option_words"]
