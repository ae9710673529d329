"""The workers of a runner: those that execute runs, and one that is ready for the next."""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from jupyter_flows.services.worker import Worker
from jupyter_flows.settings import Settings
from jupyter_flows.store.claiming import Claim

_LEAVING = 5.0  # seconds that a worker which is not needed gets to end by itself
_PAUSE = 30.0  # seconds without a worker that is ready, after one has died
OVERTIME = 5.0  # seconds beyond all grace, before a group is killed from outside


class Workers:
    """Child processes, and what to wait for.

    Parameters
    ----------
    command
        What starts a child, see `Worker`.
    settings
        Of the store.
    most
        How many runs are executed at a time.
    grace
        Seconds that user code gets to end by itself.
    """

    def __init__(self, command: Sequence[str], settings: Settings, most: int, grace: float) -> None:
        self._command, self._settings, self._most, self._grace = command, settings, most, grace
        self._running: dict[str, Worker] = {}
        self._spare: Worker | None = None
        self._no_spare_before = 0.0
        self._leaving: list[Worker] = []
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = os.pipe()
        self._waking = threading.RLock()  # a signal handler may wake in the midst of a waking
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)
        self._selector.register(self._woken, selectors.EVENT_READ)

    @property
    def running(self) -> dict[str, Worker]:
        """The workers that execute runs, by run id."""
        return self._running

    @property
    def free(self) -> int:
        """How many more runs may be executed."""
        return self._most - len(self._running)

    def begin(self, claim: Claim, deployment: str) -> Worker:
        """Let a worker execute a run: the one that is ready, or a new one.

        Raises
        ------
        OSError
            No process can be started.
        """
        run_id = claim.run.run_id
        worker, self._spare = self._spare, None
        if worker is not None and not worker.give(run_id):
            self._forget(worker)
            worker = None
        if worker is None:
            worker = self._watch(Worker(self._command, self._settings, self._grace, run_id))
        worker.deployment = deployment
        if claim.definition is not None and claim.definition.timeout_seconds:
            worker.ends_by = monotonic() + claim.definition.timeout_seconds + self._grace + OVERTIME
        self._running[run_id] = worker
        return worker

    def make_ready(self, deployment: str | None) -> None:
        """Have a worker ready for a run to come, probably of a deployment.

        Raises
        ------
        OSError
            No process can be started.
        """
        if self._spare is None and monotonic() >= self._no_spare_before:
            self._spare = self._watch(Worker(self._command, self._settings, self._grace, None, deployment))

    @property
    def spare(self) -> Worker | None:
        """The worker that is ready, or makes itself so."""
        return self._spare

    def drop_spare(self) -> None:
        """Let the worker that is ready end by itself."""
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.part()
            spare.ends_by = monotonic() + _LEAVING
            self._leaving.append(spare)

    def ended(self) -> list[Worker]:
        """Return the workers whose process has ended, or has had to be killed for its time limit; each once."""
        self._reap(monotonic())
        gone = [worker for worker in self._running.values() if worker.exit_code() is not None]
        for worker in gone:
            worker.last_words()
            del self._running[worker.run_id or ""]
            self._forget(worker)
        return gone

    def _reap(self, now: float) -> None:
        """Kill what is over its time, and forget what executed nothing and has ended."""
        for worker in (*self._running.values(), *self._leaving):
            if now > worker.ends_by:
                worker.kill()
        if self._spare is not None and self._spare.exit_code() is not None:
            self._no_spare_before = now + _PAUSE  # whatever kills it would kill the next one too
            self.drop_spare()
        for worker in [worker for worker in self._leaving if worker.exit_code() is not None]:
            self._leaving.remove(worker)
            self._forget(worker)

    def next_deadline(self) -> float:
        """When on the monotonic clock the next worker's time is over."""
        return min((worker.ends_by for worker in (*self._running.values(), *self._leaving)), default=float("inf"))

    def terminate(self) -> None:
        """Ask all workers to end their runs and themselves."""
        for worker in self._running.values():
            worker.terminate()

    def kill(self) -> None:
        """Kill all workers."""
        for worker in self._running.values():
            worker.kill()

    def wait(self, seconds: float) -> None:
        """Wait until a worker ends, somebody wakes this, or the time is over; take what workers print meanwhile."""
        until = monotonic() + seconds
        while True:
            found = self._selector.select(max(0.0, until - monotonic()))
            only_output = True
            for key, _ in found:
                prints = isinstance(key.data, Worker) and key.fd == key.data.output
                if not (prints and self._take_output(key.data)):
                    only_output = False
            with suppress(BlockingIOError):
                os.read(self._woken, 4096)
            if not found or not only_output:
                return

    def wake(self) -> None:
        """End a wait; from any thread or signal handler, also when all is over."""
        with self._waking, suppress(BlockingIOError):
            if self._waker >= 0:
                os.write(self._waker, b"!")

    def close(self) -> None:
        """Kill what is left, and give everything back."""
        self.drop_spare()
        until = monotonic() + _LEAVING
        while self._leaving and monotonic() < until:
            self._reap(monotonic())
            self.wait(0.05)
        for worker in (*self._running.values(), *self._leaving):
            worker.kill()
            self._forget(worker)
        self._running.clear()
        self._selector.close()
        with self._waking:  # the number may be another file's at once: nobody must write there any more
            waker, self._waker = self._waker, -1
            os.close(waker)
        os.close(self._woken)

    def _watch(self, worker: Worker) -> Worker:
        self._selector.register(worker.output, selectors.EVENT_READ, worker)
        if worker.ending is not None:
            self._selector.register(worker.ending, selectors.EVENT_READ, worker)
        return worker

    def _take_output(self, worker: Worker) -> bool:
        """Take what a worker has printed; False when it can print no more, as when it ends."""
        if worker.read_output():
            return True
        self._selector.unregister(worker.output)  # else it would be readable for ever
        return False

    def _forget(self, worker: Worker) -> None:
        for handle in (worker.output, worker.ending):
            if handle is not None:
                with suppress(KeyError):
                    self._selector.unregister(handle)
        worker.close()


__all__ = ["OVERTIME", "Workers"]
