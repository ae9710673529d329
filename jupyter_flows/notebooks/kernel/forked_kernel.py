"""What a forked process does to become a kernel that cannot be told from a spawned one.

Runs in the kernel's interpreter: needs nothing but Python and ipykernel.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_flows.notebooks.kernel.forked_app import listening_app

HANDLES = 3
"""How many come with an order: its file, the lease and the log."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A kernel's end of the socket that its owner holds."""

    end: socket.socket

    def tell(self, what: Mapping[str, Any]) -> None:
        """Tell the owner something."""
        self.end.send(json.dumps(what).encode("ascii"))

    def watch(self) -> None:
        """End this process and all in its group when the owner is gone."""
        threading.Thread(target=self._await_hang_up, name="lease", daemon=True).start()

    def _await_hang_up(self) -> None:
        poll = select.poll()
        poll.register(self.end, select.POLLHUP)
        poll.poll()
        os.killpg(os.getpgrp(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Role:
    """What a forked process is to be.

    Parameters
    ----------
    folder
        Where it puts its sockets; not made yet.
    own
        Variables that libraries have set while they were loaded.
    order, lease, log
        Of a kernel that begins at once.
    way
        Of a spare: where its order will come.
    patience
        Seconds that a spare waits for its order.
    uses
        Packages that a spare tries out meanwhile.
    """

    folder: Path
    own: Mapping[str, str]
    order: Mapping[str, Any] | None = None
    lease: Lease | None = None
    log: int | None = None
    way: socket.socket | None = None
    patience: float = 0.0
    uses: tuple[str, ...] = ()


def read_order(handle: int) -> dict[str, Any]:
    """Read an order from the file in memory that it is; a datagram might be too small for an environment."""
    with os.fdopen(handle, "rb") as file:
        file.seek(0)
        return json.load(file)


def be_kernel(role: Role) -> None:
    """Be a kernel until it is shut down."""
    gc.enable()
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    _point(0, os.open(os.devnull, os.O_RDONLY))
    _renew_chance()
    if role.order is None:
        app, role = _start_spare(role)
    else:
        _take_surroundings(role.order, role.own)
        _log_to(role.log, 1, 2)
        app = _listening_app(role.folder)
    assert role.lease is not None
    app.finish()
    role.lease.watch()
    role.lease.tell({"connection": {"ip": str(role.folder / "k"), "key": app.session.key.decode("ascii")}})
    app.start()


def _start_spare(role: Role) -> tuple[Any, Role]:
    """Get ready, wait for an order, and take its surroundings."""
    assert role.way is not None
    _log_to(os.open(os.devnull, os.O_WRONLY), 1, 2)
    before = dict(os.environ)
    app = _listening_app(role.folder)
    app.rehearse(role.uses)
    own = {**role.own, **{name: value for name, value in os.environ.items() if before.get(name) != value}}
    app.wait(role.way.fileno(), role.patience)
    order, lease, log = _take_order(role.way)
    role.way.close()
    _take_surroundings(order, own)
    streams = (sys.stdout, sys.stderr)
    copies = [getattr(stream, "_original_stdstream_copy", None) for stream in streams]
    _log_to(log, *(copy if copy is not None else number for number, copy in enumerate(copies, start=1)))
    return app, Role(role.folder, own, order, lease)


def _listening_app(folder: Path) -> Any:
    try:
        return listening_app(folder)
    except BaseException:  # noqa: BLE001 - such as: its owner died just now, and with it the folder
        # The usual end would wait for ever for the sockets that it has already.
        traceback.print_exc()
        sys.stderr.flush()
        _remove_sockets(folder)
        os._exit(1)


def _take_order(way: socket.socket) -> tuple[dict[str, Any], Lease, int]:
    with suppress(BlockingIOError):
        _, handles, _, _ = socket.recv_fds(way, 1, HANDLES, socket.MSG_DONTWAIT)
        if handles:
            order, lease, log = handles
            return read_order(order), Lease(socket.socket(fileno=lease)), log
    # Nobody needs it. Nothing of a user has run, so there is nothing to clean up but its sockets.
    _remove_sockets(Path(sys.argv[2]).parent)
    os._exit(0)


def _remove_sockets(folder: Path) -> None:
    with suppress(OSError):
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        # Those above are empty only where the owner's guard has removed them and ipykernel has made them anew.
        for place in (folder, *list(folder.parents)[:2]):
            place.rmdir()


# --- the process -----------------------------------------------------------------------------------------------------


def _renew_chance() -> None:
    """Draw new seeds: those that the server drew are the same in every fork. Python renews `random` by itself."""
    loaded = sys.modules
    if "numpy.random" in loaded:
        loaded["numpy.random"].seed()
    if "uuid" in loaded:
        vars(loaded["uuid"])["_last_timestamp"] = None
    if "tempfile" in loaded:
        vars(loaded["tempfile"]).update(_name_sequence=None, tempdir=None)
    if "ssl" in loaded:
        loaded["ssl"].RAND_add(os.urandom(32), 0.0)
    if "multiprocessing.process" in loaded:
        loaded["multiprocessing.process"].current_process().authkey = os.urandom(32)


def _take_surroundings(order: Mapping[str, Any], own: Mapping[str, str]) -> None:
    """Take the environment and the folder of an order; ``own`` variables are those that the kernel sets itself."""
    wanted = {**order["environment"], **own}
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    os.environ.update(wanted)
    time.tzset()
    os.chdir(order["folder"])


def _point(target: int, handle: int) -> None:
    os.dup2(handle, target)
    if handle != target:
        os.close(handle)


def _log_to(log: int | None, *targets: int) -> None:
    assert log is not None
    for target in targets:
        os.dup2(log, target)
    os.close(log)
