"""From settings to a store: which one, and one in-memory store per process."""

from __future__ import annotations

import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jupyter_flows.errors import NeedsStoreFile
from jupyter_flows.settings import Settings

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import ResultIndex, RunReader, RunWriter, SharedSlots
    from jupyter_flows.store.automations import Automations
    from jupyter_flows.store.blocks import Blocks
    from jupyter_flows.store.deployments import Deployments
    from jupyter_flows.store.ended_runs import EndedRuns
    from jupyter_flows.store.events import Events
    from jupyter_flows.store.firings import Firings
    from jupyter_flows.store.memory import MemoryStore
    from jupyter_flows.store.queue import Queue
    from jupyter_flows.store.sql_connections import SqlConnections
    from jupyter_flows.store.store_file import StoreFile, StorePart
    from jupyter_flows.store.variables import Variables

P = TypeVar("P", bound="StorePart")

# File systems without the shared memory that SQLite's write-ahead log needs between machines.
NETWORK = frozenset(
    [
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "fuse.ceph",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "fuse.gcsfuse",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "orangefs",
        "pvfs2",
        "smb3",
        "smbfs",
        "virtiofs",
    ]
)

_memory: list[MemoryStore] = []  # none or one
_warned: set[Path] = set()
_memory_lock = threading.Lock()


def open_writer(settings: Settings) -> RunWriter:
    """Open the store for writing; it is created or migrated where needed.

    Raises
    ------
    SchemaMismatch, StoreUnavailable
    """
    path = _prepared_path(settings)
    if path is None:
        return memory_store()
    from jupyter_flows.store.sqlite_writer import SqliteWriter

    return SqliteWriter(
        path,
        busy_seconds=settings.busy_seconds,
        lease_seconds=settings.lease_seconds,
        history=settings.history,
    )


def open_reader(settings: Settings) -> RunReader:
    """Open the store for reading and for requests; it is created or migrated where needed.

    Raises
    ------
    SchemaMismatch, StoreUnavailable
    """
    path = _prepared_path(settings)
    if path is None:
        return memory_store()
    from jupyter_flows.store.reads import SqlReader  # a plain flow run needs none

    return SqlReader(path, busy_seconds=settings.busy_seconds)


def open_result_index(settings: Settings) -> ResultIndex:
    """Open the store for finding kept results; it is created or migrated where needed.

    Raises
    ------
    SchemaMismatch, StoreUnavailable
    """
    path = _prepared_path(settings)
    if path is None:
        return memory_store()
    from jupyter_flows.store.result_index import SqliteResultIndex

    return SqliteResultIndex(path, busy_seconds=settings.busy_seconds)


def open_slots(settings: Settings) -> SharedSlots | None:
    """Open the slots that processes share; where runs are kept in memory, there are none.

    Raises
    ------
    SchemaMismatch, StoreUnavailable
    """
    path = _prepared_path(settings)
    if path is None:
        return None
    from jupyter_flows.store.shared_slots import SqliteSlots  # few flows have limits

    by_settings, fresh = settings.limits, settings.poll_seconds
    return SqliteSlots(path, busy_seconds=settings.busy_seconds, by_settings=by_settings, fresh_seconds=fresh)


def open_file(settings: Settings) -> StoreFile | None:
    """Open the store's file for fixed statements; where runs are kept in memory, there is none.

    Raises
    ------
    SchemaMismatch, StoreUnavailable
    """
    path = _prepared_path(settings)
    from jupyter_flows.store.store_file import StoreFile  # a plain flow run needs none

    return None if path is None else StoreFile(path, settings.busy_seconds)


def open_ended_runs(settings: Settings) -> EndedRuns:
    """Open the store for statistics of ended runs; where runs are kept in memory, there are none.

    Raises
    ------
    SchemaMismatch, StoreUnavailable
    """
    path = _prepared_path(settings)
    from jupyter_flows.store.ended_runs import EndedRuns  # only statistics need it

    return EndedRuns(path, settings.busy_seconds)


