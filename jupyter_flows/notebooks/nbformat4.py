"""The notebook format, version 4, as plain dicts: read, checked, and written in nbformat's layout without loading it.

The schema is that of the nbformat package (v4, https://nbformat.readthedocs.io): what is checked here is what running a
notebook relies on. Loading nbformat itself costs a second, so it is asked only about versions older than 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from json.encoder import encode_basestring
from typing import Any

Node = dict[str, Any]

_TRANSIENT = ("orig_nbformat", "orig_nbformat_minor", "signature")
_SPLIT_MIMES = frozenset({"application/javascript", "image/svg+xml"})
_CELL_TYPES = frozenset({"code", "markdown", "raw"})
# What an output of each type must have, and of which type that is.
_OUTPUT_FIELDS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict},
    "error": {"ename": str, "evalue": str, "traceback": list},
}


class FormatError(ValueError):
    """A file that does not fit the notebook format."""


def to_node(content: Mapping[str, Any]) -> Node:
    """Make a notebook out of a file's JSON: copied, split texts joined, each cell with an id, checked.

    Parameters
    ----------
    content
        The parsed JSON of a notebook of version 4.

    Raises
    ------
    FormatError
        It does not fit the notebook format; the message says where.
    """
    node = dict(content)
    _need(node, "the notebook", {"metadata": dict, "cells": list})
    node["metadata"] = _to_metadata(node["metadata"])
    node["cells"] = [_to_cell(cell, f"cell {number}") for number, cell in enumerate(node["cells"], 1)]
    _give_ids(node)
    return node


def _to_metadata(metadata: Mapping[str, Any]) -> Node:
    """Copy a notebook's metadata; of kernel and language only what has their form, since no reader takes another."""
    node = {key: value for key, value in metadata.items() if key not in _TRANSIENT}
    for key in ("kernelspec", "language_info"):
        named = node.get(key)
        if not isinstance(named, dict) or not isinstance(named.get("name"), str):
            node.pop(key, None)
    if "kernelspec" in node and not isinstance(node["kernelspec"].get("display_name"), str):
        node["kernelspec"] = {**node["kernelspec"], "display_name": node["kernelspec"]["name"]}
    return node


def is_json_mime(mime: str) -> bool:
    """Whether the value of a mime type is JSON and not text."""
    return mime == "application/json" or (mime.startswith("application/") and mime.endswith("+json"))


def to_text(node: Mapping[str, Any], cell_texts: Callable[[int, Node], str] | None = None) -> str:
    """Write a notebook as nbformat does: sorted keys, one space of indentation, texts split into lines.

    Parameters
    ----------
    node
        The notebook; it is not changed.
    cell_texts
        Gives the text of the cell at a position, where the caller keeps those; `cell_text` when not given.
    """
    given = cell_texts or (lambda _position, cell: cell_text(cell))
    cells = [given(position, cell) for position, cell in enumerate(node["cells"])]
    listed = "[\n  " + ",\n  ".join(cells) + "\n ]" if cells else "[]"
    fields = {key: _dump(value, "\n ") for key, value in node.items() if key != "cells"} | {"cells": listed}
    return "{\n " + ",\n ".join(f"{_quoted(key)}: {fields[key]}" for key in sorted(fields)) + "\n}\n"


def cell_text(cell: Mapping[str, Any]) -> str:
    """Write one cell as `to_text` does it inside a notebook."""
    shown: Node = dict(cell)
    shown["metadata"] = {key: value for key, value in cell["metadata"].items() if key != "trusted"}
    shown["source"] = cell["source"].splitlines(True)
    if "attachments" in cell:
        shown["attachments"] = {name: _split_bundle(data) for name, data in cell["attachments"].items()}
    if cell["cell_type"] == "code":
        shown["outputs"] = [_split_output(output) for output in cell["outputs"]]
    return _dump(shown, "\n  ")


def tags_of(cell: Mapping[str, Any]) -> list[str]:
    """The tags of a cell; what is no text is no tag."""
    tags = cell["metadata"].get("tags", ())
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


# --- reading ----------------------------------------------------------------------------------------------------------


def _need(thing: Mapping[str, Any], what: str, fields: Mapping[str, type | tuple[type, ...]]) -> None:
    for name, kind in fields.items():
        if name not in thing:
            raise FormatError(f"{what} has no {name!r}")
        if not isinstance(thing[name], kind):
            raise FormatError(f"{what} has a {name!r} that is a {type(thing[name]).__name__}")


