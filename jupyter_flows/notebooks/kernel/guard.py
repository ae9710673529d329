"""A tiny process that outlives this one by a moment: it kills the kernels that are left, and removes their files.

However this process ends, also by SIGKILL, its end of a pipe is closed; the guard sees that and cleans up. It is a
plain shell: about a millisecond to start, no Python, any kernel language.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import itertools
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from jupyter_flows.notebooks.kernel.addresses import LONGEST_SOCKET_PATH
from jupyter_flows.notebooks.kernel.signs_of_life import keep_to_this_process
from jupyter_flows.secrets.surroundings import bare

# Reads "+ GROUP" and "- GROUP" until the pipe is closed; $1 is the folder of the sockets, in which a kernel that is
# being made may still put some while it is removed.
_SCRIPT = """
trap '' INT TERM HUP QUIT
groups=
while read -r what group; do
  case $what in
    +) groups="$groups $group" ;;
    -) kept=; for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done; groups=$kept ;;
  esac
done
for one in $groups; do kill -9 "-$one" 2>/dev/null; done
left=50
until rm -rf -- "$1" 2>/dev/null || [ $left = 0 ]; do left=$((left - 1)); sleep 0.1; done
"""

_ROOM_FOR_NAMES = 24  # "/1234567/12345/k-5" below the base folder


class Guard:
    """Watches over the kernels of one process, and keeps the folders of their sockets."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._numbers = itertools.count(1)
        self._base = _private_folder()
        self._shell = self._start()

    def folder(self) -> Path:
        """Make a folder that nobody else may enter, with a short path."""
        folder = self._base / str(next(self._numbers))
        folder.mkdir(mode=0o700)
        return folder

    def watch(self, group: int) -> None:
        """Kill this process group when this process has ended."""
        with self._lock:
            self._groups.add(group)
            self._tell(f"+ {group}\n")

    def forget(self, group: int) -> None:
        """Leave this process group alone: it has ended."""
        with self._lock:
            if group in self._groups:
                self._groups.discard(group)
                self._tell(f"- {group}\n")

    def close(self) -> None:
        """Let it clean up now."""
        with self._lock, contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._shell.communicate(timeout=10)

    def _tell(self, line: str) -> None:
        try:
            self._write(line)
        except (BrokenPipeError, ValueError):  # somebody killed it
            self._shell.communicate()
            self._base.mkdir(mode=0o700, exist_ok=True)
            self._shell = self._start()
            self._write("".join(f"+ {group}\n" for group in self._groups))

    def _write(self, text: str) -> None:
        assert self._shell.stdin is not None
        os.write(self._shell.stdin.fileno(), text.encode("ascii"))

    def _start(self) -> subprocess.Popen[bytes]:
        shell = subprocess.Popen(
            [shutil.which("sh") or "/bin/sh", "-c", _SCRIPT, "sh", str(self._base)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=bare(os.environ),
            start_new_session=True,
        )
        assert isinstance(shell.stdin, io.FileIO)  # without a buffer
        keep_to_this_process(shell.stdin)
        return shell


def _private_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="jfk-")
    if len(os.fsencode(folder)) + _ROOM_FOR_NAMES <= LONGEST_SOCKET_PATH or not Path("/tmp").is_dir():  # noqa: S108
        return Path(folder)
    Path(folder).rmdir()
    return Path(tempfile.mkdtemp(prefix="jfk-", dir="/tmp"))


_guards: dict[int, Guard] = {}
_lock = threading.Lock()


def guard() -> Guard:
    """The guard of this process; a forked child gets its own."""
    with _lock:
        found = _guards.get(os.getpid())
        if found is None:
            found = _guards[os.getpid()] = Guard()
            atexit.register(found.close)
        return found
