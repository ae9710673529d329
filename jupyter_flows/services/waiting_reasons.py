"""Why a run of a deployment has not begun: what runners look at before they claim it, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jupyter_flows.graph.durations import duration_words
from jupyter_flows.model import waiting
from jupyter_flows.model.deployments import DeploymentDefinition, DeploymentRun
from jupyter_flows.model.waiting import WaitingReason
from jupyter_flows.schedules import Overlap
from jupyter_flows.store.claiming import limit_names
from jupyter_flows.store.live_runners import LiveRunner, live_runners
from jupyter_flows.store.queue_standing import Other, QueueStanding
from jupyter_flows.store.sql_connections import SqlConnections

_NAMED = 3
START_ONE = "start one: jupyter flows runner"


def waiting_reasons(
    sql: SqlConnections,
    run: DeploymentRun,
    definition: DeploymentDefinition | None,
    limits: Mapping[str, int],
    now: float,
) -> list[WaitingReason]:
    """Say why a queued run has not begun; at least one reason.

    Parameters
    ----------
    sql
        The store.
    run
        As it stands in the queue, not done.
    definition
        Of its deployment, at its version; None where that is gone.
    limits
        Slots of the limits that the settings name.
    now
        Seconds since the epoch.

    Raises
    ------
    StoreUnavailable
    """
    if run.due_at > now:
        said = f"it is due in {duration_words(run.due_at - now)}"
        return [WaitingReason(waiting.NOT_DUE, said)]
    runners = live_runners(sql, run.deployment_id)
    if run.runner_id is not None:
        return [_claimed(run, runners, now)]
    if not runners:
        return [WaitingReason(waiting.NO_RUNNER, "no runner is there to execute it", START_ONE)]
    standing = QueueStanding(sql)
    found = [
        *_by_deployment(standing, run, definition),
        *_by_overlap(standing, run),
        *_by_limits(standing, run, definition, dict(limits)),
        *_by_workers(standing, runners),
    ]
    if not found and (before := standing.before(run, now)):
        said = f"{before:,} due run{'' if before == 1 else 's'} of higher priority or longer due come first"
        found.append(WaitingReason(waiting.PRIORITY, said))
    return found or [WaitingReason(waiting.SOON, "nothing is in its way: a runner takes it with its next look")]


def _claimed(run: DeploymentRun, runners: Sequence[LiveRunner], now: float) -> WaitingReason:
    ago = duration_words(now - (run.claimed_at or now))
    for one in runners:
        if one.owner.token == run.runner_id:
            where = f"process {one.owner.pid} on {one.owner.host}"
            return WaitingReason(waiting.CLAIMED, f"a runner ({where}) took it {ago} ago and starts its process")
    said = f"the runner that took it {ago} ago is dead; another one frees it with its next look"
    return WaitingReason(waiting.CLAIMED, said, "" if runners else START_ONE)


def _by_deployment(
    standing: QueueStanding, run: DeploymentRun, definition: DeploymentDefinition | None
) -> Iterator[WaitingReason]:
    if definition is None or not definition.max_active:
        return
    active = standing.executed(run.deployment_id)
    if len(active) >= definition.max_active:
        said = f"its deployment executes at most {definition.max_active} at a time: {_named(active)}"
        yield WaitingReason(waiting.ACTIVE, said, run_ids=_ids(active))


def _by_overlap(standing: QueueStanding, run: DeploymentRun) -> Iterator[WaitingReason]:
    policy = standing.overlap(run.schedule_id)
    if policy not in {Overlap.QUEUE, Overlap.CANCEL}:
        return
    if earlier := standing.earlier(run):
        said = f"the run of an earlier tick is not done (overlap is {policy}): {_named(earlier)}"
        yield WaitingReason(waiting.OVERLAP, said, run_ids=_ids(earlier))


def _by_limits(
    standing: QueueStanding, run: DeploymentRun, definition: DeploymentDefinition | None, by_settings: dict[str, int]
) -> Iterator[WaitingReason]:
    for limit in standing.limits(limit_names(definition, run), by_settings):
        if limit.taken >= limit.slots:
            held = f", held by {_named(limit.holders)}" if limit.holders else ""
            said = f"no slot of the limit {limit.name!r} is free ({limit.taken} of {limit.slots} taken{held})"
            yield WaitingReason(waiting.LIMIT, said, run_ids=_ids(limit.holders))


def _by_workers(standing: QueueStanding, runners: Sequence[LiveRunner]) -> Iterator[WaitingReason]:
    busy, workers = standing.executed(), sum(one.workers for one in runners)
    if len(busy) >= workers:
        said = f"{'the only worker is' if workers == 1 else f'all {workers} workers are'} busy: {_named(busy)}"
        yield WaitingReason(waiting.BUSY, said, "start another runner, or one with more --workers", _ids(busy))


def _named(others: Sequence[Other]) -> str:
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return ", ".join(f"{one.name} ({one.state})" for one in others[:_NAMED]) + more


def _ids(others: Sequence[Other]) -> tuple[str, ...]:
    return tuple(one.run_id for one in others)


__all__ = ["START_ONE", "waiting_reasons"]
