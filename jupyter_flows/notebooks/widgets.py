"""Widgets without a front end: their state is kept for the notebook, and output widgets catch what is meant for them.

The state is saved as nbclient and JupyterLab do (``metadata.widgets``, schema version 2 of @jupyter-widgets).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_flows.notebooks.nbformat4 import Node
from jupyter_flows.notebooks.outputs import OUTPUT_KINDS, NotebookOutputs

STATE_MIME = "application/vnd.jupyter.widget-state+json"
_OUTPUT_MODULE, _OUTPUT_MODEL = "@jupyter-widgets/output", "OutputModel"


class Widgets:
    """The widgets of one kernel, as its comm messages tell of them."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, Any]] = {}
        self._buffers: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
        self._outputs: dict[str, OutputWidget] = {}
        self._catching: dict[str, list[OutputWidget]] = {}  # by the request whose outputs are caught

    def told(self, kind: str, content: Mapping[str, Any], buffers: Sequence[Any] = ()) -> None:
        """Take a message whose kind starts with ``comm``."""
        comm_id, data = content.get("comm_id"), content.get("data")
        if not isinstance(comm_id, str) or not isinstance(data, dict):
            return
        state = data.get("state")
        if isinstance(state, dict):
            self._states.setdefault(comm_id, {}).update(state)
            self._keep_buffers(comm_id, data.get("buffer_paths"), buffers)
            if kind == "comm_open" and _is_output(state):
                self._outputs[comm_id] = OutputWidget(comm_id)
            if comm_id in self._outputs and "msg_id" in state:
                self._catch(self._outputs[comm_id], state["msg_id"])

    def caught(self, request: str, kind: str, content: Mapping[str, Any]) -> dict[str, Any] | None:
        """Give an output to the output widget that catches those of a request.

        Returns
        -------
        dict or None
            The content of the comm message that tells the kernel's side; None where no widget wants the output.
        """
        catching = self._catching.get(request)
        if not catching or kind not in OUTPUT_KINDS | {"clear_output"}:
            return None
        widget = catching[-1]
        outputs = widget.take(kind, content)
        self._states.setdefault(widget.comm_id, {})["outputs"] = outputs
        update = {"method": "update", "state": {"outputs": outputs}, "buffer_paths": []}
        return {"comm_id": widget.comm_id, "data": update}

    def metadata(self) -> Node | None:
        """What belongs under ``metadata.widgets``; None where there were no widgets."""
        if not self._states:
            return None
        shown: Node = {}
        for comm_id, state in self._states.items():
            if "_model_name" in state:
                shown[comm_id] = _described(state, self._buffers.get(comm_id, {}))
        return {STATE_MIME: {"state": shown, "version_major": 2, "version_minor": 0}}

    def _keep_buffers(self, comm_id: str, paths: Any, buffers: Sequence[Any]) -> None:
        for path, buffer in zip(paths if isinstance(paths, list) else (), buffers, strict=False):
            encoded = base64.b64encode(bytes(buffer)).decode()
            kept = {"data": encoded, "encoding": "base64", "path": path}
            self._buffers.setdefault(comm_id, {})[tuple(path)] = kept

    def _catch(self, widget: OutputWidget, request: Any) -> None:
        if widget.catches and widget in self._catching.get(widget.catches, ()):
            self._catching[widget.catches].remove(widget)
        widget.catches = request if isinstance(request, str) else ""
        if widget.catches:
            self._catching.setdefault(widget.catches, []).append(widget)


class OutputWidget:
    """An `ipywidgets.Output`: a place for outputs that is not below a cell.

    Parameters
    ----------
    comm_id
        The widget's.
    """

    def __init__(self, comm_id: str) -> None:
        self.comm_id, self.catches = comm_id, ""
        self._cell: Node = {"outputs": []}
        self._fold = NotebookOutputs([self._cell])

    def take(self, kind: str, content: Mapping[str, Any]) -> list[Node]:
        """Take an output; return all that the widget shows."""
        self._fold.fold(0, kind, content)
        self._fold.settle(0)
        return list(self._cell["outputs"])


def _is_output(state: Mapping[str, Any]) -> bool:
    return (state.get("_model_module"), state.get("_model_name")) == (_OUTPUT_MODULE, _OUTPUT_MODEL)


def _described(state: Mapping[str, Any], buffers: Mapping[Any, Any]) -> Node:
    names = ("model_name", "model_module", "model_module_version")
    described: Node = {name: state.get(f"_{name}") for name in names} | {"state": dict(state)}
    return described | ({"buffers": list(buffers.values())} if buffers else {})
