"""Published values on their way out of the kernel: JSON in a cell's outputs, or a file that the outputs tell of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from jupyter_flows.model.results import KeptResult
from jupyter_flows.notebooks.json_values import JsonValue

RESULT_MIME = "application/vnd.jupyter-flows.result+json"
_FIELDS = ("serializer", "inline", "location", "size", "sha256", "signature")  # of a `KeptResult`


class PublishedFile(NamedTuple):
    """A value that was too large for the notebook, or that JSON cannot hold.

    Parameters
    ----------
    type_name
        The value's type, for people.
    kept
        Where it is; signed for the notebook's flow run, number 0.
    """

    type_name: str
    kept: KeptResult

    def as_json(self) -> dict[str, JsonValue]:
        """What the outputs of the cell are told: all that it takes to read the value again."""
        return {"type": self.type_name, **dict(zip(_FIELDS, self.kept, strict=True))}

    def for_people(self) -> dict[str, JsonValue]:
        """What is told of it among the run's values."""
        return {"type": self.type_name, "file": self.kept.location, "bytes": self.kept.size}


Published = JsonValue | PublishedFile


def published_as_json(values: Mapping[str, Published]) -> dict[str, JsonValue]:
    """Everything as JSON, for people: of a value in a file, what it is and where."""
    return {name: one.for_people() if isinstance(one, PublishedFile) else one for name, one in values.items()}


def read_published(content: object) -> tuple[str, Published] | None:
    """Read what a cell's output says was published; None where it says nothing that can be understood.

    The output may have been made by any code: a file it names is opened only after its signature was found right.
    """
    if not isinstance(content, dict):
        return None
    said = cast("dict[str, Any]", content)
    name, file = said.get("name"), said.get("file")
    if not isinstance(name, str):
        return None
    if file is None:
        return name, said.get("value")
    published = _file(file)
    return None if published is None else (name, published)


def _file(said: Any) -> PublishedFile | None:
    try:
        kept = KeptResult(**{field: said[field] for field in _FIELDS})
        texts = (said["type"], kept.serializer, kept.inline, kept.location, kept.sha256, kept.signature)
    except (KeyError, TypeError):
        return None
    if type(kept.size) is not int or not all(isinstance(text, str) for text in texts):
        return None
    return PublishedFile(said["type"], kept)


__all__ = ["RESULT_MIME", "Published", "PublishedFile", "published_as_json", "read_published"]