def _to_cell(given: Any, where: str) -> Node:
    if not isinstance(given, dict):
        raise FormatError(f"{where} is a {type(given).__name__}")
    cell: Node = dict(given)
    if cell.get("cell_type") not in _CELL_TYPES:
        raise FormatError(f"{where} has no 'cell_type' that is known: {cell.get('cell_type')!r}")
    cell["source"] = _joined(cell.get("source"))
    _need(cell, where, {"source": str, "metadata": dict})
    cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key != "trusted"}
    if not isinstance(cell["metadata"].get("tags", []), list):
        raise FormatError(f"{where} has tags that are no list")
    if "attachments" in cell:
        _need(cell, where, {"attachments": dict})
        cell["attachments"] = {name: _join_bundle(data, where) for name, data in cell["attachments"].items()}
    if cell["cell_type"] == "code":
        _need(cell, where, {"outputs": list})
        cell.setdefault("execution_count", None)
        cell["outputs"] = [_to_output(output, where) for output in cell["outputs"]]
    return cell


def _to_output(given: Any, where: str) -> Node:
    kind = given.get("output_type") if isinstance(given, dict) else None
    if not isinstance(kind, str) or kind not in _OUTPUT_FIELDS:
        raise FormatError(f"{where} has an output of the unknown type {kind!r}")
    output: Node = dict(given)
    if kind == "stream":
        output["text"] = _joined(output.get("text"))
    _need(output, f"an output of {where}", _OUTPUT_FIELDS[kind])
    if "data" in output:
        output["data"] = _join_bundle(output["data"], where)
    return output


def _join_bundle(data: Any, where: str) -> Node:
    if not isinstance(data, dict):
        raise FormatError(f"{where} has a bundle that is a {type(data).__name__}")
    return {mime: value if is_json_mime(mime) else _joined(value) for mime, value in data.items()}


def _joined(value: Any) -> Any:
    lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if lines else value


def _give_ids(node: Node) -> None:
    """Raise the minor version to 4.5, whose cells have ids; one that is missing or doubled comes from the position."""
    minor = node.get("nbformat_minor", 0)
    node["nbformat_minor"] = max(minor if isinstance(minor, int) else 0, 5)
    taken: set[Any] = set()
    for index, cell in enumerate(node["cells"]):
        name = cell.get("id")
        if not isinstance(name, str) or not name or name in taken:
            base = f"cell-{index}"
            names = (base if number == 1 else f"{base}-{number}" for number in count(1))
            name = cell["id"] = next(name for name in names if name not in taken)
        taken.add(name)


# --- writing ----------------------------------------------------------------------------------------------------------


def _split_output(output: Mapping[str, Any]) -> Node:
    shown = dict(output)
    if isinstance(output.get("data"), dict):
        shown["data"] = _split_bundle(output["data"])
    if output["output_type"] == "stream":
        shown["text"] = output["text"].splitlines(True)
    return shown


def _split_bundle(data: Mapping[str, Any]) -> Node:
    return {
        mime: value.splitlines(True)
        if isinstance(value, str) and (mime.startswith("text/") or mime in _SPLIT_MIMES)
        else value
        for mime, value in data.items()
    }


_quoted: Callable[[str], str] = encode_basestring


def _dump(value: Any, line: str) -> str:
    """One JSON value; ``line`` starts a line at its indentation. json's own encoder is slow once it indents."""
    if isinstance(value, str):
        return _quoted(value)
    if value is None or value is True or value is False:
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, dict):
        if not value:
            return "{}"
        inner = line + " "
        items = [f"{_quoted(str(key))}: {_dump(value[key], inner)}" for key in sorted(value)]
        return "{" + inner + ("," + inner).join(items) + line + "}"
    if isinstance(value, list | tuple):
        if not value:
            return "[]"
        inner = line + " "
        return "[" + inner + ("," + inner).join([_dump(item, inner) for item in value]) + line + "]"
    return _dump_rare(value)


def _dump_rare(value: Any) -> str:
    if isinstance(value, bytes):
        return _quoted(value.decode("ascii"))
    if isinstance(value, float):
        names = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
        return names.get(float.__repr__(value), float.__repr__(value))
    raise TypeError(f"a {type(value).__name__} has no JSON form")
