"""`%load_ext jupyter_flows`: what is added to a shell, and taken away again by `%unload_ext`."""

from __future__ import annotations

import atexit
from typing import Any

from jupyter_flows import widget
from jupyter_flows.magics.background import WaitForNames
from jupyter_flows.magics.completing import add_completion
from jupyter_flows.magics.flow_magic import FlowMagic
from jupyter_flows.magics.loaded import ATTRIBUTE, workbench_of
from jupyter_flows.magics.rewriting import CellRewriter
from jupyter_flows.magics.task_magic import TaskMagic
from jupyter_flows.magics.workbench import Workbench


class Extension:
    """Everything that the extension adds to one shell."""

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

    def load(self) -> None:
        """Add it."""
        self.workbench.theatre.open()
        present = getattr(self.shell.displayhook, "exec_result", None)
        if present is not None:
            self.workbench.see(present.info)  # the cell that loads it is the notebook's, too
        add_completion(self.shell, lambda: workbench_of(self.shell))
        for magics in self.magics:
            self.shell.register_magics(magics)
        for event, function in self.events:
            self.shell.events.register(event, function)
        self.shell.ast_transformers.append(self.waiting)
        atexit.register(self.workbench.background.cancel)  # the kernel ends: so does what runs beside the notebook
        self.shell.input_transformers_cleanup.insert(0, self.rewriter)  # before IPython drops blank lines
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
        self.workbench.theatre.close()
        atexit.unregister(self.workbench.background.cancel)


def load_ipython_extension(shell: Any) -> None:
    """Add the magics and the live graphs to a shell; a second time nothing happens."""
    if getattr(shell, ATTRIBUTE, None) is None:
        extension = Extension(shell)
        extension.load()
        setattr(shell, ATTRIBUTE, extension)


def unload_ipython_extension(shell: Any) -> None:
    """Take them away from a shell, where they are."""
    extension = getattr(shell, ATTRIBUTE, None)
    if extension is not None:
        extension.unload()
        setattr(shell, ATTRIBUTE, None)
