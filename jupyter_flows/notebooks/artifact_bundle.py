"""An artifact as a cell shows it: a display for people, with the record for whoever executes the notebook."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ARTIFACT_MIME = "application/vnd.jupyter-flows.artifact+json"

# As often as an eye can follow, and what a front end can take.
_SECONDS_BETWEEN = 0.1


@dataclass(slots=True)
class _Moving:
    """A progress that is shown in a cell."""

    cell: int
    shown_at: float
    waiting: dict[str, Any] | None = None


class ArtifactDisplay:
    """Shows artifacts in the cells of one kernel.

    Parameters
    ----------
    shell
        The kernel's.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._moving: dict[str, _Moving] = {}
        shell.events.register("post_run_cell", self._flush)

    def show(self, data: Mapping[str, Any]) -> None:
        """Show an artifact in the present cell."""
        self._shell.display_pub.publish(dict(data))

    def move(self, display_id: str, data: Mapping[str, Any], *, ended: bool) -> None:
        """Show how far something is, in the place of what the present cell showed of it before.

        Of what comes too quickly to be seen the last is shown, at the latest when the cell ends.
        """
        now, cell = time.monotonic(), self._shell.execution_count
        moving = self._moving.get(display_id)
        if moving is None or moving.cell != cell:
            self._moving[display_id] = _Moving(cell, now)
            self._publish(display_id, dict(data), update=False)
        elif ended or now - moving.shown_at >= _SECONDS_BETWEEN:
            moving.shown_at, moving.waiting = now, None
            self._publish(display_id, dict(data), update=True)
        else:
            moving.waiting = dict(data)

    def _flush(self, *_: Any) -> None:
        for display_id, moving in self._moving.items():
            if moving.waiting is not None:
                self._publish(display_id, moving.waiting, update=True)
        self._moving.clear()

    def _publish(self, display_id: str, data: dict[str, Any], *, update: bool) -> None:
        self._shell.display_pub.publish(data, transient={"display_id": display_id}, update=update)


def artifact_display(shell: Any) -> ArtifactDisplay:
    """Return what shows artifacts in a shell's cells, made with its first use."""
    found = getattr(shell, "_jupyter_flows_artifacts", None)
    if found is None:
        found = shell._jupyter_flows_artifacts = ArtifactDisplay(shell)  # noqa: SLF001 - ours, with the shell's life
    return found


__all__ = ["ARTIFACT_MIME", "ArtifactDisplay", "artifact_display"]
