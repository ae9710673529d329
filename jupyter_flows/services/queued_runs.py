"""Runs in the queue, followed to their ends: a runner executes them, or this process where none is there."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from functools import cached_property
from typing import Self

from jupyter_flows.services.backfill import is_over
from jupyter_flows.services.runner import Runner, RunnerOptions
from jupyter_flows.settings import Settings
from jupyter_flows.store import open_reader
from jupyter_flows.store.live_runners import live_runners
from jupyter_flows.store.location import open_sql
from jupyter_flows.store.runs_of_deployments import RunOfDeployment, RunsOfDeployments

_LONGEST_LOOK = 0.5  # seconds
_TO_CANCEL = 15.0  # seconds that cancelled runs get to end


class QueuedRuns:
    """Runs that were put into the queue; used with ``with``.

    Parameters
    ----------
    settings
        Of the store.
    run_ids
        Those that are followed.
    workers
        How many are executed at a time where this process executes them.

    Raises
    ------
    StoreError
    """

    def __init__(self, settings: Settings, run_ids: Iterable[str], workers: int = 1) -> None:
        self._settings, self._workers = settings, workers
        self._left = dict.fromkeys(run_ids)
        self._all = frozenset(self._left)
        self._sql = open_sql(settings)
        self._runs = RunsOfDeployments(self._sql)
        self._runner: Runner | None = None
        self._pause = min(_LONGEST_LOOK, settings.poll_seconds)
        self.running: list[RunOfDeployment] = []

    def __enter__(self) -> Self:
        self._see_to_execution()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._runner is not None:
                self._runner.stop(0.0 if self._left else None)
        finally:
            self._sql.close()

    @property
    def left(self) -> int:
        """How many are not over."""
        return len(self._left)

    @property
    def executes_here(self) -> bool:
        """Whether this process executes them."""
        return self._runner is not None

    def wait(self) -> list[RunOfDeployment]:
        """Wait a moment, unless there is news; return those that are over now, each once.

        Raises
        ------
        StoreUnavailable
        """
        if found := self._look():
            return found
        time.sleep(self._pause)
        self._see_to_execution()
        return self._look()

    def cancel(self) -> list[RunOfDeployment]:
        """Cancel what is not over, and wait some seconds for it; return what is over then.

        Raises
        ------
        StoreUnavailable
        """
        with closing(open_reader(self._settings)) as reader:
            for run_id in self._left:
                reader.request_cancel(run_id, time.time())
        ended: list[RunOfDeployment] = []
        give_up = time.monotonic() + _TO_CANCEL
        while self._left and time.monotonic() < give_up:
            ended += self.wait()
        return ended

    def _look(self) -> list[RunOfDeployment]:
        moved = self._runs.moved(self._left)
        over = [one for one in moved if is_over(one) or one.run.state.is_cancelled()]
        for one in over:
            del self._left[one.run.id]
        self.running = [one for one in moved if one.run.id in self._left]
        return sorted(over, key=lambda one: one.run.ended_at or one.run.created_at)

    @cached_property
    def _deployments(self) -> frozenset[str]:
        """Ids of the deployments that they are of; it is asked again and again whether somebody executes these."""
        return frozenset(one.queued.deployment_id for one in self._runs.these(self._all))

    def _has_runner(self) -> bool:
        of = self._deployments
        return all(live_runners(self._sql, one) for one in of) if of else bool(live_runners(self._sql))

    def _see_to_execution(self) -> None:
        if self._runner is None and not self._has_runner():
            options = RunnerOptions(workers=self._workers, keep_ready=False, only=self._all)
            self._runner = Runner(self._settings, options)
            self._runner.start()


__all__ = ["QueuedRuns"]
