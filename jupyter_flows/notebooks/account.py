"""papermill's book of a run, kept in the notebook's own metadata: times, durations and statuses."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from jupyter_flows.notebooks.nbformat4 import Node, tags_of

ERROR_MARKER_TAG = "papermill-error-cell-tag"


def remove_error_markers(node: Node) -> None:
    """Take out the cells by which papermill points at an error of an earlier run."""
    node["cells"] = [cell for cell in node["cells"] if ERROR_MARKER_TAG not in tags_of(cell)]


def open_account(node: Node, parameters: dict[str, Any], input_path: str, output_path: str) -> None:
    """Begin a new account: no cell has run, and what an earlier run left is gone."""
    account: dict[str, Any] = node["metadata"].setdefault("papermill", _new_account())
    if parameters:
        account["parameters"] = parameters
    account |= {"input_path": input_path, "output_path": output_path}
    account |= {"start_time": _now().isoformat(), "end_time": None, "duration": None, "exception": None}
    for cell in node["cells"]:
        metadata: Node = cell["metadata"]
        metadata.setdefault("tags", [])
        metadata.pop("execution", None)
        unknown: dict[str, Any] = dict.fromkeys(("exception", "start_time", "end_time", "duration"))
        metadata["papermill"] = unknown | {"status": "pending"}
        if cell["cell_type"] == "code":
            cell["execution_count"], cell["outputs"] = None, []


def start_cell(cell: Node) -> None:
    """A cell begins."""
    start = {"start_time": _now().isoformat(), "status": "running", "exception": False}
    cell["metadata"]["papermill"] |= start


def end_cell(node: Node, cell: Node, *, failed: bool) -> None:
    """A cell has ended."""
    account, end = cell["metadata"]["papermill"], _now()
    account |= {"end_time": end.isoformat(), "status": "failed" if failed else "completed", "exception": failed}
    if account["start_time"]:
        account["duration"] = (end - datetime.fromisoformat(account["start_time"])).total_seconds()
    if failed:
        node["metadata"]["papermill"]["exception"] = True


def close_account(node: Node) -> None:
    """The run has ended; cells that never ran stay pending."""
    account, end = node["metadata"]["papermill"], _now()
    account["end_time"] = end.isoformat()
    account["duration"] = (end - datetime.fromisoformat(account["start_time"])).total_seconds()


def _now() -> datetime:
    return datetime.now(UTC)


def _new_account() -> dict[str, Any]:
    return {"default_parameters": {}, "parameters": {}, "environment_variables": {}, "version": _papermill_version()}


@cache
def _papermill_version() -> str:
    try:
        return version("papermill")
    except PackageNotFoundError:
        return ""
