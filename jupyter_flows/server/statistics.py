"""How often flows end well, and how long they take."""

from __future__ import annotations

import time

from jupyter_flows.cli.statistics_as_json import statistics_json
from jupyter_flows.cli.times import iso
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.run_lists import moment
from jupyter_flows.server.shapes.queries import StatsQuery
from jupyter_flows.server.shapes.surroundings import Stats
from jupyter_flows.services.statistics import WEEK, statistics_of
from jupyter_flows.store.called import Whose

_MOST = 500


def stats(asked: Asked[StatsQuery, None]) -> Stats:
    """Tell how often flows end well, and how long they take."""
    now, flow = time.time(), asked.query.flow
    since = moment("since", asked.query.since) or 0.0
    first = min(since, now - 2 * WEEK)
    whose = Whose(flow)
    with asked.site.door.ended_runs() as ended:
        flows = statistics_of(ended.flow_runs(first, whose), since, now)[:_MOST]
        tasks = None if flow is None else statistics_of(ended.task_runs(first, whose), since, now)[:_MOST]
    told = {
        "since": iso(since),
        "until": iso(now),
        "flows": [statistics_json(one) for one in flows],
        "tasks": None if tasks is None else [statistics_json(one) for one in tasks],
    }
    return Stats.model_validate(told)


__all__ = ["stats"]
