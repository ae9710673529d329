"""What a kernel says about the cells that it was sent: written into each cell, and folded into its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jupyter_flows.notebooks.cell_ports import CellAccount
from jupyter_flows.notebooks.kernel.kernel_message import KernelMessage
from jupyter_flows.notebooks.kernel.ports import RunningKernel
from jupyter_flows.notebooks.nbformat4 import Node
from jupyter_flows.notebooks.outputs import NotebookOutputs
from jupyter_flows.notebooks.widgets import Widgets
from jupyter_flows.secrets.resolved import redact_json


class HeardCells:
    """Knows which request stands for which cell. When a cell begins and ends is decided elsewhere.

    Parameters
    ----------
    kernel
        Whose widgets are answered.
    cells
        The notebook's; their times and execution counts are filled.
    outputs
        Folds what they show.
    account
        Is told of it.
    is_over
        Whether a cell (the first position) whose outputs have changed by what another or the same one (the second)
        shows has ended, so that what it shows now is its last.
    """

    def __init__(
        self,
        kernel: RunningKernel,
        cells: Sequence[Node],
        outputs: NotebookOutputs,
        account: CellAccount,
        is_over: Callable[[int, int], bool],
    ) -> None:
        self.widgets = Widgets()
        self._kernel, self._cells, self._outputs, self._account = kernel, cells, outputs, account
        self._is_over = is_over
        self._positions: dict[str, int] = {}

    def sent(self, request: str, position: int) -> None:
        """Note that a request is about a cell; what it shows may come long after it has ended."""
        self._positions[request] = position

    def position(self, request: str) -> int | None:
        """The cell that a request is about."""
        return self._positions.get(request)

    def replied(self, message: KernelMessage) -> None:
        """Note when a cell was answered."""
        position = self.position(message.parent_id)
        if position is not None:
            self._note_time(position, "shell.execute_reply", message.at)

    def take(self, message: KernelMessage) -> None:
        """Take in what everybody may hear."""
        position = self.position(message.parent_id)
        if position is None:
            return
        kind, content = message.type, redact_json(message.content)
        if kind == "status":
            self._note_time(position, f"iopub.status.{content.get('execution_state')}", message.at)
        elif kind == "execute_input":
            self._note_time(position, "iopub.execute_input", message.at)
            self._cells[position]["execution_count"] = content.get("execution_count")
        elif kind.startswith("comm"):
            self.widgets.told(kind, content, message.buffers)
        elif (update := self.widgets.caught(message.parent_id, kind, content)) is not None:
            self._kernel.tell("comm_msg", update)
        else:
            self._show(position, kind, content)

    def _note_time(self, position: int, what: str, at: str) -> None:
        # Under the names by which JupyterLab and nbclient keep the times of a cell.
        self._cells[position]["metadata"].setdefault("execution", {})[what] = at

    def _show(self, position: int, kind: str, content: Mapping[str, Any]) -> None:
        for changed in self._outputs.fold(position, kind, content):
            if self._is_over(changed, position):
                self._outputs.settle(changed)
                self._account.changed(changed)
        self._account.said(position, kind, content)


__all__ = ["HeardCells"]
