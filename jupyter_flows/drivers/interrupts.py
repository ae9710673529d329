"""Stopping code that runs in the main thread, and SIGTERM.

A time limit or a cancel request reaches the main thread as SIGURG: its default action is to be ignored, so that a
late one is harmless, and it wakes a sleeping system call. Python code cannot be stopped in any other thread.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.late_handlers import hear, hear_no_more
from jupyter_flows.engine.attempt import AttemptStopped, Terminated

_active: list[Call] = []  # calls whose user code is on the main thread's stack, outermost first
_requests: deque[Call] = deque()
_SECONDS_BETWEEN_SIGNALS = 0.02
_installed = False
_terminable = 0
_last_things: list[Callable[[], object]] = []  # done between the end of a run by SIGTERM and that of the process
_masks = threading.local()  # the signals that a thread blocked before it forked


def before_termination(last_thing: Callable[[], object]) -> None:
    """Have something done when SIGTERM has ended the outermost run, before it ends this process."""
    _last_things.append(last_thing)


def can_stop_here() -> bool:
    """Whether the present thread's code can be stopped from outside: only the main thread's, and not on Windows."""
    return threading.current_thread() is threading.main_thread() and hasattr(signal, "pthread_kill")


def stop_in_main_thread(call: Call) -> None:
    """Raise `AttemptStopped` in the main thread, if the call's user code is on its stack."""
    if _installed and call in _active:
        _requests.append(call)
        _signal_main_thread()
        threading.Thread(target=_signal_until_taken, args=(call,), name="jupyter-flows-stop", daemon=True).start()


def _signal_main_thread() -> None:
    ident = threading.main_thread().ident
    if ident is not None:
        signal.pthread_kill(ident, signal.SIGURG)


def _signal_until_taken(call: Call) -> None:
    """Signal again: one that comes in the moment before a system call begins does not wake that call."""
    time.sleep(_SECONDS_BETWEEN_SIGNALS)
    while call in _requests and call in _active:
        _signal_main_thread()
        time.sleep(_SECONDS_BETWEEN_SIGNALS)


def _on_stop(_number: int, _frame: FrameType | None) -> None:
    while _requests:
        call = _requests.popleft()
        if call in _active:
            raise AttemptStopped(call)


def _install() -> None:
    global _installed  # noqa: PLW0603 - one handler per process
    if not _installed:
        signal.signal(signal.SIGURG, _on_stop)
        _installed = True


class StoppableCode:
    """Context in which the main thread runs a call's user code."""

    __slots__ = ("call",)

    def __init__(self, call: Call) -> None:
        self.call = call

    def __enter__(self) -> None:
        _install()
        _active.append(self.call)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.call in _active:
            del _active[_active.index(self.call) :]
        while self.call in _requests:  # too late for this attempt, and not meant for the next
            _requests.remove(self.call)


class Terminable:
    """Context of an outermost flow run in the main thread: SIGTERM ends the run first, then the process.

    A handler of the user's own is left alone.

    Parameters
    ----------
    stop
        Called by the signal instead of raising `Terminated` here: an event loop swallows what a handler raises.
    """

    __slots__ = ("_ours", "_stop", "terminated")

    def __init__(self, stop: Callable[[], object] | None = None) -> None:
        self._stop = stop
        self._ours = self.terminated = False

    def __enter__(self) -> Terminable:
        global _terminable  # noqa: PLW0603
        self._ours = _terminable == 0 and can_stop_here() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        if self._ours:
            try:
                _install()
                hear(signal.SIGTERM, lambda: self.terminated, _signal_main_thread)
                signal.signal(signal.SIGTERM, self._on_terminate)
                _terminable = 1
            except BaseException:  # an interrupt: there will be no exit
                _let_go()
                raise
        return self

    def _on_terminate(self, _number: int, _frame: FrameType | None) -> None:
        self.terminated = True
        if self._stop is None:
            raise Terminated
        self._stop()

    def __exit__(self, kind: type[BaseException] | None, error: Any, tb: TracebackType | None) -> None:
        if self._ours:
            _let_go()
            if self.terminated:
                for last_thing in _last_things:
                    with suppress(Exception):  # nothing may keep the process from its end
                        last_thing()
                os.kill(os.getpid(), signal.SIGTERM)


def _let_go() -> None:
    """Have SIGTERM as it was; first of all that, for an interrupt may come after any call."""
    global _terminable  # noqa: PLW0603
    _terminable = 0
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    hear_no_more()


def _hold_termination() -> None:
    """A SIGTERM for a child that has hardly begun waits until that has no handler: Python drops what comes before."""
    _masks.before_fork = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}) if _terminable else None


def _let_termination_come() -> None:
    if _masks.before_fork is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, _masks.before_fork)


def _forget() -> None:
    """A forked child has none of its parent's runs, and must end by SIGTERM as any process does."""
    global _terminable  # noqa: PLW0603
    _active.clear()
    _requests.clear()
    _last_things.clear()
    if _terminable:
        _terminable = 0
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _let_termination_come()


os.register_at_fork(before=_hold_termination, after_in_parent=_let_termination_come, after_in_child=_forget)
