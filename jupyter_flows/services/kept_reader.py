"""A reader of the store that stays open: opening one anew costs more than all that is read of a short run."""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_flows.errors import StoreError
from jupyter_flows.settings import MEMORY, Settings
from jupyter_flows.store import open_reader
from jupyter_flows.store.store_file import file_identity

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_readers: dict[tuple[int, str], tuple[object, RunReader]] = {}  # by process and store: the file that it was, its reader
_lock = threading.Lock()


def kept_reader(settings: Settings) -> RunReader:
    """The reader of a store for this process, opened when it is first asked for; never to be closed by who uses it.

    Where somebody has put another file in the store's place, that one is opened.

    Raises
    ------
    StoreError
        The store cannot be opened.
    """
    if settings.database_url == MEMORY:  # there is nothing to open, and tests put another one in its place
        return open_reader(settings)
    key = (os.getpid(), settings.database_url)  # a forked child must not touch its parent's connections
    with _lock:
        file, reader = _readers.get(key, (None, None))
        if reader is None or file != _file_of(settings):
            if not _readers:
                atexit.register(_close_all)
            reader = open_reader(settings)
            _readers[key] = _file_of(settings), reader
        return reader


def _file_of(settings: Settings) -> tuple[int, int] | None:
    return None if settings.database_path is None else file_identity(settings.database_path)


def _close_all() -> None:
    for (pid, _), (_, reader) in _readers.items():
        if pid == os.getpid():
            with suppress(StoreError):
                reader.close()
    _readers.clear()
