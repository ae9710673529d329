"""Lists of runs, and what goes on."""

from __future__ import annotations

import time
from dataclasses import replace

from jupyter_flows.cli.overview_as_json import overview_json
from jupyter_flows.cli.times import instant
from jupyter_flows.errors import RequestRefused
from jupyter_flows.graph.palette import look
from jupyter_flows.model.overview import WatchedRun
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.run_shapes import run_shapes, title_of, words_of_state
from jupyter_flows.server.shapes.queries import OverviewQuery, RunQuery
from jupyter_flows.server.shapes.runs import Overview, RunPage
from jupyter_flows.services.overviews import Overviews
from jupyter_flows.store.called import Whose


def list_runs(asked: Asked[RunQuery, None]) -> RunPage:
    """List runs, newest first."""
    query, door = asked.query, asked.site.door
    wanted = _wanted(query)
    found = door.reader().flow_runs(replace(wanted, limit=query.limit + 1))  # one more tells whether there are more
    more = len(found) > query.limit
    shown = found[: query.limit]
    return RunPage(runs=run_shapes(door, shown), next_offset=query.offset + query.limit if more else None)


def _wanted(query: RunQuery) -> RunFilter:
    return RunFilter(
        flow=query.flow,
        state=query.state,
        since=moment("since", query.since),
        until=moment("until", query.until),
        tags=tuple(query.tag),
        deployment=query.deployment,
        parent=query.parent,
        standalone=query.standalone,
        search=query.search or "",
        offset=query.offset,
    )


def moment(name: str, text: str | None) -> float | None:
    """Read how long ago, or a date or time; seconds since the epoch.

    Raises
    ------
    RequestRefused
    """
    try:
        return None if text is None else instant(text, time.time())
    except (ValueError, OverflowError) as error:
        raise RequestRefused({name: str(error)}) from None


def overview(asked: Asked[OverviewQuery, None]) -> Overview:
    """Say what runs, waits, has ended lately and comes next."""
    found = Overviews(asked.site.door.sql(), Whose(asked.query.flow)).read(time.time())
    told = overview_json(found)
    for name in ("running", "waiting", "ended"):
        runs: tuple[WatchedRun, ...] = getattr(found, name)
        for one, shown in zip(runs, told[name], strict=True):
            shown["title"] = title_of(one.run)
            shown["css"] = look(one.run.state.name, one.run.state.kind).css
            shown["words"] = words_of_state(one.run.state)
    return Overview.model_validate(told)


__all__ = ["list_runs", "moment", "overview"]
