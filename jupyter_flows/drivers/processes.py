"""The task runner for processes: user code runs in worker processes, everything that decides stays at home.

The same generator as everywhere is driven in a thread of the flow's process; only the call of the user's function is
remote. So a time limit or a cancel kills the worker, and a worker that dies costs one attempt.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_flows.drivers.calls import Call, Place
from jupyter_flows.drivers.context import FRAME
from jupyter_flows.drivers.logs import get_run_logger
from jupyter_flows.drivers.performer import attempt_steps, run_hooks
from jupyter_flows.drivers.process_channel import Packed, Unreadable, beside, pack
from jupyter_flows.drivers.process_frame import Surroundings, run_facts
from jupyter_flows.drivers.task_runners import ThreadPoolTaskRunner
from jupyter_flows.drivers.threads import PoolPlace, ThreadPerformer, drive
from jupyter_flows.drivers.tracebacks import error_line
from jupyter_flows.drivers.worker_prints import WorkerPrints
from jupyter_flows.drivers.worker_processes import START_METHODS, WorkerProcess
from jupyter_flows.engine.attempt import CallUser, DescribeFailure, Err, FailureText, Ok, Post, Reply
from jupyter_flows.errors import BadOption, FailedRun, RunCrashed, UnpicklableValue
from jupyter_flows.model.commands import Settle, StopAttempt
from jupyter_flows.model.events import AttemptEnded, AttemptStarted
from jupyter_flows.model.signals import Crashed
from jupyter_flows.model.states import State, crashed, running
from jupyter_flows.secrets.resolved import register

_TRUSTED_SECONDS = 240.0
"""A worker that was idle for longer is replaced rather than used: it may be about to end (`IDLE_SECONDS` there)."""


class WorkerLost(Crashed):
    """The worker process died during an attempt."""

    def to_state(self, at: float) -> State:
        """Crashed, by the name of WorkerLost; whoever reads the value gets an ordinary error."""
        return crashed(at, self.message, "WorkerLost", RunCrashed(self.message))


class RemoteTraceback(Exception):
    """Shows where in a worker process an exception was raised, as the cause of that exception."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0].rstrip()}\n"""'


