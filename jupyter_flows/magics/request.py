"""What the front end said about the cell that is being run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from jupyter_flows.cells.header import TASK_TAG


@dataclass(frozen=True, slots=True)
class Request:
    """One request to run a cell.

    Parameters
    ----------
    parent
        The message itself: whatever names it as its parent is shown below its cell. Empty outside a kernel.
    cell_id
        The cell's own id; empty where the front end does not say.
    metadata
        The cell's metadata, as far as the front end sends it; JupyterLab does.
    """

    parent: Mapping[str, Any] = field(default_factory=dict[str, Any])
    cell_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def keeps_late_messages(self) -> bool:
        """Whether outputs that come after the cell's end are still shown below it.

        Who names the cell keeps its outputs; nbclient, and so papermill and nbval, does not name it, and drops them.
        """
        return bool(self.cell_id and self.parent)

    @property
    def is_tagged(self) -> bool:
        """Whether the cell has the tag `task`."""
        tags = self.metadata.get("tags")
        return isinstance(tags, Sequence) and not isinstance(tags, str) and TASK_TAG in tags

    @property
    def deleted(self) -> Sequence[str]:
        """Ids of cells that are not in the notebook any more."""
        found = self.metadata.get("deletedCells")
        return [each for each in cast("list[Any]", found) if isinstance(each, str)] if isinstance(found, list) else []


def current_request(shell: Any) -> Request:
    """Return the request that the kernel is answering; an empty one outside a kernel."""
    get_parent = getattr(shell, "get_parent", None)
    parent = get_parent() if get_parent is not None and getattr(shell, "kernel", None) is not None else None
    return request_of(cast("Mapping[str, Any]", parent)) if isinstance(parent, Mapping) else Request()


def request_of(message: Mapping[str, Any]) -> Request:
    """Read a request; an empty one where there is no message."""
    metadata = message.get("metadata")
    metadata = cast("Mapping[str, Any]", metadata) if isinstance(metadata, Mapping) else {}
    cell_id = metadata.get("cellId")
    return Request(message, cell_id if isinstance(cell_id, str) else "", metadata)
