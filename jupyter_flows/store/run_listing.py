"""The query behind every list of runs: a filter as SQL text with its values."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_flows.model.runs import RunFilter
from jupyter_flows.store.columns import ALL_OF_FLOW_RUNS
from jupyter_flows.store.scrub import storable

NEWEST = "ORDER BY flow_runs.created_at DESC, flow_runs.rowid DESC"
SELECT_RUNS = f"SELECT {', '.join(f'flow_runs.{name}' for name in ALL_OF_FLOW_RUNS)} FROM flow_runs"  # noqa: S608 - our own names
_LISTED = "flow_runs.kind <> 'task'"  # as in the partial index, which a bound value would not match
_TAGGED = "EXISTS (SELECT 1 FROM json_each(flow_runs.tags) AS tag WHERE tag.value = ?)"
# The name of a deployment that was deleted is left in the names of its runs, as `run_origins` tells it.
_DEPLOYED = (
    "flow_runs.id IN (SELECT run_id FROM deployment_runs "
    "WHERE deployment_id = (SELECT id FROM deployments WHERE name = ?) OR deployment_id = ? "
    "UNION SELECT q.run_id FROM deployment_runs q JOIN flow_runs f ON f.id = q.run_id "
    "WHERE f.name = ? || '-' || substr(q.run_id, 1, 6) "
    "AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.id = q.deployment_id))"
)
# `instr` and not LIKE, so that no wildcard is in what the user typed; and no `lower`, which knows only ASCII.
_HOLDS = (
    "(instr(folded(flow_runs.flow), ?) > 0 OR instr(folded(flow_runs.name), ?) > 0 "
    "OR instr(folded(flow_runs.state_name), ?) > 0 "
    "OR EXISTS (SELECT 1 FROM json_each(flow_runs.tags) AS tag WHERE instr(folded(tag.value), ?) > 0))"
)


def listing(wanted: RunFilter) -> tuple[str, list[object]]:
    """Return the query of a filter, newest runs first, and its values; page and exact states are left to the caller."""
    given: list[tuple[str, Sequence[object]]] = []
    if not wanted.standalone and wanted.parent is None:
        given.append((_LISTED, ()))
    if wanted.flow is not None:
        given.append(("flow_runs.flow = ?", [storable(wanted.flow)]))
    if wanted.since is not None:
        given.append(("flow_runs.created_at >= ?", [wanted.since]))
    if wanted.until is not None:
        given.append(("flow_runs.created_at < ?", [wanted.until]))
    if wanted.parent is not None:
        given.append(("flow_runs.parent_run_id = ?", [storable(wanted.parent)]))
    given += [(_TAGGED, [storable(tag)]) for tag in wanted.tags]
    if wanted.deployment is not None:
        given.append((_DEPLOYED, [storable(wanted.deployment)] * 3))
    given += [(_HOLDS, [storable(word)] * 4) for word in wanted.words]
    if wanted.states:
        given.append(_perhaps_in([storable(word) for word in wanted.states]))
    where = f" WHERE {' AND '.join(condition for condition, _ in given)}" if given else ""
    return f"{SELECT_RUNS}{where} {NEWEST}", [value for _, values in given for value in values]


def _perhaps_in(words: list[str]) -> tuple[str, Sequence[object]]:
    """In one of these states as written, or open: a dead owner's run counts as Crashed, a late one as Late."""
    places = ", ".join("?" * len(words))
    either = f"flow_runs.state_kind IN ({places}) OR folded(flow_runs.state_name) IN ({places})"
    return f"({either} OR flow_runs.ended_at IS NULL)", [*words, *words]


__all__ = ["NEWEST", "SELECT_RUNS", "listing"]
