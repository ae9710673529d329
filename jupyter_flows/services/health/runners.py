"""The runners: whether somebody is there to execute what is due."""

from __future__ import annotations

import time
from collections.abc import Iterator

from jupyter_flows.services.health.finding import OK, WARN, Finding
from jupyter_flows.store.live_runners import LiveRunner, live_runners
from jupyter_flows.store.named_rows import Rows
from jupyter_flows.store.ongoing_runs import OngoingRuns

_TICKING = (
    "SELECT s.deployment_id FROM schedules s JOIN deployments d ON d.id = s.deployment_id "
    "WHERE s.paused = 0 AND s.next_at IS NOT NULL AND d.paused = 0"
)
_OPEN = "SELECT count(*) FROM flow_runs WHERE ended_at IS NULL"


def look_at_runners(store: Rows) -> Iterator[Finding]:
    """Look at the runners, and at what waits for them."""
    alive = live_runners(store)
    ticking = [deployment for (deployment,) in store.rows(_TICKING)]
    active = sum(not any(one.executes(deployment) for one in alive) for deployment in ticking)
    late = [run for run in OngoingRuns(store).unfinished() if run.state.name == "Late"]
    if alive:
        yield Finding(OK, "runners", ", ".join(map(_told, alive)))
    if active or (late and not alive):
        said = f"none is there for {active} schedule{'' if active == 1 else 's'}"
        yield Finding(WARN, "runners", said, "start one: jupyter flows runner")
    elif not alive:
        yield Finding(OK, "runners", "none is there, and nothing is scheduled")
    if late:
        longest = max(time.time() - run.lease_until for run in late)
        said = f"{len(late)} due runs have not begun, for up to {longest:,.0f} s"
        yield Finding(WARN, "late runs", said, f"jupyter flows why {late[0].id[:8]}")
    yield _lost(store)


def _told(one: LiveRunner) -> str:
    served = "" if one.serves is None else f", deployments served: {len(one.serves)}"
    workers = f"{one.workers} worker{'' if one.workers == 1 else 's'}"
    return f"process {one.owner.pid} on {one.owner.host} ({workers}{served})"


def _lost(store: Rows) -> Finding:
    """Runs whose process is gone: shown as Crashed, and recorded as that by the next who writes."""
    unfinished = store.rows(_OPEN)[0][0]
    lost = sum(run.ended_at is not None for run in OngoingRuns(store).unfinished())
    if lost:
        said = f"{unfinished - lost} open, {lost} lost with their process (shown as Crashed)"
        return Finding(
            OK, "runs", said, "jupyter flows ls --state crashed; jupyter flows resume RUN takes one up again"
        )
    return Finding(OK, "runs", f"{unfinished} open, none lost with its process")


__all__ = ["look_at_runners"]
