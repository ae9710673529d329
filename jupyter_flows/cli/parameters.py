"""`jupyter flows params NOTEBOOK`: what a notebook takes."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.notebooks.document import PARAMETERS_TAG, Document, load_notebook
from jupyter_flows.notebooks.json_values import to_json
from jupyter_flows.notebooks.parameters import NotebookParameter, declared_parameters, parameters_cell


def params(options: Namespace, screen: Screen) -> int:
    """List the parameters of a notebook, as its tagged cell declares them; nothing is run."""
    document = load_notebook(Path(options.notebook), options.kernel)
    declared = declared_parameters(document)
    if options.json:
        screen.json({"notebook": str(document.path), "parameters": [parameter_json(one) for one in declared]})
    elif not declared:
        screen.line(why_none(document))
    else:
        screen.table(["NAME", "TYPE", "DEFAULT", "ONE OF", "ABOUT"], [_row(one) for one in declared])
    return GOOD


def _row(parameter: NotebookParameter) -> list[Cell]:
    default = Cell("required", "bold") if parameter.required else Cell(parameter.default_source or "")
    choices = ", ".join(map(repr, parameter.choices))
    return [Cell(parameter.name), Cell(parameter.type), default, Cell(choices), Cell(parameter.help, "dim")]


def parameter_json(parameter: NotebookParameter) -> dict[str, Any]:
    """A parameter as JSON: its default's value where JSON can hold it, and always as it is written."""
    try:
        default = to_json(parameter.default, convert=True)
    except (TypeError, RecursionError):
        default = None
    return {
        "name": parameter.name,
        "type": parameter.type,
        "required": parameter.required,
        "default": default,
        "default_source": parameter.default_source,
        "choices": list(parameter.choices),
        "help": parameter.help,
    }


def why_none(document: Document) -> str:
    """Say why a notebook takes no parameters."""
    name, tag = document.path.name, PARAMETERS_TAG
    if parameters_cell(document) is None:
        return f"{name} takes no parameters: none of its cells has the tag '{tag}'."
    if document.language != "python":
        return f"{name} has a cell with the tag '{tag}', which cannot be read: it is in {document.language}."
    return f"{name} takes no parameters: its cell with the tag '{tag}' assigns none."
