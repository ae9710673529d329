"""Removing old runs: their history, their folders, and the space that both took."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jupyter_flows.errors import ResultError
from jupyter_flows.model.records import ResultKept
from jupyter_flows.model.results import KeptResult
from jupyter_flows.model.runs import FlowRun, RunFilter
from jupyter_flows.services.manifest import Manifest
from jupyter_flows.settings import Settings
from jupyter_flows.store import open_queue
from jupyter_flows.store.queue_retention import forget, open_runs
from jupyter_flows.wiring import result_store

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_EVERY = 2**31
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed, or would be.

    Parameters
    ----------
    run_ids
        Ids of the runs.
    folders
        Their folders.
    kept_folders
        Folders that were left alone because they are not below the runs directory, or could not be removed.
    bytes_freed
        What the folders took, and by how much the store's file shrank.
    ticks
        How many ticks of schedules: those of the runs, and old ones that had none.
    """

    run_ids: tuple[str, ...]
    folders: tuple[Path, ...]
    kept_folders: tuple[Path, ...] = ()
    bytes_freed: int = 0
    ticks: int = 0


class Outdated(NamedTuple):
    """What is to be removed.

    Parameters
    ----------
    runs
        Ended runs.
    before
        Of what belongs to no run, that which is older, in seconds since the epoch.
    """

    runs: list[FlowRun]
    before: float


def outdated(store: RunReader, settings: Settings, now: float, keep: int | None, days: float | None) -> Outdated:
    """Choose what to remove: all but the newest ``keep`` ended runs, or what ended more than ``days`` days ago.

    A run that another run called goes with it, and one that has not ended, or waits for its next attempt, is kept with
    all that it called.
    """
    every = store.flow_runs(RunFilter(standalone=True, limit=_EVERY))
    known = {run.id: run for run in every}
    waiting = _waiting(settings)
    tops = [run for run in every if run.parent_run_id not in known]
    ended = [run for run in tops if run.state.is_final() and run.id not in waiting]
    if keep is None:
        before = now - (days or 0.0) * _DAY
        return Outdated(
            _with_called([run for run in ended if (run.ended_at or run.created_at) < before], every), before
        )
    kept = ended[:keep]
    return Outdated(_with_called(ended[keep:], every), min((run.created_at for run in kept), default=now))


def remove(store: RunReader, settings: Settings, chosen: Outdated, now: float) -> Removal:
    """Delete runs with their folders and ticks, and shrink the store."""
    runs, size = chosen.runs, _store_bytes(settings)
    store.record_dead(now)  # a run whose owner died is deleted only once that is written down
    freed = _remove_kept_values(store, settings, runs)
    ticks = _forget_ticks(settings, chosen)
    gone = store.delete([run.id for run in runs])
    removed, kept, freed_by_folders = _remove_folders({Path(folder) for folder in gone}, settings.runs_dir)
    freed += freed_by_folders + max(0, size - _store_bytes(settings))
    return Removal(tuple(run.id for run in runs), removed, kept, freed, ticks)


def _waiting(settings: Settings) -> frozenset[str]:
    if settings.database_path is None:
        return frozenset()
    with open_queue(settings) as queue:
        return open_runs(queue)


def _forget_ticks(settings: Settings, chosen: Outdated, *, dry_run: bool = False) -> int:
    if settings.database_path is None:
        return 0
    with open_queue(settings) as queue:
        return forget(queue, chosen.before, [run.id for run in chosen.runs], dry_run=dry_run).ticks


def _remove_kept_values(store: RunReader, settings: Settings, runs: Sequence[FlowRun]) -> int:
    """Remove what runs have kept, one folder for each run; return the bytes freed on this machine's disks."""
    if "://" not in settings.results_url:
        root = Path(settings.results_url)
        return _remove_folders({root / run.id for run in runs}, root)[2]
    for kept in (kept for run in runs for kept in store.results(run.id)):
        for file in (*_listed_values(kept), kept.result):
            if file.location:
                result_store().delete(file)
    return 0


def _listed_values(kept: ResultKept) -> list[KeptResult]:
    """What a task cell's manifest lists: values in files of their own. Only JSON is read for that, no pickle."""
    if kept.result.serializer != "json":
        return []
    try:
        manifest = Manifest.of_json(result_store().read(kept.result, kept.run_id, kept.number))
    except ResultError:
        return []
    return [] if manifest is None else list(manifest.values.values())


def preview(settings: Settings, chosen: Outdated) -> Removal:
    """Say what `remove` would do."""
    runs, ticks = chosen.runs, _forget_ticks(settings, chosen, dry_run=True)
    folders = sorted({Path(run.directory) for run in runs if run.directory})
    inside = tuple(folder for folder in folders if _may_remove(folder, settings.runs_dir))
    others = tuple(folder for folder in folders if folder not in inside and folder.exists())
    size = sum(_folder_bytes(folder) for folder in inside)
    return Removal(tuple(run.id for run in runs), inside, others, size, ticks)


def _with_called(chosen: Iterable[FlowRun], every: Iterable[FlowRun]) -> list[FlowRun]:
    called: dict[str, list[FlowRun]] = {}
    for run in every:
        if run.parent_run_id:
            called.setdefault(run.parent_run_id, []).append(run)
    found: list[FlowRun] = []
    waiting = list(chosen)
    while waiting:
        run = waiting.pop()
        if run.state.is_final():
            found.append(run)
            waiting += called.get(run.id, ())
    return found


def _remove_folders(folders: Iterable[Path], runs_dir: Path) -> tuple[tuple[Path, ...], tuple[Path, ...], int]:
    removed: list[Path] = []
    kept: list[Path] = []
    freed = 0
    for folder in sorted(folders):
        if not folder.exists() and not folder.is_symlink():
            continue
        if not _may_remove(folder, runs_dir):
            kept.append(folder)
            continue
        try:
            size = _folder_bytes(folder)
            shutil.rmtree(folder)
        except OSError:
            kept.append(folder)
        else:
            removed.append(folder)
            freed += size
    return tuple(removed), tuple(kept), freed


def _may_remove(folder: Path, runs_dir: Path) -> bool:
    """Whether a folder, links followed, is a real one below the runs directory: a store's row may say anything."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    real, root = folder.resolve(), runs_dir.resolve()
    return real != root and real.is_relative_to(root)


def _folder_bytes(folder: Path) -> int:
    return sum((Path(place) / name).lstat().st_size for place, _, names in os.walk(folder) for name in names)


def _store_bytes(settings: Settings) -> int:
    path = settings.database_path
    files = () if path is None else (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
