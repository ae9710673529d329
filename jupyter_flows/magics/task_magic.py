"""`%%task`: a cell as a task."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments

from jupyter_flows.cells.task_line import OPTIONS
from jupyter_flows.errors import DefinitionError
from jupyter_flows.magics.background import why_not_behind
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.workbench import Workbench


def _with_options(function: Any) -> Any:
    """Describe the options of a task line to IPython's help, from the one table that they are read by."""
    for option in reversed(OPTIONS):
        if option.word == "name":
            function = argument("name", nargs="?", metavar="NAME", help="the task's name")(function)
        elif option.metavar:
            function = argument(f"--{option.word}", metavar=option.metavar, help=option.help)(function)
        else:
            function = argument(f"--{option.word}", action="store_true", help=option.help)(function)
    return magic_arguments()(function)


class _Done:
    """What may be awaited, and has happened already."""

    def __await__(self) -> Iterator[None]:
        return iter(())


@magics_class
class TaskMagic(Magics):
    """The magic of task cells.

    Parameters
    ----------
    workbench
        The kernel's notebook at work.
    """

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench.shell)
        self._workbench = workbench

    @no_var_expand
    @cell_magic
    @_with_options
    def task(self, line: str, cell: str) -> Any:
        """Run this cell as a task: recorded, tried again, limited in time, with edges told by its names.

        A cell that only defines functions turns each of them into a task of that name, and runs nothing.
        """
        __tracebackhide__ = True
        return self._run(self._taken_in(line, cell))

    def _taken_in(self, line: str, cell: str) -> KnownCell:
        try:
            return self._workbench.taken_in(line, cell)
        except DefinitionError as error:
            raise UsageError(str(error)) from None

    def _run(self, cell: KnownCell) -> Any:
        __tracebackhide__ = True
        if cell.names.functions_only:
            try:
                return self._workbench.define(cell)
            except DefinitionError as error:
                raise UsageError(str(error)) from None
        awaits = cell.program is not None and cell.program.is_async
        if cell.line is not None and cell.line.background and self._may_run_behind(cell):
            self._workbench.run_behind(cell)
        elif awaits and cell.line and cell.line.isolation != "process":
            return self._workbench.run_here(cell)
        else:
            self._workbench.run_now(cell)
        return _Done() if awaits else None  # the call of a cell that awaits is awaited itself

    def _may_run_behind(self, cell: KnownCell) -> bool:
        if not cell.request.keeps_late_messages:
            print("runs in the foreground: this front end drops outputs that come late", file=sys.stderr)
            return False
        why_not = (
            "" if cell.line and cell.line.isolation == "process" else why_not_behind(cell, self._workbench.namespace)
        )
        if why_not:
            raise UsageError(f"task `{cell.name}` cannot run in the background: {why_not}")
        return True
