"""Everything that the extension adds to a shell once it is used, and that `%unload_ext` takes away again."""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Mapping
from typing import Any

from jupyter_flows import widget
from jupyter_flows.magics.background import WaitForNames
from jupyter_flows.magics.flow_magic import FlowMagic
from jupyter_flows.magics.interrupted_cells import show_interrupts_as_before, show_interrupts_plainly
from jupyter_flows.magics.request import request_of
from jupyter_flows.magics.rewriting import CellRewriter
from jupyter_flows.magics.task_magic import TaskMagic
from jupyter_flows.magics.workbench import Workbench


class WholeExtension:
    """The magics, the live graphs and what they need, in one shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.workbench = Workbench(shell)
        self.rewriter = CellRewriter(shell)
        self.waiting = WaitForNames(self.workbench.background, lambda: self.workbench.namespace)
        self.events = (
            ("pre_run_cell", self.workbench.see),
            ("post_run_cell", self.workbench.saw),
            ("post_run_cell", self.workbench.errors.forget),
        )
        self.magics = [TaskMagic(self.workbench), FlowMagic(self.workbench)]

    def load(self, seen: Iterable[tuple[str, Mapping[str, Any]]] = ()) -> None:
        """Add it.

        Parameters
        ----------
        seen
            The cells that were run before, with the requests that ran them.
        """
        self.workbench.theatre.open()
        for text, message in seen:
            self.workbench.see_cell(text, request_of(message))
        for magics in self.magics:
            self.shell.register_magics(magics)
        for event, function in self.events:
            self.shell.events.register(event, function)
        self.shell.ast_transformers.append(self.waiting)
        atexit.register(self.workbench.background.cancel)  # the kernel ends: so does what runs beside the notebook
        self.shell.input_transformers_cleanup.insert(0, self.rewriter)  # before IPython drops blank lines
        show_interrupts_plainly(self.shell)
        widget.load_ipython_extension(self.shell)  # last: at the end of a cell it draws what the others have seen

    def unload(self) -> None:
        """Take it away; what was defined and run stays."""
        widget.unload_ipython_extension(self.shell)
        for magics in self.magics:
            for kind, names in magics.magics.items():
                for name in names:
                    self.shell.magics_manager.magics[kind].pop(name, None)
        for event, function in self.events:
            self.shell.events.unregister(event, function)
        self.shell.input_transformers_cleanup.remove(self.rewriter)
        self.shell.ast_transformers.remove(self.waiting)
        show_interrupts_as_before(self.shell)
        self.workbench.theatre.close()
        atexit.unregister(self.workbench.background.cancel)


__all__ = ["WholeExtension"]
