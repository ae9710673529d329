"""One display of a graph in a notebook: its first bundle, and the ones that take its place."""

from __future__ import annotations

import uuid
from typing import Any

from jupyter_flows.graph.run_graph import RunGraph

Bundle = dict[str, str]


def can_be_live(shell: Any, setting: str) -> bool:
    """Say whether somebody is there to see a live graph.

    JupyterLab and Notebook 7 name the cell in each execute request, programs that execute notebooks do not.

    Parameters
    ----------
    shell
        The IPython shell.
    setting
        ``auto``, ``always`` or ``never``.
    """
    if setting != "auto":
        return setting == "always"
    return "cellId" in _request(shell).get("metadata", {})


def _request(shell: Any) -> dict[str, Any]:
    return getattr(shell, "get_parent", dict)() or {}


class Output:
    """Where one graph stands in the notebook.

    Parameters
    ----------
    shell
        The IPython shell; the request it serves now is the cell that the output belongs to.
    """

    def __init__(self, shell: Any) -> None:
        self.id = uuid.uuid4().hex[:12]
        self._publisher = shell.display_pub
        self._parent: dict[str, Any] = _request(shell)
        self._shell = shell

    def bundle(self, graph: RunGraph) -> Bundle:
        """Give the graph as it is saved, with the mark by which the page's script finds it."""
        return {
            "text/plain": repr(graph),
            "text/html": f'<div class="jupyter-flows-graph jupyter-flows-{self.id}">{graph.html()}</div>',
            "image/svg+xml": graph.image(),
        }

    def show(self, graph: RunGraph) -> None:
        """Display the graph in the cell that runs now."""
        self._publisher.publish(self.bundle(graph), {}, transient={"display_id": self.id})

    def replace(self, graph: RunGraph) -> None:
        """Put a newer picture in the first one's place, from any thread and whatever cell runs now."""
        content = {"data": self.bundle(graph), "metadata": {}, "transient": {"display_id": self.id}}
        session, socket = getattr(self._publisher, "session", None), getattr(self._publisher, "pub_socket", None)
        if session is None or socket is None:  # no kernel: a terminal or a test
            self._publisher.publish(content["data"], {}, transient=content["transient"], update=True)
        else:
            session.send(socket, "update_display_data", content, parent=self._parent, ident=self._publisher.topic)

    def replace_now(self, graph: RunGraph) -> None:
        """Put a newer picture in its place as part of the cell that runs now: what programs look at."""
        self._parent = _request(self._shell)
        self.replace(graph)
