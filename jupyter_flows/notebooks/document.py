"""A notebook file, read and checked before anything is started or written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_flows.errors import NotANotebook, NotebookError, NotebookNotFound
from jupyter_flows.notebooks.kernels import FALLBACK, check_kernel, kernel_language
from jupyter_flows.notebooks.nbformat4 import FormatError, Node, tags_of, to_node

KNOWN_FORMAT = 4  # the major nbformat that is run; 4 has been the only one since 2014, older ones are converted
PARAMETERS_TAG = "parameters"
INJECTED_TAG = "injected-parameters"
SKIP_TAGS = frozenset({"skip", "skip-execution"})  # the second is nbclient's


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A cell that will be executed.

    Parameters
    ----------
    index
        Position among all cells of the source document, from 0.
    label
        The first line of its source that says something.
    """

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A notebook that can be run.

    Parameters
    ----------
    path
        Absolute and final: it is never formatted, fetched or read as anything but a file.
    node
        The parsed notebook, nbformat 4, as plain dicts. Never written back.
    kernel_name
        An installed kernel.
    language
        Its language in lower case, such as ``python``.
    fingerprint
        SHA-256 of the file's bytes, in hexadecimal.
    notes
        What a person should know, such as that the notebook names no kernel.
    """

    path: Path
    node: Node
    kernel_name: str
    language: str
    fingerprint: str
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def code_cells(self) -> tuple[CodeCell, ...]:
        """The cells that will be executed, in order (blank ones and those tagged `skip` are not)."""
        cells = enumerate(self.node["cells"])
        return tuple(CodeCell(index, label_of(cell["source"])) for index, cell in cells if is_executed(cell))


def load_notebook(path: str | Path, kernel_name: str | None = None) -> Document:
    """Read a notebook and check that it can be run.

    Parameters
    ----------
    path
        The file; relative to the current folder.
    kernel_name
        An installed kernel to use instead of the notebook's own.

    Raises
    ------
    NotebookNotFound
        No such file.
    NotANotebook
        A folder, not readable, not JSON, not a notebook, or of a version that cannot be run. The message says which
        and what to do.
    KernelNotFound
        The kernel is not installed; the error lists those that are.
    """
    final = Path(path).absolute()
    raw = _read(final)
    node = _parse(str(final), raw)
    kernel, notes = _kernel(str(final), node, kernel_name)
    return Document(final, node, kernel, kernel_language(kernel), hashlib.sha256(raw).hexdigest(), notes)


def read_notebook(path: str | Path) -> Node:
    """Read a notebook without asking whether its kernel is installed.

    Raises
    ------
    NotebookNotFound, NotANotebook
        As `load_notebook`.
    """
    final = Path(path).absolute()
    return _parse(str(final), _read(final))


def label_of(source: str) -> str:
    """The first line of a cell's source that is neither blank nor a bare comment sign, at most 80 characters."""
    lines = (line.strip() for line in source.splitlines())
    first = next((line for line in lines if line.strip("# ")), "")
    printable = "".join(sign if sign.isprintable() else " " for sign in first)
    return printable if len(printable) <= 80 else f"{printable[:79]}…"


def is_executed(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is code that is sent to the kernel."""
    return cell["cell_type"] == "code" and bool(cell["source"].strip()) and SKIP_TAGS.isdisjoint(tags_of(cell))


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise NotANotebook(str(path), "it is a folder; name a .ipynb file in it")
        if not path.exists():
            raise NotebookNotFound(str(path))
        if path.suffix != ".ipynb":
            raise NotANotebook(str(path), "its name does not end in .ipynb")
        return path.read_bytes()
    except PermissionError:
        raise NotANotebook(str(path), "you may not read it; check its permissions") from None
    except NotebookError:
        raise
    except (OSError, ValueError) as error:
        raise NotANotebook(str(path), f"it cannot be read ({error})") from None


def _parse(path: str, raw: bytes) -> Node:
    content = _content(path, raw)
    version = content["nbformat"]
    if version > KNOWN_FORMAT:
        raise NotANotebook(path, f"it has nbformat {version}, newer than {KNOWN_FORMAT}; upgrade jupyter-flows")
    try:
        return to_node(content if version == KNOWN_FORMAT else _converted(path, content))
    except FormatError as error:
        raise NotANotebook(path, f"it does not fit the notebook format: {_first_line(error)}") from None


def _converted(path: str, content: dict[str, Any]) -> dict[str, Any]:
    import nbformat  # deferred: it costs a second, and such files are ten years old

    try:
        return nbformat.convert(nbformat.reads(json.dumps(content), as_version=nbformat.NO_CONVERT), KNOWN_FORMAT)
    except Exception as error:  # noqa: BLE001 - whatever the conversion stumbles over, the file is at fault
        why = f"it has the old nbformat {content['nbformat']} and cannot be converted: {_first_line(error)}"
        raise NotANotebook(path, why) from None


def _content(path: str, raw: bytes) -> dict[str, Any]:
    if not raw.strip():
        raise NotANotebook(path, "the file is empty")
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotANotebook(path, f"it is not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise NotANotebook(path, f"it is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except ValueError as error:  # a number of thousands of digits
        raise NotANotebook(path, f"its JSON cannot be read: {error}") from None
    except RecursionError:
        raise NotANotebook(path, "its JSON is nested too deeply") from None
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise NotANotebook(path, "it is JSON, but has no 'nbformat' number as every notebook has")
    return content


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _kernel(path: str, node: Node, wanted: str | None) -> tuple[str, tuple[str, ...]]:
    named = wanted or _said(node, "kernelspec")
    if named:
        return check_kernel(named), ()
    language = _said(node, "language_info") or "python"
    if not language.lower().startswith(("python", "ipython")):
        raise NotANotebook(path, f"it names no kernel and is written in {language}; choose one with --kernel NAME")
    return check_kernel(FALLBACK), (f"the notebook names no kernel; {FALLBACK} is used",)


def _said(node: Node, key: str) -> str:
    """The name under a key of the notebook's metadata; empty where there is none."""
    value = node["metadata"].get(key)
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""
