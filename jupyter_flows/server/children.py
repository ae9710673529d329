"""Runs that the server begins by itself: each in a child process of its own, which ends with the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from jupyter_flows.errors import RequestRefused
from jupyter_flows.services.worker import kill_group
from jupyter_flows.settings import Settings

COMMAND = (sys.executable, "-m", "jupyter_flows.server.child")
_LONGEST_ORDER = 60_000  # bytes: what a lifeline takes
_GRACE = 10.0  # seconds that runs get to end by themselves
_KEPT = 8192  # bytes of what it said last
_MOST = 32


class Child:
    """One child process.

    Parameters
    ----------
    order
        What to do; see `jupyter_flows.server.child`.
    environment
        Of the process.

    Raises
    ------
    OSError
        No process can be started.
    """

    def __init__(self, order: bytes, environment: Mapping[str, str]) -> None:
        theirs, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                [*COMMAND, str(theirs)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=(theirs,),
                env=dict(environment),
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(theirs)
        self._said: dict[str, bytes] = {"stdout": b"", "stderr": b""}
        self._news = threading.Condition()
        self._readers = [threading.Thread(target=self._read, args=(name,), daemon=True) for name in self._said]
        for reader in self._readers:
            reader.start()
        with suppress(OSError):
            os.write(self._lifeline, order + b"\n")

    @property
    def is_over(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def run_id(self, seconds: float) -> str | None:
        """Wait for the id of the run that it makes; None where it ends before, or takes too long."""
        until = time.monotonic() + seconds
        with self._news:
            while not (said := self._first_line()):
                left = until - time.monotonic()
                if left <= 0 or (self.is_over and not any(reader.is_alive() for reader in self._readers)):
                    return None
                self._news.wait(min(left, 0.1))
        try:
            return json.loads(said)["run"]
        except (ValueError, KeyError, TypeError):
            return None

    def wait(self, seconds: float) -> int | None:
        """Wait for the end of the process; return its exit status, None where it goes on."""
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(seconds)
            for reader in self._readers:
                reader.join(1.0)
            return code
        return None

    def said(self, stream: str = "stderr") -> str:
        """What it has printed last."""
        return self._said[stream].decode("utf-8", "replace").strip()

    def end(self) -> None:
        """Ask it to end its run and itself."""
        with suppress(OSError):
            os.close(self._lifeline)
        self._lifeline = -1
        self._process.terminate()

    def close(self, seconds: float) -> None:
        """Wait for the end; past the time, kill it and everything in its group."""
        if self.wait(seconds) is None:
            kill_group(self._process.pid)
            self._process.wait()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _first_line(self) -> bytes:
        line, end, _ = self._said["stdout"].partition(b"\n")
        return line if end else b""

    def _read(self, name: str) -> None:
        stream = getattr(self._process, name)
        with suppress(OSError, ValueError):
            while part := os.read(stream.fileno(), 65536):
                with self._news:
                    self._said[name] = self._kept(name, part)
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _kept(self, name: str, part: bytes) -> bytes:
        """Of what it tells, the whole answer up to a bound; of what it complains of, the end."""
        both = self._said[name] + part
        return both[:4_000_000] if name == "stdout" else both[-_KEPT:]


class Children:
    """All of them.

    Parameters
    ----------
    settings
        That they share with the server.
    """

    def __init__(self, settings: Settings) -> None:
        self._environment = {**os.environ, **settings.variables()}
        self._lock = threading.Lock()
        self._living: list[Child] = []
        self._closed = False

    def begin(self, order: Mapping[str, Any]) -> Child:
        """Start a child.

        Raises
        ------
        RequestRefused
            The order is too long, too many go on, or the server stops.
        OSError
        """
        text = json.dumps(order).encode()
        if len(text) > _LONGEST_ORDER:
            raise RequestRefused(
                {"parameters": f"they are too long: {len(text):,} bytes of at most {_LONGEST_ORDER:,}"}
            )
        with self._lock:
            self._sweep()
            if self._closed or len(self._living) >= _MOST:
                why = "the server stops" if self._closed else f"{_MOST} runs go on that this server began; wait for one"
                raise RequestRefused({"": why})
            child = Child(text, self._environment)
            self._living.append(child)
            return child

    def command(self, arguments: Sequence[str], seconds: float) -> tuple[int | None, str, str]:
        """Perform a command of `jupyter flows` in a child, to its end; return its exit status and what it said.

        User code is only ever imported there, never in the server.

        Returns
        -------
        tuple of (int or None, str, str)
            The status (None where it took too long, and was ended), standard output and standard error.
        """
        child = self.begin({"do": "command", "arguments": list(arguments)})
        code = child.wait(seconds)
        if code is None:
            child.end()
        return code, child.said("stdout"), child.said("stderr")

    @property
    def number(self) -> int:
        """How many go on."""
        with self._lock:
            self._sweep()
            return len(self._living)

    def close(self) -> None:
        """End them all, and wait for that."""
        with self._lock:
            self._closed = True
            living, self._living = self._living, []
        for child in living:
            child.end()
        until = time.monotonic() + _GRACE
        for child in living:
            child.close(max(0.0, until - time.monotonic()))

    def _sweep(self) -> None:
        over = [child for child in self._living if child.is_over]
        self._living = [child for child in self._living if child not in over]
        for child in over:
            child.close(1.0)


__all__ = ["COMMAND", "Child", "Children"]
