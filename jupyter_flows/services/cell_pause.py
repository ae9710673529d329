"""A cell that waits, in the kernel of a notebook that another process executes: that process writes it down."""

from __future__ import annotations

import time
from typing import Any

from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.engine.ports import RunReader
from jupyter_flows.errors import PauseError
from jupyter_flows.model.records import InputAsked
from jupyter_flows.notebooks.told_pause import PAUSE_MIME, ToldPause
from jupyter_flows.services.kept_reader import kept_reader
from jupyter_flows.settings import MEMORY
from jupyter_flows.wiring import current_settings

_SHORT_ID = 8


class CellPause:
    """A `PausePlace` for the present cell of a notebook's run.

    Parameters
    ----------
    shell
        The kernel's.
    run_id
        The notebook's run.
    """

    def __init__(self, shell: Any, run_id: str) -> None:
        self._shell, self.run_id = shell, run_id
        self._settings = current_settings()
        if self._settings.database_url == MEMORY:
            raise PauseError("runs are kept in memory here, where no other process can answer; use a store's file")
        self.poll_seconds = self._settings.poll_seconds
        self._display = new_run_id()

    @property
    def reader(self) -> RunReader:
        return kept_reader(self._settings)

    def next_key(self) -> str:
        """A key for a pause without one: by its cell, so that it is found again when other cells are put back."""
        parent = self._shell.get_parent() or {}
        cell = str(parent.get("metadata", {}).get("cellId") or self._shell.execution_count)
        request = parent.get("header", {}).get("msg_id")
        known = getattr(self._shell, "_jupyter_flows_pauses", ("", 0))
        number = known[1] + 1 if known[0] == request else 1
        self._shell._jupyter_flows_pauses = (request, number)  # noqa: SLF001 - ours, with the shell's life
        return f"cell-{cell}-{number}"

    def now(self) -> float:
        return time.time()

    def asks(self, asked: InputAsked) -> None:
        self._show(ToldPause("asks", asked.key, asked.schema, "", asked.expires_at), "suspends the run", update=False)

    def pauses(self, asked: InputAsked, message: str) -> None:
        shown = f"paused: {message}\njupyter flows resume {self.run_id[:_SHORT_ID]}"
        self._show(ToldPause("pauses", asked.key, asked.schema, message, asked.expires_at), shown, update=False)

    def goes_on(self) -> None:
        self._show(ToldPause("goes on"), "goes on after a pause", update=True)

    def check(self) -> None:
        """Who ends the run interrupts the kernel."""

    def _show(self, told: ToldPause, shown: str, *, update: bool) -> None:
        data = {"text/plain": shown, PAUSE_MIME: told.as_data()}
        self._shell.display_pub.publish(data, transient={"display_id": self._display}, update=update)


__all__ = ["CellPause"]
