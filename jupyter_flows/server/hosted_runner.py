"""The runner that the server hosts: it executes what is due while the server is up, in threads and child processes."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.server.store_door import StoreDoor
from jupyter_flows.settings import Settings

if TYPE_CHECKING:
    from jupyter_flows.services.runner import Runner
    from jupyter_flows.services.runner_events import RunnerEvent

_MEMORY = "runs are kept in this process's memory: name a file by JUPYTER_FLOWS_DATABASE_URL=sqlite:////PATH"


class HostedRunner:
    """A runner that begins when there is a store, and ends with the server.

    Parameters
    ----------
    door
        Tells whether there is a store; a runner alone does not make one.
    settings
        Of this process.
    options
        Of `RunnerOptions`; None for no runner.
    log
        Of the server.
    """

    def __init__(
        self, door: StoreDoor, settings: Settings, options: dict[str, Any] | None, log: logging.Logger
    ) -> None:
        self._door, self._settings, self._options, self._log = door, settings, options, log
        self._runner: Runner | None = None
        self._lock = threading.Lock()
        self._stopped = False
        self.trouble = _MEMORY if options is not None and door.path is None else ""

    @property
    def wanted(self) -> bool:
        """Whether the server is to host one."""
        return self._options is not None

    @property
    def runner_id(self) -> str:
        """Its id in the store; empty where it does not run."""
        return "" if self._runner is None else self._runner.runner_id

    def begin(self) -> None:
        """Begin where that is wanted and there is a store; trouble is kept, and told once."""
        with self._lock:
            if self._stopped or self._options is None or self._runner is not None or not self._door.is_there:
                return
            from jupyter_flows.services.runner import Runner, RunnerOptions  # deferred: it loads the whole store

            runner = Runner(self._settings, RunnerOptions(**self._options), self._tell)
            try:
                runner.start()
            except (JupyterFlowsError, OSError) as error:
                if str(error) != self.trouble:
                    self._log.warning("jupyter_flows: no runner is hosted: %s", error)
                self.trouble = str(error)
                return
            self._runner, self.trouble = runner, ""

    def wake(self) -> None:
        """Let it look at once for what is due."""
        self.begin()
        if self._runner is not None:
            self._runner.wake()

    def stop(self) -> None:
        """End it, and wait for that: what still runs after its grace is handed back."""
        with self._lock:
            self._stopped = True
            runner, self._runner = self._runner, None
        if runner is not None:
            runner.stop()

    def _tell(self, event: RunnerEvent) -> None:
        self._log.info("jupyter_flows: %s%s", f"{event.run_id}: " if event.run_id else "", event.text)


__all__ = ["HostedRunner"]
