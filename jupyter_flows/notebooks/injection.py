"""Parameters written into a notebook as papermill does: a cell tagged `injected-parameters`, after the tagged one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib.util import find_spec

from jupyter_flows.errors import NotebookError
from jupyter_flows.model.secret_reference import referred
from jupyter_flows.notebooks.document import INJECTED_TAG, PARAMETERS_TAG
from jupyter_flows.notebooks.json_values import JsonValue
from jupyter_flows.notebooks.nbformat4 import Node, tags_of


def inject(node: Node, parameters: Mapping[str, JsonValue], kernel_name: str, language: str) -> None:
    """Put a cell that assigns the parameters into a notebook; one that is there already is replaced.

    Parameters
    ----------
    node
        The notebook.
    parameters
        Name to value.
    kernel_name, language
        What the cell will be executed with.

    Raises
    ------
    NotebookError
        Nobody knows how to write them in that language.
    """
    cells: list[Node] = node["cells"]
    made: Node = {
        "cell_type": "code",
        "id": secrets.token_hex(4),
        "metadata": {"tags": [INJECTED_TAG]},
        "source": source_of(parameters, kernel_name, language),
        "execution_count": None,
        "outputs": [],
    }
    injected, tagged = first_tagged(node, INJECTED_TAG), first_tagged(node, PARAMETERS_TAG)
    if injected is not None:
        cells[injected] = made
    else:
        cells.insert(0 if tagged is None else tagged + 1, made)


def first_tagged(node: Node, tag: str) -> int | None:
    """The position of the first cell with a tag, from 0."""
    return next((index for index, cell in enumerate(node["cells"]) if tag in tags_of(cell)), None)


def source_of(parameters: Mapping[str, JsonValue], kernel_name: str, language: str) -> str:
    """Write assignments in a kernel's language, as papermill's translators do.

    Raises
    ------
    NotebookError
        Nobody knows how in that language.
    """
    secret = any(referred(value) is not None for value in parameters.values())
    if language == "python" and (secret or find_spec("black") is None):
        # The same text as papermill's: only black, where it is installed, would lay it out otherwise.
        return "".join(["# Parameters\n", *(f"{name} = {_python(value)}\n" for name, value in parameters.items())])
    from papermill.exceptions import PapermillException
    from papermill.translators import translate_parameters

    why = ""
    for spelled in (language, language.upper()):  # papermill knows `python` and `R`
        try:
            return translate_parameters(kernel_name, spelled, dict(parameters), "Parameters")
        except (PapermillException, NotImplementedError) as error:
            why = why or str(error)
    raise NotebookError(f"parameters cannot be handed to a kernel of the language {language!r} ({why})")


def _python(value: JsonValue) -> str:
    if isinstance(value, str):
        escaped = value.encode("unicode_escape").decode("ascii").replace('"', '\\"')
        return f'"{escaped}"'
    if (secret := referred(value)) is not None:  # looked up in the kernel: the notebook holds only its name
        return f'__import__("jupyter_flows").Secret({_python(secret)}).get()'
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_python(key)}: {_python(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_python, value))}]"
    return str(value)
