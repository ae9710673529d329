"""What an expression that is evaluated silently in a kernel gives back to who executes the notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

ANSWER_MIME = "application/vnd.jupyter-flows.kept+json"


class Answer:
    """The value of such an expression: it rides in the reply and shows nowhere.

    Parameters
    ----------
    content
        A JSON value.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def __repr__(self) -> str:
        return "Answer"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {ANSWER_MIME: self._content}


def content_of(bundle: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What an `Answer` told, from the bundle in the reply; None for anything else."""
    content = (bundle or {}).get(ANSWER_MIME)
    return cast("Mapping[str, Any]", content) if isinstance(content, dict) else None


__all__ = ["ANSWER_MIME", "Answer", "content_of"]
