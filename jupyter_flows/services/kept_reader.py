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

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_readers: dict[tuple[int, str], RunReader] = {}
_lock = threading.Lock()


def kept_reader(settings: Settings) -> RunReader:
    """The reader of a store for this process, opened when it is first asked for; never to be closed by who uses it.

    Raises
    ------
    StoreError
        The store cannot be opened.
    """
    if settings.database_url == MEMORY:  # there is nothing to open, and tests put another one in its place
        return open_reader(settings)
    key = (os.getpid(), settings.database_url)  # a forked child must not touch its parent's connections
    with _lock:
        found = _readers.get(key)
        if found is None:
            if not _readers:
                atexit.register(_close_all)
            found = _readers[key] = open_reader(settings)
        return found


def _close_all() -> None:
    for (pid, _), reader in _readers.items():
        if pid == os.getpid():
            with suppress(StoreError):
                reader.close()
    _readers.clear()
