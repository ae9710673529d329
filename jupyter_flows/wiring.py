"""The composition root: settings -> store, clock, task runners, and the one session of this process."""

from __future__ import annotations

import atexit
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_flows.drivers.clock import Clock, SystemClock
from jupyter_flows.drivers.context import in_worker_process
from jupyter_flows.drivers.session import Session
from jupyter_flows.drivers.task_runners import SequentialTaskRunner, TaskRunner, ThreadPoolTaskRunner
from jupyter_flows.errors import BadOption, NeedsFlowProcess
from jupyter_flows.notebooks.guarded_kernel import guard_kernel
from jupyter_flows.secrets.redacting_writer import RedactingWriter
from jupyter_flows.secrets.resolved import listen
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_deployments, open_queue, open_reader, open_result_index, open_slots, open_writer
from jupyter_flows.store.liveness import this_owner

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import ResultIndex, ResultStore, RunReader, RunWriter
    from jupyter_flows.store.deployments import Deployments
    from jupyter_flows.store.queue import Queue

_making = threading.RLock()  # what a signal interrupts may be called again by its handler
_session: Session | None = None
_settings: Settings | None = None
_default_runner: TaskRunner | None = None
_result_index: ResultIndex | None = None
_result_store: ResultStore | None = None


def current_settings() -> Settings:
    """Return the settings of this process, read with their first use."""
    global _settings  # noqa: PLW0603 - one per process, and this module is its only home
    if _settings is None:
        _settings = load_settings()
    return _settings


def current_session() -> Session:
    """Return the session of this process, made with its first use; its thread and store wait for a run."""
    return _session or _make_session()


def _make_session() -> Session:
    global _session  # noqa: PLW0603
    if in_worker_process():
        raise NeedsFlowProcess("starting a run or taking a slot")
    with _making:
        if _session is None:
            _session = new_session(current_settings())
        return _session


def current_reader() -> RunReader:
    """Open the store of this process for reading."""
    return open_reader(current_settings())


def current_deployments() -> Deployments:
    """Open the deployments of this process's store; the caller closes them.

    Raises
    ------
    NeedsStoreFile
    """
    return open_deployments(current_settings())


def current_queue() -> Queue:
    """Open the queue of this process's store; the caller closes it.

    Raises
    ------
    NeedsStoreFile
    """
    return open_queue(current_settings())


def result_index() -> ResultIndex:
    """Return what finds kept results by their cache key, opened with its first use."""
    global _result_index  # noqa: PLW0603 - one per process
    with _making:
        if _result_index is None:
            _result_index = open_result_index(current_settings())
        return _result_index


def result_store() -> ResultStore:
    """Return where values are kept, opened with its first use."""
    global _result_store  # noqa: PLW0603 - one per process
    with _making:
        if _result_store is None:
            from jupyter_flows.results import FileResultStore, key_file, result_key  # deferred: few flows keep values

            settings = current_settings()
            key = result_key(key_file(), outside=[settings.flows_dir, *_local(settings.results_url)])
            _result_store = FileResultStore(settings.results_url, key)
        return _result_store


def _local(url: str) -> list[Path]:
    return [] if "://" in url else [Path(url)]


def parent_run_of_process() -> str | None:
    """Return the flow run that started this process (a headless notebook's kernel), or None."""
    return os.environ.get("JUPYTER_FLOWS_PARENT_RUN_ID") or None


def new_session(settings: Settings, clock: Clock | None = None) -> Session:
    """Join a session from its parts."""
    token = os.urandom(16).hex()
    return Session(
        settings,
        lambda: RedactingWriter(_counting(settings, open_writer(settings))),
        lambda: this_owner(token),
        clock or SystemClock(),
        lambda: open_slots(settings),
    )


def _counting(settings: Settings, writer: RunWriter) -> RunWriter:
    """A writer that also tells StatsD, where the settings name one."""
    if not settings.statsd_url:
        return writer
    from jupyter_flows.notify.metering import MeteringWriter  # deferred: few count
    from jupyter_flows.notify.statsd import StatsD

    return MeteringWriter(writer, StatsD.at(settings.statsd_url))


def use_session(settings: Settings | None, clock: Clock | None = None) -> Settings | None:
    """Close this process's session and let the next one be made from these settings (None reads them anew).

    Returns
    -------
    Settings or None
        The settings until now, where they had been read or given.
    """
    global _session, _settings, _default_runner, _result_index, _result_store  # noqa: PLW0603
    with _making:
        old, runner, before, index = _session, _default_runner, _settings, _result_index
        _session, _settings, _default_runner = None, settings, None
        _result_index = _result_store = None
        if settings is not None and clock is not None:
            _session = new_session(settings, clock)
    if runner is not None:
        runner.close()
    if old is not None:
        old.close()
    if index is not None:
        index.close()
    return before


def default_task_runner() -> TaskRunner:
    """Return the task runner that the settings name, shared by every flow that names none."""
    global _default_runner  # noqa: PLW0603
    if _default_runner is None:
        _default_runner = make_task_runner(current_settings().task_runner)
    return _default_runner


def make_task_runner(wanted: str | TaskRunner | None) -> TaskRunner:
    """Return the task runner for a flow's option: an instance, a name, or None for the default one."""
    if wanted is None:
        return default_task_runner()
    if not isinstance(wanted, str):
        return wanted
    if wanted == "threads":
        return ThreadPoolTaskRunner(current_settings().max_workers)
    if wanted == "processes":
        from jupyter_flows.drivers.processes import ProcessPoolTaskRunner  # deferred: who uses threads needs no pickler

        settings = current_settings()
        return ProcessPoolTaskRunner(settings.max_workers if "max_workers" in settings.sources else None)
    if wanted == "sequential":
        return SequentialTaskRunner()
    known = "use 'threads', 'processes', 'sequential' or a task runner object"
    raise BadOption("task_runner", "task_runner", wanted, known)


def _wait_at_exit() -> None:
    """Let what was submitted outside any flow end, as an interpreter waits for its threads; then close the store."""
    global _session  # noqa: PLW0603
    session = _session
    if session is None:
        return
    while session.is_behind or any(run.spec.kind == "task" for run in session.live_runs()):
        time.sleep(0.01)
    _session = None  # what a later handler calls has one of its own
    session.close()


def _forget_after_fork() -> None:
    global _making, _session, _default_runner, _result_index, _kept  # noqa: PLW0603
    _making = threading.RLock()  # whoever held it is not in the child
    _kept = (_session, _result_index)  # never finalized here: they are the parent's
    _session = _default_runner = _result_index = None
    atexit.unregister(_wait_at_exit)


def _guard_what_is_said(_secret: str) -> None:
    guard_kernel()


_kept: tuple[object, ...] = ()
listen(_guard_what_is_said)
atexit.register(_wait_at_exit)
os.register_at_fork(after_in_child=_forget_after_fork)