def open_sql(settings: Settings) -> SqlConnections:
    """Open the store for queries over many runs; where runs are kept in memory, an empty one.

    Raises
    ------
    SchemaMismatch, StoreUnavailable
    """
    path = _prepared_path(settings)
    from jupyter_flows.store.sql_connections import SqlConnections, empty_sql

    return empty_sql() if path is None else SqlConnections(path, settings.busy_seconds)


# What is kept in a file alone. Each imports its class by itself: a plain flow run needs none of them.


def open_deployments(settings: Settings) -> Deployments:
    """Open the deployments and schedules of the store; raises as `_open_part`."""
    from jupyter_flows.store.deployments import Deployments

    return _open_part(settings, Deployments, "deployments and schedules")


def open_queue(settings: Settings) -> Queue:
    """Open the queue of the store's deployments; raises as `_open_part`."""
    from jupyter_flows.store.queue import Queue

    return _open_part(settings, Queue, "runs that wait for a runner")


def open_variables(settings: Settings) -> Variables:
    """Open the variables of the store; raises as `_open_part`."""
    from jupyter_flows.store.variables import Variables

    return _open_part(settings, Variables, "variables")


def open_blocks(settings: Settings) -> Blocks:
    """Open the blocks of the store; raises as `_open_part`."""
    from jupyter_flows.store.blocks import Blocks

    return _open_part(settings, Blocks, "blocks")


def open_events(settings: Settings) -> Events:
    """Open the events of the store; raises as `_open_part`."""
    from jupyter_flows.store.events import Events

    return _open_part(settings, Events, "events")


def open_automations(settings: Settings) -> Automations:
    """Open the automations of the store; raises as `_open_part`."""
    from jupyter_flows.store.automations import Automations

    return _open_part(settings, Automations, "automations")


def open_firings(settings: Settings) -> Firings:
    """Open the firings of automations in the store; raises as `_open_part`."""
    from jupyter_flows.store.firings import Firings

    return _open_part(settings, Firings, "automations")


def swap_memory_store(store: MemoryStore | None) -> MemoryStore | None:
    """Put another in-memory store in place (None: a new one with its next use); return the one that was there."""
    with _memory_lock:
        old = _memory.pop() if _memory else None
        if store is not None:
            _memory.append(store)
        return old


def memory_store() -> MemoryStore:
    """Return this process's in-memory store."""
    from jupyter_flows.store.memory import MemoryStore

    with _memory_lock:
        if not _memory:
            _memory.append(MemoryStore())
        return _memory[0]


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """Return the type of the network file system that a path is on, None on a local one or where that is unknown.

    Parameters
    ----------
    path
        A file or folder, which need not exist yet.
    mounts
        The table of mounts, in the form of fstab(5).
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place = str(path.resolve())
    longest, found = "", ""
    for line in lines:
        _, mount, kind, *_ = line.split(" ")
        mount = mount.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        inside = place == mount or place.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(longest):  # the later of two on one place hides the earlier
            longest, found = mount, kind
    return found if found in NETWORK else None


def _open_part(settings: Settings, part: type[P], what: str) -> P:
    """Open some of the store's tables; they are created or migrated where needed.

    Parameters
    ----------
    part
        Their class.
    what
        What is in them, for the message where there is no file.

    Raises
    ------
    NeedsStoreFile
        Where runs are kept in memory.
    SchemaMismatch, StoreUnavailable
    """
    path = _prepared_path(settings)
    if path is None:
        raise NeedsStoreFile(what)
    return part(path, busy_seconds=settings.busy_seconds)


def _prepared_path(settings: Settings) -> Path | None:
    """The file of a store that is there and current; None where runs are kept in memory."""
    path = _usable_path(settings)
    if path is not None:
        from jupyter_flows.store.schema import prepare

        prepare(path, settings.busy_seconds)
    return path


def _usable_path(settings: Settings) -> Path | None:
    path = settings.database_path
    if path is None:
        return None
    kind = network_file_system(path) if sys.platform.startswith("linux") else None
    if kind is None:
        return path
    if path not in _warned:
        _warned.add(path)
        warnings.warn(
            f"{path} is on a network file system ({kind}), where SQLite is not safe: runs are kept in memory and end "
            "with this process; name a local file by JUPYTER_FLOWS_DATABASE_URL=sqlite:////PATH to keep them",
            stacklevel=3,
        )
    return None
