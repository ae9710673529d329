"""What has changed in a store since the look before: runs, how far they are, deployments and their schedules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_flows.cli.times import iso
from jupyter_flows.graph.palette import look
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.model.overview import Progress, RunOrigin
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.server.run_shapes import title_of
from jupyter_flows.server.store_door import StoreDoor
from jupyter_flows.store.ongoing_runs import OngoingRuns
from jupyter_flows.store.run_origins import run_origins
from jupyter_flows.store.sql_connections import SqlConnections

_LATELY = 120.0  # seconds for which runs that have ended are looked at
_MOST = 200  # runs of one look; of more, those under way, and of the others those that changed last


class Known(NamedTuple):
    """What is told anew of a run when it is no longer so."""

    state: tuple[int, str, int, bool]
    progress: Progress
    files_at: int


class Changes:
    """Compares looks at one store.

    Parameters
    ----------
    door
        The store.
    sql
        Its connections.
    """

    def __init__(self, door: StoreDoor, sql: SqlConnections) -> None:
        self.sql = sql
        self.open_runs = 0
        self.next_tick = float("inf")
        self._door = door
        self._ongoing = OngoingRuns(sql)
        self._known: dict[str, Known] = {}
        self._writing: dict[str, int] = {}
        self._deployments: object = None
        self._is_first = True

    def look(self, now: float, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Look, and give an event for each change; the first look only learns, and says that it has.

        Parameters
        ----------
        now
            Seconds since the epoch.
        whole
            Whether anybody wants the events; else it is only counted what goes on.

        Raises
        ------
        StoreError
        """
        unfinished = self._ongoing.unfinished()
        self.open_runs = sum(not run.state.is_final() and run.owner is not None for run in unfinished)
        self.next_tick = min((tick.at for tick in self._ongoing.ticks(1)), default=float("inf"))
        if not whole:
            self._known, self._writing, self._is_first = {}, {}, True
            return
        runs = {run.id: run for run in [*unfinished, *self._ongoing.ended(now - _LATELY)]}
        yield from self._of_runs(sorted(runs.values(), key=_rank)[-_MOST:])
        yield from self._of_deployments()
        if self._is_first:
            # What changed between a listener's last reading and this look is told by nothing else.
            yield {"type": "followed"}
        self._is_first = False

    def any_file_written(self) -> bool:
        """Whether a run that had ended has written a file since the look before, which no change of the store tells."""
        return any(_written_at(folder) != at for folder, at in self._writing.items())

    def _of_runs(self, runs: list[FlowRun]) -> Iterator[dict[str, Any]]:
        ids = [run.id for run in runs]
        progress = self._ongoing.progress(ids)
        nothing, before = Progress(), self._known
        folders = [run.directory for run in runs if run.directory and _may_write(run)]
        self._writing = {folder: _written_at(folder) for folder in folders}
        now_known = {
            run.id: Known(
                (run.state_version, run.state.name, run.attempts, run.cancel_requested_at is not None),
                progress.get(run.id, nothing),
                self._files_at(run, before.get(run.id)),
            )
            for run in runs
        }
        changed = [run for run in runs if before.get(run.id) != now_known[run.id]]
        self._known = now_known
        if self._is_first or not changed:
            return
        origins = run_origins(self.sql, [run.id for run in changed])
        for run in changed:
            old, new = before.get(run.id), now_known[run.id]
            yield {"type": "run", "change": _what(old, new), "run": brief(run, new.progress, origins.get(run.id))}

    def _files_at(self, run: FlowRun, before: Known | None) -> int:
        return self._writing.get(run.directory or "", before.files_at if before is not None else 0)

    def _of_deployments(self) -> Iterator[dict[str, Any]]:
        with self._door.deployments() as store:
            found = (
                [(one.id, one.version, one.paused) for one in store.all()],
                [(one.id, one.next_at, one.definition) for one in store.schedules()],
            )
        if found != self._deployments and not self._is_first:
            yield {"type": "deployments"}
        self._deployments = found


def _what(old: Known | None, new: Known) -> str:
    if old is None:
        return "created"
    return "state" if old.state != new.state else "progress" if old.progress != new.progress else "files"


def _rank(run: FlowRun) -> tuple[bool, float]:
    return run.started_at is not None and run.ended_at is None, run.state.at


def _may_write(run: FlowRun) -> bool:
    """Whether a run has ended, of whose files its picture and its page, which show that end, may still be missing."""
    return run.kind == "notebook" and run.ended_at is not None


def _written_at(folder: str) -> int:
    """When a file was last put into a folder, in ns; 0 for no folder."""
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0


def brief(run: FlowRun, progress: Progress, origin: RunOrigin | None) -> dict[str, Any]:
    """As much of a run as everybody who listens may know: no parameter, no message."""
    return {
        "id": run.id,
        "name": plain(run.name, 200),
        "flow": plain(run.flow, 200),
        "kind": run.kind,
        "serial": run.serial,
        "title": title_of(run),
        "state": plain(run.state.name, 60),
        "type": str(run.state.kind),
        "css": look(run.state.name, run.state.kind).css,
        "created_at": iso(run.created_at),
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at),
        "attempts": run.attempts,
        "parent_run_id": run.parent_run_id,
        "deployment": None if origin is None else plain(origin.deployment, 200),
        "task_runs": {
            "expected": progress.begun,
            "begun": progress.begun,
            "ended": progress.ended,
            "failed": progress.failed,
            "running": progress.running,
        },
    }


__all__ = ["Changes", "brief"]
