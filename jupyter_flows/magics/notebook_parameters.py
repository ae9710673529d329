"""The notebook's parameters, and what each is worth now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from jupyter_flows.drivers.tracebacks import short_repr
from jupyter_flows.errors import NotebookError
from jupyter_flows.magics.notebook import Notebook
from jupyter_flows.notebooks.document import PARAMETERS_TAG, load_notebook
from jupyter_flows.notebooks.own_notebook import notebook_path
from jupyter_flows.notebooks.parameters import NotebookParameter, declared_parameters, read_parameters


def parameters_of(notebook: Notebook, namespace: Mapping[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """Return name, type, default, present value and help of each parameter.

    They are those of the cell tagged `parameters`: the one that was run, where the front end told its tags; else the
    one in the notebook's file.
    """
    return [
        (
            each.name,
            each.type,
            each.default_source if each.default_source is not None else "(required)",
            short_repr(namespace[each.name]) if each.name in namespace else "",
            each.help,
        )
        for each in _declared(notebook, namespace)
    ]


def _declared(notebook: Notebook, namespace: Mapping[str, Any]) -> Sequence[NotebookParameter]:
    for cell in notebook:
        tags = cell.request.metadata.get("tags")
        if isinstance(tags, list) and PARAMETERS_TAG in cast("list[object]", tags):
            try:
                return read_parameters(cell.text)
            except SyntaxError:
                return ()
    path = notebook_path(namespace)
    if path is None:
        return ()
    try:
        return declared_parameters(load_notebook(path))
    except NotebookError:
        return ()