class ProcessPool:
    """The worker processes of one task runner: those that are idle, and how another is made."""

    def __init__(self, start_method: str) -> None:
        self._start_method = start_method
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._closed = False

    def take(self) -> WorkerProcess:
        """Return a worker that is ready, the one used last or a new one.

        Raises
        ------
        EOFError, OSError
            None could be started.
        """
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                break
            if time.monotonic() - worker.idle_since < _TRUSTED_SECONDS and not worker.channel.hung_up():
                return worker
            worker.end()
        return self.start()

    def start(self) -> WorkerProcess:
        """Return a new worker that is ready.

        Raises
        ------
        EOFError, OSError
            It could not be started.
        """
        worker = WorkerProcess(self._start_method)
        try:
            worker.await_ready()
        except BaseException:
            worker.end()
            raise
        return worker

    def give_back(self, worker: WorkerProcess) -> None:
        """Keep a worker for the next attempt."""
        worker.idle_since = time.monotonic()
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.end()

    def close(self) -> None:
        """End the idle workers now, and the others when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()


class Lease:
    """One attempt's hold on a worker, which may be taken away at any moment."""

    def __init__(self, pool: ProcessPool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self.worker: WorkerProcess | None = None
        self.error: BaseException | None = None
        self.stopped = False

    def take(self) -> None:
        """Take a worker; why there is none is kept for the attempt to tell."""
        try:
            worker = self._pool.take()
        except (OSError, EOFError) as error:
            self.error = error
            return
        with self._lock:
            self.worker = worker
        if self.stopped:
            worker.kill()

    def replace(self) -> WorkerProcess | None:
        """Take a new worker for one that died idle; None where the attempt was stopped, or there is none to have."""
        dead = self.worker
        if dead is None or self.stopped:
            return None
        successor = self._pool.start()
        with self._lock:
            self.worker = successor
        dead.end()
        if self.stopped:
            successor.kill()
        return successor

    def stop(self) -> None:
        """Kill the worker, now or as soon as there is one."""
        with self._lock:
            self.stopped = True
        if self.worker is not None:
            self.worker.kill()

    def give_back(self) -> None:
        """Return the worker to the pool, or end it where it is of no more use."""
        with self._lock:
            worker, self.worker = self.worker, None
        if worker is None:
            return
        if self.stopped or self.error is not None:
            worker.end()
        else:
            self._pool.give_back(worker)

    def lost(self) -> BaseException:
        """Say why the worker did not answer: it was stopped by us, or it died."""
        assert self.worker is not None
        if self.stopped:
            return WorkerLost("its worker process was killed")
        self.error = WorkerLost(f"its worker process {self.worker.pid} {self.worker.post_mortem()}")
        return self.error


class ProcessPerformer(ThreadPerformer):
    """Performs effects in the present thread, and the user's function in a worker process."""

    def __init__(self, call: Call, lease: Lease) -> None:
        super().__init__(call)
        self._lease = lease
        self._remote_text = ("", "")
        self._began = False  # the worker has read the call, and user code runs
        self._prints = WorkerPrints()

    def call_user(self, effect: CallUser) -> Reply:
        """Let the worker call the function; whatever it raises is the reply."""
        around = FRAME.get()
        try:
            FRAME.set(self.frame)
            args, kwargs = self.arguments(effect)
            if "running" in self.call.code.hooks:
                run_hooks(self.call, "running", running(self.now(), effect.attempt))
            if self._lease.worker is None:
                raise WorkerLost(f"no worker process could be started: {self._lease.error!r}")
            return Ok(self._converse(self._lease.worker, args, kwargs), self.now())
        except BaseException as error:  # noqa: BLE001 - user code may raise anything
            return Err(error, self.now())
        finally:
            self._prints.finish()
            FRAME.set(around)

    def describe_failure(self, effect: DescribeFailure) -> Reply:
        """Tell the failure in the worker's own words, where it was there."""
        if not self._remote_text[0]:
            return super().describe_failure(effect)
        name, text = self._remote_text
        effect.error.__traceback__ = None
        return Ok(FailureText(name, text, self.inputs_text()), 0.0)

    def _converse(self, worker: WorkerProcess, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        was_used = bool(worker.told)
        request = self._pack(worker, args, kwargs)
        self._began = False
        try:
            kind, answer = self._exchange(worker, request)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            successor = self._lease.replace() if was_used and not self._began else None
            if successor is None:
                raise self._lease.lost() from None
            return self._converse(successor, args, kwargs)  # a new one: at most once
        except Unreadable as error:
            self._lease.error = error  # what else may be on its way cannot be told: the worker is given up
            raise UnpicklableValue(self.call.spec.name, "value", "?", str(error)) from None
        if kind == "raised":
            raise self._come_home(*answer)
        return answer

    def _exchange(self, worker: WorkerProcess, request: Packed) -> tuple[str, Any]:
        worker.channel.send_packed(request)
        request.clear()
        while True:
            kind, what = worker.channel.receive()
            if kind in {"returned", "raised"}:
                return kind, what
            self._heed(worker, kind, what)

    def _pack(self, worker: WorkerProcess, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Packed:
        facts, function = run_facts(self.call, self.frame), self.call.code.fn
        levels = (logging.getLogger().level, get_run_logger().level)
        args, kwargs = tuple(map(beside, args)), {name: beside(value) for name, value in kwargs.items()}
        try:
            packed = pack(("call", (facts, levels, function, args, kwargs)))
        except Exception as error:  # noqa: BLE001 - a user's own __reduce__ may do anything
            raise self._name_what_fails(args, kwargs, error) from None
        here = _surroundings()
        if here == worker.told:
            return packed
        environment = None if worker.told else {**os.environ}
        worker.told = here
        return [*pack(("here", (here, environment))), *packed]  # first: modules are imported while the call is read

    def _name_what_fails(self, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception) -> UnpicklableValue:
        function = self.call.code.fn
        try:
            bound = dict(inspect.signature(function).bind_partial(*args, **kwargs).arguments)
        except (TypeError, ValueError):
            bound = {**{str(position): value for position, value in enumerate(args)}, **kwargs}
        for what, value in [("function", function), *((f"argument {name!r}", value) for name, value in bound.items())]:
            try:
                pack(value)
            except Exception as own:  # noqa: BLE001 - a user's own __reduce__ may do anything
                return UnpicklableValue(self.call.spec.name, what, type(value).__name__, error_line(own))
        return UnpicklableValue(self.call.spec.name, "call", "all together", error_line(error))

    def _come_home(self, pickled: bytes | None, name: str, line: str, text: str) -> BaseException:
        """Give the worker's exception, or its text where it cannot be brought home."""
        self._remote_text = (name, text)
        error: Any = None
        if pickled is not None:
            with contextlib.suppress(Exception):
                error = pickle.loads(pickled)  # noqa: S301 - from a process that we started
        if not isinstance(error, BaseException):
            error = FailedRun(line)
        error.__cause__ = RemoteTraceback(text)
        return error

    def _heed(self, worker: WorkerProcess, kind: str, what: Any) -> None:
        """Do what user code asked for on the way: show, log, keep, tell."""
        if kind == "began":
            self._began = True
        elif kind == "printed":
            self._prints.show(*what)
        elif kind == "secret":  # what came of it in there must not be written here either
            register(what)
        elif kind == "keep":
            self.call.run.session.post_slowly(self.call.run, what, wake=False)
        elif kind == "logged":
            record = logging.makeLogRecord(what)
            logger = logging.getLogger(record.name)
            if logger.isEnabledFor(record.levelno):
                logger.handle(record)
        elif kind == "parameters":
            worker.channel.send(_picklable(self.call.run.parameters))


def _surroundings() -> Surroundings:
    """Where modules are looked for, and where relative paths start; both may change while workers live."""
    try:
        folder = str(Path.cwd())
    except OSError:  # it was removed
        folder = None
    return [entry for entry in sys.path if type(entry) is str], folder


def _picklable(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what cannot be sent."""
    kept: dict[str, Any] = {}
    for name, value in values.items():
        with contextlib.suppress(Exception):
            pack(value)
            kept[name] = value
    return kept


class ProcessPlace(PoolPlace):
    """Runs attempts in worker processes; each is watched by a thread of its own pool."""

    __slots__ = ("_leases", "processes")
    stoppable = True

    def __init__(self, size: int, start_method: str) -> None:
        super().__init__(size)
        self.processes = ProcessPool(start_method)
        self._leases: dict[Call, Lease] = {}

    def settle(self, order: Settle) -> None:
        """Publish the state, and end an attempt that is still at work."""
        call: Any = order.call
        call.settle(order.state)
        self._stop(call)

    def stop(self, order: StopAttempt) -> None:
        """Kill the worker process."""
        self._stop(order.call)

    def _stop(self, call: Any) -> None:
        lease = self._leases.get(call)
        if lease is not None:
            lease.stop()

    def _attempt(self, call: Call, count: int) -> None:
        run, spec = call.run, call.spec
        lease = self._leases[call] = Lease(self.processes)
        try:
            lease.take()  # before the attempt counts as begun: a time limit does not pay for the start of a process
            if call.state is not None:
                return
            performer = ProcessPerformer(call, lease)
            run.session.post(run, AttemptStarted(performer.now(), call.number, count), bool(spec.timeout_seconds))
            outcome = drive(attempt_steps(call, count), performer)
        finally:
            if self._leases.get(call) is lease:  # the next attempt may have begun
                del self._leases[call]
            lease.give_back()
        if not lease.stopped:  # the machine has decided already
            performer.post(Post(AttemptEnded, (call.number, count, outcome)))

    def close(self) -> None:
        """End the idle workers, and let the threads go when they have no more to do."""
        self.pool.close()
        self.processes.close()


class ProcessPoolTaskRunner:
    """Run submitted tasks in processes: for Python code that keeps a processor busy, and for code that may crash.

    Direct calls stay in their caller, async tasks on the event loop, and generators in a thread. What a task gets and
    returns is pickled; a task that is called by a task in a worker process is a plain function call there.

    Parameters
    ----------
    max_workers
        Processes that run tasks at a time; as many as there are processors for this process when not given.
    start_method
        ``spawn`` starts each worker as a new interpreter; ``forkserver`` lets a clean process fork them, which is
        faster where many are started. Neither runs the main script again.

    Raises
    ------
    BadOption
        A number or name that cannot be meant.
    """

    inline = False

    def __init__(self, max_workers: int | None = None, start_method: str = "spawn") -> None:
        if max_workers is None:
            max_workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if isinstance(max_workers, bool) or not isinstance(max_workers, int) or max_workers < 1:
            raise BadOption("ProcessPoolTaskRunner", "max_workers", max_workers, "give a whole number from 1 up")
        if start_method not in START_METHODS:
            wanted = f"use one of {', '.join(START_METHODS)}"
            raise BadOption("ProcessPoolTaskRunner", "start_method", start_method, wanted)
        self.max_workers, self.start_method = max_workers, start_method
        self._threads = ThreadPoolTaskRunner(max_workers)
        self._place: ProcessPlace | None = None

    def place(self, call: Call) -> Place:
        """The processes, started with the first tasks; a thread for what must stay in this process."""
        if call.code.kind != "sync":
            return self._threads.place(call)
        if self._place is None:
            self._place = ProcessPlace(self.max_workers, self.start_method)
        return self._place

    def call_soon(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function in a thread of this process."""
        self._threads.call_soon(function, *args)

    def close(self) -> None:
        """End the worker processes: the idle ones now, the others after their task."""
        self._threads.close()
        if self._place is not None:
            self._place.close()
            self._place = None

    def __repr__(self) -> str:
        return f"ProcessPoolTaskRunner(max_workers={self.max_workers}, start_method={self.start_method!r})"
