"""What runs in a worker process: it takes one call after another, and sends home what comes of each.

It is started clean, by running this module and nothing of the user's: the main script is not run a second time. What
it prints and logs goes home, in order. It ends when the process that started it is gone.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import socket
import sys
import threading
import time
from contextvars import copy_context
from logging.handlers import QueueHandler
from typing import Any

from jupyter_flows.drivers import logs
from jupyter_flows.drivers.context import FRAME, note_worker_process
from jupyter_flows.drivers.process_channel import Channel, Packed, Unreadable, beside, pack, pack_small
from jupyter_flows.drivers.process_frame import RunFacts, Surroundings, remote_frame
from jupyter_flows.drivers.tracebacks import error_line, traceback_text, without_our_frames
from jupyter_flows.errors import UnpicklableValue
from jupyter_flows.secrets.resolved import listen

IDLE_SECONDS = 300.0
"""Seconds without a call after which a worker gives its memory back by ending."""

_GRACE = 2.0
"""Seconds that an idle worker has to end by itself when its parent is gone."""


class Worker:
    """What a worker process is to the code that runs in it."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._asking = threading.Lock()
        self._serving: RunFacts | None = None
        self._parameters: tuple[str, dict[str, Any]] = ("", {})

    def work(self) -> None:
        """Serve until the parent hangs up."""
        threading.Thread(target=self._watch_parent, name="jupyter-flows-watch", daemon=True).start()
        self.channel.send(("ready", None))
        while True:
            if not self.channel.has_news(IDLE_SECONDS):
                return
            try:
                kind, order = self.channel.receive()
            except EOFError:
                return
            except Unreadable as error:
                self.channel.send_packed(_told(error.__cause__ or error))
                continue
            if kind == "here":
                _follow(*order)
                continue
            answer = copy_context().run(self._serve, *order)
            del order
            self.channel.send_packed(answer)
            del answer

    def _serve(
        self,
        facts: RunFacts,
        levels: tuple[int, int],
        fn: Any,
        args: tuple[Any, ...],
        kwargs: Any,
    ) -> Packed:
        logging.getLogger().setLevel(levels[0])
        logging.getLogger("jupyter_flows.run").setLevel(levels[1])
        FRAME.set(remote_frame(facts, self))
        if facts.keeps_prints:
            logs.catch_prints()
        self._serving = facts
        self.channel.send(("began", None))  # until here nothing of the user's has run: another worker may take over
        try:
            return self._pack_value(facts, fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - user code may raise anything
            return _told(error)
        finally:
            with self._asking:
                self._serving = None
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()

    def _pack_value(self, facts: RunFacts, value: Any) -> Packed:
        try:
            return pack(("returned", beside(value)))
        except Exception as error:  # noqa: BLE001 - a user's own __reduce__ may do anything
            raise UnpicklableValue(facts.task_name, "value", type(value).__name__, error_line(error)) from None

    def keep(self, record: Any) -> None:
        """Send a log line of the run home."""
        self.channel.send(("keep", record))

    def parameters(self) -> dict[str, Any]:
        """Fetch the flow run's parameters, once; empty where the run's code has returned already."""
        with self._asking:
            if self._serving is None:
                return {}
            if self._parameters[0] != self._serving.run_id:
                self.channel.send(("parameters", None))
                self._parameters = (self._serving.run_id, self.channel.receive())
            return self._parameters[1]

    def _watch_parent(self) -> None:
        self.channel.hung_up(None)
        if self._serving is None:
            time.sleep(_GRACE)
        os.killpg(0, signal.SIGKILL)  # also what the user's code has started


def _follow(surroundings: Surroundings, environment: dict[str, str] | None) -> None:
    """Look for modules and files where the flow's process does."""
    path, folder = surroundings
    sys.path[:] = path
    if folder is not None:
        with contextlib.suppress(OSError):
            os.chdir(folder)
    if environment is not None and environment != os.environ:
        os.environ.clear()
        os.environ.update(environment)


def _told(error: BaseException) -> Packed:
    """How an exception goes home: itself where it can be pickled, and as text in any case."""
    text = traceback_text(without_our_frames(error))
    name, line = type(error).__name__, error_line(error)
    try:
        pickled: Any = pack_small(error)
    except Exception:  # noqa: BLE001 - a user's own __reduce__ may do anything
        pickled = None
    return pack(("raised", (pickled, name, line, text)))


class _WayHome(io.RawIOBase):
    """The raw end of a standard stream whose text is shown where the flow was started."""

    def __init__(self, channel: Channel, descriptor: int) -> None:
        self._channel, self._descriptor = channel, descriptor

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        text = bytes(data)
        self._channel.send(("printed", (self._descriptor, text.decode("utf-8", "replace"))))
        return len(text)

    def fileno(self) -> int:
        return self._descriptor


class _LogsHome(QueueHandler):
    """Sends each log record home, where the handlers of the root logger are."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self._channel = channel

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self._channel.send(("logged", record.__dict__))
        except (TypeError, AttributeError, ValueError):  # an extra of the user's that cannot be pickled
            known = logging.makeLogRecord({}).__dict__
            fields = {name: value for name, value in record.__dict__.items() if name in known}
            self._channel.send(("logged", fields))


class _KeptByParent(logs.RunHandler):
    """Stands for the handler that keeps records with the run: the record goes home, and is kept there."""

    def emit(self, record: logging.LogRecord) -> None:
        """Nothing here."""


def _send_streams_home(channel: Channel) -> None:
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        raw: Any = _WayHome(channel, descriptor)
        setattr(sys, name, io.TextIOWrapper(raw, "utf-8", errors="backslashreplace", line_buffering=True))
    way_home = _LogsHome(channel)
    logging.getLogger().addHandler(way_home)
    logging.getLogger("jupyter_flows.run").addHandler(_KeptByParent())

    def stay_here() -> None:
        """A child that the user's code forks has no way home: it writes where this process was started."""
        logging.getLogger().removeHandler(way_home)
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__

    os.register_at_fork(after_in_child=stay_here)


def no_standard_input() -> None:
    """Let whoever reads from standard input find its end."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def serve(end: socket.socket) -> None:
    """Be a worker process on this end of a socket, until the other end is closed."""
    note_worker_process()
    channel = Channel(end)
    _send_streams_home(channel)
    listen(lambda secret: channel.send(("secret", secret)))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        Worker(channel).work()
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # there is nobody at home any more


def main() -> None:
    """Be a worker process whose socket is where standard input should be."""
    end = socket.socket(fileno=os.dup(0))
    no_standard_input()
    serve(end)
