"""ipykernel's thread of outputs and its streams, without the event loop and the socket between speaking and sending.

ipykernel hands each message to the thread of the outputs by a ZeroMQ socket and a turn of an event loop, and waits for
two such turns at each flush, of which a cell has four. Here a thread that does nothing else takes them from a queue.
What is promised stays: messages go out in the order in which they were made, by a thread that no signal interrupts, and
what was flushed has been sent.

Runs in the kernel's interpreter: needs nothing but Python and ipykernel.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    _Thread: Any = object
    _Stream: Any = object
else:
    _Thread = _Stream = object  # ipykernel's own come behind them in `use_quick_outputs`

_FAREWELL_SECONDS = 30.0
_PIPE_BYTES = 1000
_XPUB, _EVENTS, _READABLE = 9, 15, 1  # ZeroMQ's numbers: its enumerations are slow


def use_quick_outputs() -> None:
    """Let the kernel of this process be made with the quick ones, unless ipykernel's are not as they are known here."""
    from ipykernel import iostream, kernelapp

    thread, stream = iostream.IOPubThread, iostream.OutStream
    needed = ("_schedule_flush", "_flush", "_rotate_buffers")
    if hasattr(thread, "_really_send") and all(hasattr(stream, name) for name in needed):
        iostream.IOPubThread = as_if_it_were(thread, QuickThread)
        iostream.OutStream = as_if_it_were(stream, QuickStream)
        kernelapp.__dict__["IOPubThread"] = iostream.IOPubThread


def as_if_it_were(original: Any, added: type) -> Any:
    """A class that adds something to another, and that a notebook cannot tell from that."""
    about = {"__module__": original.__module__, "__qualname__": original.__qualname__, "__doc__": original.__doc__}
    return type(original)(original.__name__, (added, original), about)


class QuickThread(_Thread):
    """Sends by a second thread; the first still hears of new clients and of what forked children print."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._jobs: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._alarms: deque[tuple[float, Callable[[], None]]] = deque()
        self._using = threading.RLock()  # the socket, which both threads use
        self._sender = threading.Thread(target=self._send_all, name="IOPub sender", daemon=True)
        self._sender.__dict__.update(pydev_do_not_trace=True, is_pydev_daemon_thread=True)
        super().__init__(*args, **options)

    def start(self) -> None:
        super().start()
        self._sender.start()

    def stop(self) -> None:
        if self.sends_for(threading.current_thread()):
            self._jobs.put(None)
            self._sender.join(timeout=_FAREWELL_SECONDS)
        super().stop()

    def schedule(self, f: Callable[[], Any]) -> None:
        if self._sender.is_alive():  # in a forked child it is not
            self._jobs.put(f)
        else:
            f()

    def schedule_later(self, seconds: float, f: Callable[[], None]) -> None:
        """Schedule what has time; everybody with the same number of seconds."""
        self.schedule(lambda: self._alarms.append((time.monotonic() + seconds, f)))

    def sends_for(self, thread: threading.Thread) -> bool:
        """Whether this thread can wait until something is sent."""
        return self._sender is not thread and self._sender.is_alive()

    def _send_all(self) -> None:
        jobs, alarms = self._jobs, self._alarms
        while True:
            try:
                job = jobs.get(timeout=max(0.0, alarms[0][0] - time.monotonic()) if alarms else None)
            except Empty:
                job = _nothing
            if job is None:
                break
            _attempt(job)
            while alarms and alarms[0][0] <= time.monotonic():
                _attempt(alarms.popleft()[1])
        while not jobs.empty():
            _attempt(jobs.get() or _nothing)

    def _really_send(self, msg: Any, *args: Any, **options: Any) -> None:
        if not self._is_master_process():
            super()._really_send(msg, *args, **options)
            return
        with self._using:
            super()._really_send(msg, *args, **options)
            if self._has_heard():
                self.io_loop.add_callback(self._hear_clients)  # sending has used up the sign of that

    def _setup_xpub_listener(self) -> None:
        if getattr(self.socket, "type", None) == _XPUB:
            self.io_loop.add_handler(self.socket, self._hear_clients, self.io_loop.READ)

    def _hear_clients(self, *_: object) -> None:
        with self._using:
            while self._has_heard():
                self._handle_subscription(self.socket.recv_multipart())

    def _has_heard(self) -> bool:
        with contextlib.suppress(Exception):  # it is being closed
            return bool(self.socket.getsockopt(_EVENTS) & _READABLE)
        return False


class QuickStream(_Stream):
    """Asks for a flush once in a while, not after each, and waits for one only where there is something to send."""

    _is_asked_for = False

    def __init__(self, *args: Any, **options: Any) -> None:
        self.reading = threading.Lock()  # held while what was printed past Python is in nobody's pipe and no buffer
        super().__init__(*args, **options)

    def _watch_pipe_fd(self) -> None:
        poll = select.poll()
        poll.register(self._fid, select.POLLIN)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a letter may be read in two halves
        try:
            while poll.poll():
                with self.reading:
                    said = os.read(self._fid, _PIPE_BYTES)
                    if not said or not self._should_watch:
                        return
                    self.write(decoder.decode(said, final=not poll.poll(0)))
                os.write(self._original_stdstream_copy, said)
        except Exception:  # noqa: BLE001 - told at the end, as ipykernel does
            self._exc = sys.exc_info()

    def has_taken_all(self) -> bool:
        """Whether all that was printed past Python until now is in the buffers."""
        if not self._should_watch or not self.watch_fd_thread.is_alive():
            return True
        with self.reading:
            return not select.select([self._fid], [], [], 0)[0]

    def _schedule_flush(self) -> None:
        if not self._is_asked_for:
            self._is_asked_for = True
            self.pub_thread.schedule_later(self.flush_interval, self._flush_in_time)

    def _flush_in_time(self) -> None:
        self._is_asked_for = False
        self._flush()

    def flush(self) -> None:
        thread = self.pub_thread
        if thread is None or not thread.sends_for(threading.current_thread()):
            self._flush()
        elif self._buffers or self.echo is not None:
            sent = threading.Lock()
            sent.acquire()
            thread.schedule(self._flush)
            thread.schedule(sent.release)
            if not sent.acquire(timeout=self.flush_timeout):
                print("IOStream.flush timed out", file=sys.__stderr__)


def _nothing() -> None:
    pass


def _attempt(job: Callable[[], Any]) -> None:
    try:
        job()
    except Exception:  # noqa: BLE001 - the thread must live on: all outputs depend on it
        traceback.print_exc(file=sys.__stderr__)
