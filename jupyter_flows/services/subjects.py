"""What can be deployed: a notebook or a flow, its files, and what it says of parameters."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_flows.errors import ParameterError, TargetError
from jupyter_flows.model.secret_reference import as_reference
from jupyter_flows.notebooks.document import load_notebook, read_notebook
from jupyter_flows.notebooks.nbformat4 import Node, to_text
from jupyter_flows.notebooks.parameters import check_parameters
from jupyter_flows.services.local_sources import local_sources
from jupyter_flows.services.notebook_definitions import read_definitions
from jupyter_flows.services.snapshots import source_root, split_target

FLOW, NOTEBOOK = "flow", "notebook"
# Written by programs that show or run a notebook: no part of what it does.
_VOLATILE = frozenset({"ExecuteTime", "collapsed", "execution", "papermill", "scrolled", "widgets"})


@dataclass(frozen=True, slots=True)
class Subject:
    """A notebook or flow that is to be deployed.

    Parameters
    ----------
    flow
        Its name.
    kind
        ``flow`` or ``notebook``.
    target
        Where its code is: a notebook's absolute path, or the entry ``module@file``.
    directory
        Where its runs work.
    files
        Its code, and what that imports beside it: paths from the source's root to bytes.
    problems
        Says of parameters, as JSON values, what does not fit: name to problem.
    kernel
        That a notebook runs in; empty for flows.
    """

    flow: str
    kind: str
    target: str
    directory: str
    files: Mapping[str, bytes]
    problems: Callable[[Mapping[str, Any]], Mapping[str, str]]
    kernel: str = ""


def notebook_subject(path: str | Path, kernel: str | None = None) -> Subject:
    """Read a notebook that is to be deployed; nothing is started or written.

    Raises
    ------
    NotebookNotFound, NotANotebook, KernelNotFound
    """
    document = load_notebook(path, kernel or None)

    def problems(given: Mapping[str, Any]) -> Mapping[str, str]:
        try:
            check_parameters(document, {name: as_reference(value) for name, value in given.items()})
        except ParameterError as error:
            return error.problems
        return {}

    target = str(document.path)
    files = source_files(target)
    return Subject(document.name, NOTEBOOK, target, str(document.path.parent), files, problems, document.kernel_name)


def flow_subject(
    flow: str, entry: str, directory: Path, problems: Callable[[Mapping[str, Any]], Mapping[str, str]]
) -> Subject:
    """Describe a flow that is to be deployed.

    Parameters
    ----------
    flow
        Its name.
    entry
        Where its code is: ``module@file``; empty where that cannot be found again.
    directory
        Where its runs work.
    problems
        See `Subject`.

    Raises
    ------
    TargetError
        It was typed at a prompt, its notebook's file does not define it, or a file cannot be read.
    """
    module, path = split_target(entry)
    if not entry or path.suffix not in {".py", ".ipynb"}:
        why = "it was typed at a prompt; write it into a file or a notebook, so that a runner can find it"
        raise TargetError(flow, why)
    if path.suffix == ".ipynb" and not read_definitions(path).variables_of(flow):
        raise TargetError(flow, f"no cell of {path} defines it; save the notebook first")
    if "." not in module and path.suffix == ".py" and path.stem != "__init__":
        entry = f"{path.stem}@{path}"  # the same file is no other source because it was run, or imported twice
    return Subject(flow, FLOW, entry, str(directory), source_files(entry), problems)


def module_of(notebook: Path) -> str:
    """The name of the module that the flows of a notebook are in."""
    return f"notebook_{notebook.stem}"


def entry_in_notebook(notebook: Path) -> str:
    """The entry of the flows that a notebook's cells define."""
    return f"{module_of(notebook)}@{notebook.absolute()}"


def source_files(target: str) -> dict[str, bytes]:
    """Read the code of a target and of what it imports beside it: paths from the source's root to bytes.

    Of a notebook, what its runs leave in it (outputs, counts, times) is left out.

    Raises
    ------
    TargetError
        A file cannot be read.
    NotebookNotFound, NotANotebook
    """
    (module, path), root = split_target(target), source_root(target)
    if path.suffix == ".ipynb":
        node = _without_runs(read_notebook(path))
        content, module = to_text(node).encode("utf-8", "backslashreplace"), ""
        texts = ["\n".join(_python_lines(cell["source"])) for cell in node["cells"] if cell["cell_type"] == "code"]
    else:
        content = _read(target, path)
        texts = [content.decode("utf-8", "replace"), f"import {module}"]  # which runs the packages that it is in
    beside = [one for one in local_sources(texts, module, root) if one != path]
    return {_name(path, root): content, **{_name(one, root): _read(target, one) for one in beside}}


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _read(target: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TargetError(target, f"{path} cannot be read ({error.strerror or error})") from None


def _without_runs(node: Node) -> Node:
    kept = copy.copy(node)
    kept["metadata"] = _steady(node["metadata"])
    if isinstance(language := kept["metadata"].get("language_info"), dict):
        kept["metadata"]["language_info"] = {"name": language.get("name", "")}
    kept["cells"] = [_cell_without_runs(cell) for cell in node["cells"]]
    return kept


def _cell_without_runs(cell: Node) -> Node:
    kept = {**cell, "metadata": _steady(cell["metadata"])}
    return {**kept, "outputs": [], "execution_count": None} if cell["cell_type"] == "code" else kept


def _steady(metadata: Mapping[str, Any]) -> Node:
    return {key: value for key, value in metadata.items() if key not in _VOLATILE}


def _python_lines(source: str) -> list[str]:
    """A cell's lines with those blanked that IPython alone understands."""
    return ["" if line.lstrip().startswith(("%", "!", "?")) else line for line in source.splitlines()]


__all__ = [
    "FLOW",
    "NOTEBOOK",
    "Subject",
    "entry_in_notebook",
    "flow_subject",
    "module_of",
    "notebook_subject",
    "source_files",
]
