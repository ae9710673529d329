"""The runner: plans ticks, claims due runs and has each executed by a worker, until it is stopped."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic, time

from jupyter_flows.errors import RunNotFound, StoreError
from jupyter_flows.model.deployments import DeploymentRun
from jupyter_flows.model.states import crashed
from jupyter_flows.model.ticks import MERGED, RUN, DecidedTick
from jupyter_flows.services.automating import Automating
from jupyter_flows.services.readiness import Ahead, Readying, changes_in, readying
from jupyter_flows.services.runner_events import RunnerEvent, Tell
from jupyter_flows.services.runner_store import RunnerStore, file_exists
from jupyter_flows.services.sweeping import Sweeper
from jupyter_flows.services.worker import EXECUTE, Worker
from jupyter_flows.services.workers import OVERTIME, Workers
from jupyter_flows.settings import Settings
from jupyter_flows.store.claiming import Claim
from jupyter_flows.store.settling import Settled

_TRIES = 3  # of a run whose process ends before it begins
_LONGEST_PAUSE = 30.0  # seconds between two looks at a store that cannot be used


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """How a runner runs.

    Parameters
    ----------
    workers
        How many runs are executed at a time; 0 for one per processor.
    poll_seconds
        How often other processes' changes are looked for; that of the settings when not given.
    grace_seconds
        How long runs may go on after the runner is asked to stop; then they are handed back.
    child_grace_seconds
        How long the code of a run that is being ended gets to end by itself.
    once
        Stop when nothing that is due is left.
    keep_ready
        Whether a worker is made ready before it is needed.
    command
        What starts a worker.
    only
        Ids of the runs that it executes; then it plans no ticks, and counts as no runner for others.
    deployments
        Ids of the deployments whose runs it executes; of all when not given.
    """

    workers: int = 0
    poll_seconds: float | None = None
    grace_seconds: float = 30.0
    child_grace_seconds: float = 10.0
    once: bool = False
    keep_ready: bool = True
    command: Sequence[str] = EXECUTE
    only: frozenset[str] | None = None
    deployments: frozenset[str] | None = None

    def wants(self, run: DeploymentRun) -> bool:
        """Whether the runner executes a run."""
        return (self.only is None or run.run_id in self.only) and (
            self.deployments is None or run.deployment_id in self.deployments
        )


class Runner:
    """One runner: in the foreground by `run`, or in a thread of its own by `start`.

    Parameters
    ----------
    settings
        Of the store.
    options
        How it runs.
    tell
        Told of every event, in the runner's thread.
    """

    def __init__(self, settings: Settings, options: RunnerOptions | None = None, tell: Tell | None = None) -> None:
        self._settings, self._options = settings, options or RunnerOptions()
        self._tell = tell or _nobody
        self._poll = self._options.poll_seconds or settings.poll_seconds
        most = self._options.workers or os.cpu_count() or 1
        self._workers = Workers(self._options.command, settings, most, self._options.child_grace_seconds)
        self._most = most
        self._stopping: float | None = None  # when, on the monotonic clock, runs are ended
        self._killing = False
        self._thread: threading.Thread | None = None
        self._store: RunnerStore | None = None
        self._sweeper: Sweeper | None = None
        self._automating: Automating | None = None
        self._ended: list[Worker] = []
        self._tries: dict[str, int] = {}
        self._trouble = ""
        self._pause, self._again_at = 0.0, 0.0
        self._next_beat = self._next_sweep = 0.0
        self._next_tick: float | None = None
        self._next_due: float | None = None
        self._next_deployment: str | None = None
        self._version = -1
        self._dirty = True
        self._active_at, self._begun_at = monotonic(), 0.0

    @property
    def runner_id(self) -> str:
        """Its id in the store; empty before it is there."""
        return self._store.claims.runner.token if self._store else ""

    def start(self) -> None:
        """Run in a thread of its own, until `stop`.

        Raises
        ------
        NeedsStoreFile, SchemaMismatch, StoreUnavailable
            The store cannot be used; no thread was started.
        """
        self._begin_to_be()
        self._thread = threading.Thread(target=self._run, name="flow runner", daemon=True)
        self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """Stop as `request_stop` does, and wait for the thread.

        Parameters
        ----------
        timeout
            Seconds to wait; past them what still runs is killed and handed back.
        """
        self.request_stop()
        if self._thread is not None:
            self._thread.join(timeout)
            if self._thread.is_alive():
                self.request_kill()
                self._thread.join()

    def run(self) -> None:
        """Run in this thread, until somebody calls `request_stop`.

        Raises
        ------
        NeedsStoreFile, SchemaMismatch, StoreUnavailable
            The store cannot be used from the beginning; later trouble is told and waited out.
        """
        self._begin_to_be()
        self._run()

    def request_stop(self) -> None:
        """Claim nothing more, let runs go on for the grace time, then end them and hand them back.

        From any thread or signal handler.
        """
        if self._stopping is None:
            self._stopping = monotonic() + self._options.grace_seconds
        self._workers.wake()

    def request_kill(self) -> None:
        """Kill what runs, hand it back and stop; from any thread or signal handler."""
        self._stopping, self._killing = 0.0, True
        self._workers.wake()

    def wake(self) -> None:
        """Look at once for what is due; from any thread."""
        self._dirty = True
        self._workers.wake()

    def _begin_to_be(self) -> None:
        try:
            self._open()
        except BaseException:
            self._workers.close()
            raise

    def _open(self) -> None:
        workers = self._most if self._options.only is None else 0
        self._store = RunnerStore(self._settings, workers, self._options.deployments)
        self._sweeper = Sweeper(self._store, self._tell, self._options.child_grace_seconds + self._poll)
        if self._options.only is None and self._automating is None:
            self._automating = Automating(self._settings, self.wake)
            self._automating.start()
        text = f"runner {self.runner_id} on {self._store.queue.location}, {self._most} workers"
        self._say("started", text)

    def _run(self) -> None:
        told_stop = False
        try:
            while not self._is_done():
                if self._stopping is not None and not told_stop:
                    told_stop = True
                    self._say(
                        "stopping", f"{len(self._workers.running)} runs go on; they may take until the grace ends"
                    )
                self._turn()
                if not self._is_done():
                    self._workers.wait(self._time_to_wait())
        finally:
            self._close()

    def _is_done(self) -> bool:
        busy = bool(self._workers.running or self._ended)
        if self._stopping is not None:
            return not busy or (self._killing and not self._workers.running)
        return self._options.once and not busy and not self._dirty and not self._trouble

    def _turn(self) -> None:
        """Look at everything once; trouble with the store is told once, and waited out."""
        self._tell_of_automations()
        self._end_when_stopping()
        self._ended += self._workers.ended()
        if monotonic() < self._again_at and self._stopping is None:
            return
        try:
            self._look(self._usable_store())
        except StoreError as error:
            self._in_trouble(str(error))
            return
        except OSError as error:
            self._in_trouble(f"no process can be started: {error.strerror or error}")
            return
        if self._trouble:
            self._say("recovered", "the store can be used again")
        self._trouble, self._pause, self._again_at = "", 0.0, 0.0

    def _usable_store(self) -> RunnerStore:
        store = self._store
        assert store is not None
        try:
            store.check()
        except StoreError:
            if not file_exists(self._settings):
                raise
            self._open()  # another file is in its place: what was there is not ours to mend
            store.close()
            self._version, self._dirty = -1, True
        assert self._store is not None
        return self._store

    def _look(self, store: RunnerStore) -> None:
        assert self._sweeper is not None
        now, beat = time(), monotonic()
        if beat >= self._next_beat:
            if not store.claims.renew(now):
                self._be_there_anew(store, now)
            self._next_beat = beat + self._settings.heartbeat_seconds
        self._settle_ended(store, now)
        if beat >= self._next_sweep:
            self._hurry_ended(store)
            self._sweeper.sweep(now, {*self._workers.running, *(worker.run_id or "" for worker in self._ended)})
            self._next_sweep = beat + self._poll
        if self._stopping is None:
            self._plan_and_claim(store, now)
            self._ready_a_worker(now)

    def _plan_and_claim(self, store: RunnerStore, now: float) -> None:
        version = store.queue.file.data_version()
        changed = version != self._version or self._dirty
        plans = self._options.only is None
        if plans and (changed or (self._next_tick is not None and now >= self._next_tick)):
            decided, self._next_tick = store.planner.plan(now)
            self._tell_ticks_without_runs(decided)
            changed = changed or bool(decided)
            self._next_deployment = store.queue.next_deployment()
        if changed or (self._next_due is not None and now >= self._next_due):
            self._dirty = False
            self._next_due = store.queue.next_due(self._claim(store))
        self._version = version

    def _tell_ticks_without_runs(self, decided: list[DecidedTick]) -> None:
        """Tell each reason once: a week of minutes may have been missed."""
        reasons = Counter((tick.outcome, tick.reason) for tick in decided if tick.outcome not in {RUN, MERGED})
        for (outcome, reason), many in reasons.items():
            self._say("tick", f"{f'{many} ticks ' if many > 1 else ''}{outcome}: {reason}", state=outcome)

    def _claim(self, store: RunnerStore) -> float:
        """Claim what is due while there is room; return up to when everything was looked at."""
        while store.queue.is_any_due(now := time()) and self._workers.free > 0:
            most = self._workers.free
            claims = store.claims.claim(now, most, self._options.wants)
            if claims is None:
                self._be_there_anew(store, now)
                continue
            for claim in claims:
                self._begin(store, claim)
            if len(claims) < most:
                break
        return now

    def _begin(self, store: RunnerStore, claim: Claim) -> None:
        run_id = claim.run.run_id
        standing = store.claims.standing(run_id)
        if standing is None or standing.runner_id != self.runner_id:  # lost or cancelled in this very moment
            return
        name = claim.definition.name if claim.definition else claim.run.deployment_id
        self._active_at = self._begun_at = monotonic()
        self._say("begun", f"{name} begins", run_id, name)
        self._workers.begin(claim, name).earlier_attempts = standing.attempts

    def _ready_a_worker(self, now: float) -> None:
        if not self._keeps_ready:
            return
        spare = self._workers.spare
        match readying(self._ahead(now), None if spare is None else spare.deployment):
            case Readying.MAKE if self._workers.free > 0:
                self._workers.make_ready(self._next_deployment)
            case Readying.REPLACE if self._workers.free > 0:
                self._workers.drop_spare()
                self._workers.make_ready(self._next_deployment)
            case Readying.DROP:
                self._workers.drop_spare()
            case _:
                pass

    @property
    def _keeps_ready(self) -> bool:
        return self._options.keep_ready and not self._options.once

    def _ahead(self, now: float) -> Ahead:
        due = min((at for at in (self._next_tick, self._next_due) if at is not None), default=None)
        is_tick = due is not None and due == self._next_tick
        clock = monotonic()
        return Ahead(
            None if due is None else due - now,
            self._next_deployment if is_tick else None,
            clock - self._begun_at,
            clock - self._active_at,
            self._settings.kernel_idle_seconds,
        )

    def _hurry_ended(self, store: RunnerStore) -> None:
        """A worker whose run is over, by its own word or because it was taken for dead, has some seconds to go."""
        for run_id, worker in self._workers.running.items():
            standing = store.claims.standing(run_id)
            if standing is None or (standing.ended_at is not None and standing.attempts > worker.earlier_attempts):
                worker.ends_by = min(worker.ends_by, monotonic() + self._options.child_grace_seconds + OVERTIME)

    def _settle_ended(self, store: RunnerStore, now: float) -> None:
        while self._ended:
            worker = self._ended[0]
            self._settle(store, worker, now)
            self._ended.pop(0)
            self._dirty = True
            self._active_at = monotonic()

    def _settle(self, store: RunnerStore, worker: Worker, now: float) -> None:
        assert self._sweeper is not None
        run_id = worker.run_id or ""
        standing = store.claims.standing(run_id)
        never_began = standing is not None and standing.attempts <= worker.earlier_attempts
        if never_began and self._gave_up(store, worker, now):
            return
        if standing is not None and standing.ended_at is None and not standing.is_waiting:
            self._sweeper.record_lost(now)
        settled = store.claims.settle(run_id, self.runner_id, now, hand_back=worker.was_told_to_end and self._is_ending)
        try:
            run = store.reader.flow_run(run_id)
        except RunNotFound:  # deleted, or in the file that was here before
            self._tries.pop(run_id, None)
            self._say("returned", "the store does not know it any more", run_id, worker.deployment)
            return
        state = run.state
        words = {
            Settled.AGAIN: ("again", "its next attempt waits"),
            Settled.RELEASED: ("returned", "it waits as before"),
            Settled.RUNNING: ("returned", "another process executes it"),
            Settled.ELSEWHERE: ("returned", "it is not this runner's any more"),
        }
        kind, text = words.get(
            settled, ("ended", f"{state.message}{_last_words(worker) if state.name == 'Crashed' else ''}")
        )
        if settled is Settled.ELSEWHERE and state.is_final() and run.attempts <= worker.earlier_attempts:
            kind, text = "ended", state.message  # it was cancelled since it was claimed
        if not never_began:
            self._tries.pop(run_id, None)
        self._say(kind, f"{state.name}{': ' + text if text else ''}", run_id, worker.deployment, state.name)

    @property
    def _is_ending(self) -> bool:
        return self._stopping is not None

    def _gave_up(self, store: RunnerStore, worker: Worker, now: float) -> bool:
        """A process that ends before it has begun its run is tried again some times."""
        run_id = worker.run_id or ""
        tries = self._tries[run_id] = self._tries.get(run_id, 0) + 1
        if self._is_ending or tries < _TRIES:
            return False
        words = worker.last_words()
        message = f"its process ended {tries} times before it began (exit status {worker.exit_code()})"
        end = crashed(now, f"{message}{': ' + words if words else ''}")
        del self._tries[run_id]
        if store.claims.give_up(run_id, end):
            self._say("ended", f"Crashed: {end.message}", run_id, worker.deployment, "Crashed")
            return True
        if store.claims.settle(run_id, self.runner_id, now, again=False) is Settled.DONE:
            self._say("ended", f"no further attempt: {end.message}", run_id, worker.deployment)
            return True
        return False

    def _be_there_anew(self, store: RunnerStore, now: float) -> None:
        """It was stopped past its lease: runs that its workers hold are still its own, others are not."""
        before = store.register_anew()
        self._say("trouble", f"it was silent for too long and taken for dead; it goes on as {self.runner_id}")
        for run_id, worker in self._workers.running.items():
            standing = store.claims.standing(run_id)
            holds = standing is not None and standing.owner is not None and standing.owner.pid == worker.pid
            if not (holds and store.claims.adopt(run_id, before)):
                worker.kill()

    def _end_when_stopping(self) -> None:
        if self._stopping is None:
            return
        self._workers.drop_spare()
        if self._killing or monotonic() >= self._stopping + self._options.child_grace_seconds + 5.0:
            self._workers.kill()
        elif monotonic() >= self._stopping:
            for worker in self._workers.running.values():
                if not worker.was_told_to_end:
                    worker.terminate()

    def _in_trouble(self, text: str) -> None:
        if text != self._trouble:
            self._say("trouble", text)
        self._trouble = text
        self._pause = min(max(self._poll, self._pause * 2), _LONGEST_PAUSE)
        self._again_at = monotonic() + self._pause

    def _time_to_wait(self) -> float:
        clock, now = monotonic(), time()
        until = [clock + self._poll, self._workers.next_deadline()]
        if self._trouble:
            until.append(self._again_at)
        else:
            until += [self._next_beat, self._next_sweep]
            soonest = [at for at in (self._next_tick, self._next_due) if at is not None]
            if self._stopping is None and self._workers.free > 0:
                until += [clock + (at - now) for at in soonest]
                changes = changes_in(self._ahead(now)) if self._keeps_ready else None
                until += [] if changes is None else [clock + changes]
        return max(0.0, min(until) - clock)

    def _close(self) -> None:
        store = self._store
        self._workers.close()
        if self._automating is not None:
            self._automating.stop()
            self._tell_of_automations()
        if store is not None:
            try:
                self._settle_ended(store, time())
                store.claims.stop(time())
            except StoreError as error:
                self._say("trouble", str(error))
            self._say("stopped", "the runner has stopped")
            store.close()

    def _tell_of_automations(self) -> None:
        for event in self._automating.told() if self._automating is not None else ():
            self._tell(event)

    def _say(self, kind: str, text: str, run_id: str = "", deployment: str = "", state: str = "") -> None:
        self._tell(RunnerEvent(time(), kind, text, run_id, deployment, state))


def _last_words(worker: Worker) -> str:
    """What a process that did not end its run has left to say."""
    words = worker.last_words()
    return f" (exit status {worker.exit_code()}{': ' + words if words else ''})"


def _nobody(event: RunnerEvent) -> None:
    del event


__all__ = ["Runner", "RunnerOptions"]
