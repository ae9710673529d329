"""Events in the store's file: what was emitted, and the states that the database told by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from jupyter_flows.automations.triggers import Late
from jupyter_flows.model.stored_event import StoredEvent
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.store_file import StorePart

LATE = "run.late"
_LONGEST_PARAMETERS = 65_536  # characters; of longer ones an event has none, because firings keep what it says
_OF_RUN = "f.flow, d.name, f.tags, f.parameters, f.parent_run_id"
_SELECT = (
    "SELECT e.id, e.at, e.name, e.resource, e.run_id, e.kind, e.state, e.message, e.is_end, e.payload, "  # noqa: S608
    f"{_OF_RUN} FROM events e LEFT JOIN flow_runs f ON f.id = e.run_id "
    "LEFT JOIN deployment_runs q ON q.run_id = e.run_id LEFT JOIN deployments d ON d.id = q.deployment_id "
)
_INSERT = "INSERT INTO events (at, name, resource, run_id, is_end, payload) VALUES (?, ?, ?, ?, 0, ?)"
# Runs that have not ended, and those whose runner may still give them another attempt; each with when it was due.
_OPEN = (
    "SELECT coalesce(q.due_at, f.started_at, f.created_at) AS due, f.id, f.state_kind, f.state_name, "  # noqa: S608
    f"{_OF_RUN} FROM flow_runs f LEFT JOIN deployment_runs q ON q.run_id = f.id "
    "LEFT JOIN deployments d ON d.id = q.deployment_id "
    "WHERE f.id IN (SELECT id FROM flow_runs WHERE ended_at IS NULL AND kind <> 'task' "
    "UNION SELECT run_id FROM deployment_runs WHERE done_at IS NULL) AND due <= ?"
)


class Events(StorePart):
    """The events of one store."""

    def add(self, at: float, name: str, resource: str = "", run_id: str = "", payload: str | None = None) -> int:
        """Keep an event; return its id.

        Parameters
        ----------
        payload
            JSON; None for none.
        """
        with self.file.writing() as connection:
            row = (at, storable(name), storable(resource), run_id or None, payload)
            return int(connection.execute(_INSERT, row).lastrowid or 0)

    def after(self, event_id: int, limit: int) -> list[StoredEvent]:
        """Return events with a higher id, oldest first."""
        return _events(self.file.read(f"{_SELECT} WHERE e.id > ? ORDER BY e.id LIMIT ?", event_id, limit))

    def newest(self, limit: int, *, name: str = "*", run_id: str = "") -> list[StoredEvent]:
        """Return the newest events, oldest first.

        Parameters
        ----------
        name
            In which ``*`` and ``?`` stand for other signs.
        run_id
            Only those of this run.
        """
        wanted, values = "WHERE e.name GLOB ?", [storable(name).replace("[", "[[]")]
        if run_id:
            wanted, values = f"{wanted} AND e.run_id = ?", [*values, run_id]
        return _events(self.file.read(f"{_SELECT} {wanted} ORDER BY e.id DESC LIMIT ?", *values, limit))[::-1]

    def last_id(self) -> int:
        """Return the id of the newest event, 0 where there never was one."""
        return int(self.file.read("SELECT coalesce(max(id), 0) FROM events")[0][0])

    def late(self, trigger: Late, now: float) -> list[StoredEvent]:
        """Return runs that have not ended so long after they were due, as events; a trigger may be about others."""
        rows = self.file.read(_OPEN, now - trigger.within_seconds)
        return [_late(row, trigger, now) for row in rows]

    def drop(self, before: float, limit: int = 10_000) -> int:
        """Forget events from before an instant, at most so many; return how many."""
        old = "SELECT id FROM events WHERE at < ? ORDER BY id LIMIT ?"
        with self.file.writing() as connection:
            return connection.execute(f"DELETE FROM events WHERE id IN ({old})", (before, limit)).rowcount  # noqa: S608


def _events(rows: Iterable[tuple[Any, ...]]) -> list[StoredEvent]:
    return [_event(*row) for row in rows]


def _event(
    id_: int,
    at: float,
    name: str,
    resource: str,
    run_id: str | None,
    kind: str | None,
    state: str | None,
    message: str | None,
    is_end: int,
    payload: str | None,
    *of_run: Any,
) -> StoredEvent:
    told = None if payload is None else json.loads(payload)
    standing = (kind or "", state or "", message or "", bool(is_end))
    return StoredEvent(id_, at, name, resource, run_id or "", *standing, told, **_run_facts(*of_run))


def _run_facts(
    flow: str | None, deployment: str | None, tags: str | None, parameters: str | None, parent: str | None
) -> dict[str, Any]:
    given = json.loads(parameters) if parameters and len(parameters) <= _LONGEST_PARAMETERS else {}
    return {
        "flow": flow or "",
        "deployment": deployment or "",
        "tags": tuple(json.loads(tags or "[]")),
        "parameters": given if isinstance(given, dict) else {},
        "is_called": parent is not None,
    }


def _late(row: tuple[Any, ...], trigger: Late, now: float) -> StoredEvent:
    due, run_id, kind, state, *of_run = row
    payload = {"due_at": due, "deadline": due + trigger.within_seconds, "late_seconds": now - due}
    facts = _run_facts(*of_run)
    return StoredEvent(0, now, LATE, f"flow:{facts['flow']}", run_id, kind, state, payload=payload, **facts)


__all__ = ["LATE", "Events"]
