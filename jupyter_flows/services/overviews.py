"""Looking at what goes on, again and again: what changes slowly is not asked for each time."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_flows.model.overview import Overview, Progress, Usual, WatchedRun
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.states import PENDING, SCHEDULED
from jupyter_flows.store.called import EVERYBODY, Whose
from jupyter_flows.store.named_rows import Rows
from jupyter_flows.store.ongoing_runs import OngoingRuns
from jupyter_flows.store.run_origins import run_origins

LATELY = 3600.0  # seconds for which a run that has ended is shown
TICKS = 5
_USUAL_FOR = 30.0  # seconds for which what is usual stays known
_MOST_ENDED = 50
_WAITING = frozenset({SCHEDULED, PENDING})


class Overviews:
    """Reads overviews of one store.

    Parameters
    ----------
    store
        What reads it.
    whose
        Only these runs and their ticks; all when not given.
    """

    def __init__(self, store: Rows, whose: Whose = EVERYBODY) -> None:
        self._store = store
        self._ongoing = OngoingRuns(store, whose)
        self._usual: dict[str, tuple[float, Usual | None]] = {}

    def read(self, now: float) -> Overview:
        """Return what goes on.

        Parameters
        ----------
        now
            Seconds since the epoch.

        Raises
        ------
        StoreUnavailable
        """
        unfinished = self._ongoing.unfinished()
        lately = [run for run in unfinished if run.ended_at is not None] + self._ongoing.ended(now - LATELY)
        open_runs = [run for run in unfinished if run.ended_at is None]
        ended = sorted(lately, key=lambda run: -(run.ended_at or 0.0))[:_MOST_ENDED]
        shown = self._watched([*open_runs, *ended], now)
        waiting = [one for one in shown if one.run.state.kind in _WAITING]
        return Overview(
            now,
            tuple(one for one in shown[: len(open_runs)] if one.run.state.kind not in _WAITING),
            tuple(sorted(waiting, key=lambda one: one.origin.queued.due_at if one.origin else one.run.created_at)),
            tuple(shown[len(open_runs) :]),
            tuple(self._ongoing.ticks(TICKS)),
        )

    def _watched(self, runs: Iterable[FlowRun], now: float) -> list[WatchedRun]:
        runs = list(runs)
        ids = [run.id for run in runs]
        progress, origins = self._ongoing.progress(ids), run_origins(self._store, ids)
        nothing = Progress()
        return [
            WatchedRun(run, progress.get(run.id, nothing), self._usual_of(run.flow, now), origins.get(run.id))
            for run in runs
        ]

    def _usual_of(self, flow: str, now: float) -> Usual | None:
        known = self._usual.get(flow)
        if known is None or now - known[0] > _USUAL_FOR:
            known = self._usual[flow] = (now, self._ongoing.usual(flow))
        return known[1]


__all__ = ["LATELY", "TICKS", "Overviews"]
