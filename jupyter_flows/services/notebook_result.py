"""What a notebook run gives to the code that asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_flows.model.states import State
from jupyter_flows.services.published_values import published_values, shown_value

if TYPE_CHECKING:
    from jupyter_flows.services.notebook_run import NotebookRunEnd

_FILES = ("path", "html", "graph", "log")


class NotebookResult:
    """A notebook run that ended well: its value as a task.

    It can be pickled, and so kept with the task run. It holds no file's content: the files stay in the run's folder,
    and a value that was published as a file is read when it is first asked for.

    Attributes
    ----------
    values
        What the notebook published, by name.
    path
        The executed notebook.
    html, graph, log
        Its page, its picture (SVG) and its log; None where there is none.
    state
        The final state of the notebook's own flow run.
    run_id
        The id of that run.
    name
        The notebook's name.
    """

    # No dataclass: what tasks are handed is searched for futures field by field, and this holds none.
    __slots__ = ("graph", "html", "log", "name", "path", "run_id", "state", "values")

    def __init__(self, name: str, end: NotebookRunEnd) -> None:
        self.name, self.run_id = name, end.run_id
        state = end.state
        self.state = State(state.kind, state.name, state.message, state.at)
        self.values: Mapping[str, object] = published_values(end.run_id, end.values, end.published)
        self.path: Path | None = end.artifacts.get("notebook")
        self.html: Path | None = end.artifacts.get("html")
        self.graph: Path | None = end.artifacts.get("graph")
        self.log: Path | None = end.artifacts.get("log")

    def __repr__(self) -> str:
        published = f", published {', '.join(self.values)}" if self.values else ""
        return f"<NotebookResult {self.name}: {self.state.name}{published}>"

    def _repr_html_(self) -> str:
        """Draw a small table of the values, and links to the files. Names and values are hostile text."""
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(shown_value(self.values, name))}</td></tr>'
            for name in self.values
        )
        found = ((name, getattr(self, name)) for name in _FILES)
        links = " · ".join(
            f'<a href="{escape(file.as_uri())}">{"notebook" if name == "path" else name}</a>'
            for name, file in found
            if file is not None
        )
        told = f"{escape(self.name)}: {escape(self.state.name)}"
        return f"<div><p><b>{told}</b></p><table>{rows}</table><p>{links}</p></div>"


__all__ = ["NotebookResult"]
