"""Things to look at, attached to the present run; each function is a way to say `jupyter_flows.artifact`."""

from __future__ import annotations

from typing import Any

from jupyter_flows.authoring.artifact import artifact
from jupyter_flows.drivers.ids import new_run_id


def create_markdown_artifact(markdown: str, key: str | None = None, description: str | None = None) -> str:
    """Attach a text; return its key."""
    return _kept(key, description, markdown=markdown)


def create_table_artifact(table: Any, key: str | None = None, description: str | None = None) -> str:
    """Attach a table (a list of dicts or lists, a dict of lists, a DataFrame); return its key."""
    return _kept(key, description, table=table)


def create_link_artifact(
    link: str, link_text: str | None = None, key: str | None = None, description: str | None = None
) -> str:
    """Attach an address; return its key."""
    return _kept(key, description or link_text, link=link)


def create_image_artifact(image_url: str, key: str | None = None, description: str | None = None) -> str:
    """Attach the address of a picture; return its key."""
    return _kept(key, description, link=image_url)


def create_progress_artifact(progress: float, key: str | None = None, description: str | None = None) -> str:
    """Attach how much is done, from 0 to 100; return its key, which `update_progress_artifact` takes."""
    return _kept(key, description, progress=progress / 100)


def update_progress_artifact(artifact_id: str, progress: float, description: str | None = None) -> str:
    """Say anew how much is done, from 0 to 100."""
    return create_progress_artifact(progress, artifact_id, description)


def _kept(key: str | None, description: str | None, **content: Any) -> str:
    key = key or new_run_id()
    artifact(key=key, description=description or "", **content)
    return key


__all__ = [
    "create_image_artifact",
    "create_link_artifact",
    "create_markdown_artifact",
    "create_progress_artifact",
    "create_table_artifact",
    "update_progress_artifact",
]
