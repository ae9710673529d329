"""Deployments, their versions and their schedules in the store's file: one short transaction for each change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_flows.errors import DeploymentNotFound, ScheduleNotFound
from jupyter_flows.model.deployment_text import definition_text, read_definition
from jupyter_flows.model.deployments import Deployment, DeploymentDefinition, ScheduleDefinition, StoredSchedule
from jupyter_flows.model.states import CANCELLED, State
from jupyter_flows.schedules import from_json
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.store_file import StorePart
from jupyter_flows.store.waiting_end import end_waiting

_SELECT = (
    "SELECT d.id, v.version, v.definition, v.digest, d.paused, d.created_at, v.at, v.snapshot, v.environment "
    "FROM deployments d JOIN deployment_versions v ON v.deployment_id = d.id "
)
_NEWEST = f"{_SELECT} AND v.version = d.version "
_SCHEDULES = "SELECT id, deployment_id, name, definition, catchup, overlap, paused, created_at, planned_at, next_at "
_OPEN = "SELECT run_id FROM deployment_runs WHERE deployment_id = ? AND done_at IS NULL ORDER BY due_at, run_id"
# What a run that has not ended was made from is kept with it; the next deletion takes it along.
_SWEEP = (
    "DELETE FROM deployment_versions WHERE deployment_id NOT IN (SELECT id FROM deployments) AND NOT EXISTS ("
    "SELECT 1 FROM deployment_runs r WHERE r.deployment_id = deployment_versions.deployment_id "
    "AND r.version = deployment_versions.version AND r.done_at IS NULL)"
)


@dataclass(frozen=True, slots=True)
class Applied:
    """What `Deployments.apply` did.

    Parameters
    ----------
    created
        Whether there was no deployment of that name before.
    changed
        Whether a version was written; an unchanged definition of unchanged source writes nothing.
    """

    deployment: Deployment
    created: bool
    changed: bool


class Deployments(StorePart):
    """The deployments of one store."""

    def apply(
        self,
        definition: DeploymentDefinition,
        *,
        digest: str,
        snapshot: str = "",
        environment: Mapping[str, Any] | None = None,
        at: float,
        new_id: Callable[[], str],
    ) -> Applied:
        """Store a deployment: as new, as the next version of the one of that name, or not at all if nothing changed.

        Schedules are matched by name. One with the same ticks goes on where it stands; a new or changed one begins
        after `at`; one that is gone is removed. What was paused stays so, unless the definition now says otherwise.

        Parameters
        ----------
        digest
            Of definition and source.
        snapshot
            The folder that keeps the source.
        environment
            Interpreter, kernel and packages, as JSON values.
        at
            Now, in seconds since the epoch.
        new_id
            Draws an id.
        """
        with self.file.writing(durable=True):
            found = self.file.read(f"{_NEWEST} WHERE d.name = ?", storable(definition.name))
            old = _deployment(found[0]) if found else None
            if old is not None and old.digest == digest:
                return Applied(old, created=False, changed=False)
            made = Deployment(
                old.id if old else new_id(),
                old.version + 1 if old else 1,
                definition,
                digest,
                old.paused if old else False,
                old.created_at if old else at,
                at,
                snapshot,
                environment or {},
            )
            self._write(made)
            self._write_schedules(made, old, at, new_id)
        return Applied(made, created=old is None, changed=True)

    def get(self, name: str) -> Deployment:
        """Return a deployment by its name or id, at its newest version.

        Raises
        ------
        DeploymentNotFound
            It names the nearest ones.
        """
        wanted = storable(name)  # somebody's command line may hold anything
        rows = self.file.read(f"{_NEWEST} WHERE d.name = ? OR d.id = ? ORDER BY d.name <> ?", wanted, wanted, wanted)
        if not rows:
            raise DeploymentNotFound(name, [known for (known,) in self.file.read("SELECT name FROM deployments")])
        return _deployment(rows[0])

    def all(self) -> list[Deployment]:
        """Return every deployment at its newest version, by name."""
        return [_deployment(row) for row in self.file.read(f"{_NEWEST} ORDER BY d.name")]

    def versions(self, deployment_id: str) -> list[Deployment]:
        """Return a deployment as it was at each of its versions, newest first; empty for one that was deleted."""
        rows = self.file.read(f"{_SELECT} WHERE d.id = ? ORDER BY v.version DESC", deployment_id)
        return [_deployment(row) for row in rows]

    def version(self, deployment_id: str, version: int) -> Deployment:
        """Return a deployment at one of its versions; also of a deleted one while a run made from it has not ended.

        Raises
        ------
        DeploymentNotFound
        """
        columns = (
            "SELECT v.deployment_id, v.version, v.definition, v.digest, coalesce(d.paused, 1), "
            "coalesce(d.created_at, v.at), v.at, v.snapshot, v.environment FROM deployment_versions v "
            "LEFT JOIN deployments d ON d.id = v.deployment_id WHERE v.deployment_id = ? AND v.version = ?"
        )
        rows = self.file.read(columns, deployment_id, version)
        if not rows:
            raise DeploymentNotFound(f"{deployment_id} (version {version})")
        return _deployment(rows[0])

    def snapshots(self) -> set[str]:
        """Return the folders of source that some version still names."""
        return {folder for (folder,) in self.file.read("SELECT DISTINCT snapshot FROM deployment_versions") if folder}

    def schedules(self, deployment_id: str | None = None) -> list[StoredSchedule]:
        """Return the schedules of a deployment, or of all of them, in the order of their next ticks."""
        wanted, values = ("", ()) if deployment_id is None else ("WHERE deployment_id = ?", (deployment_id,))
        rows = self.file.read(f"{_SCHEDULES} FROM schedules {wanted} ORDER BY next_at IS NULL, next_at, name", *values)
        return [stored_schedule(row) for row in rows]

    def set_paused(
        self, name: str, schedule: str | None = None, *, paused: bool, at: float
    ) -> tuple[Deployment, list[StoredSchedule]]:
        """Pause or resume a deployment's schedules, or one of them; runs that exist already are left alone.

        While it is paused a schedule has no next tick. Resumed, it begins after `at`: ticks of the pause never run.
        Of a paused deployment no schedule ticks, whatever they were before; resumed, each is as it was.

        Returns
        -------
        Deployment and its schedules as they stand then.

        Raises
        ------
        DeploymentNotFound, ScheduleNotFound
        """
        with self.file.writing(durable=True):
            found = self.get(name)
            concerned = self._of(found.id)
            if schedule is not None:
                known = [one.definition.name for one in concerned]
                concerned = [one for one in concerned if one.definition.name == schedule]
                if not concerned:
                    raise ScheduleNotFound(found.definition.name, schedule, known)
                self.file.execute(
                    "UPDATE schedules SET paused = ? WHERE deployment_id = ? AND name = ?",
                    *(int(paused), found.id, storable(schedule)),
                )
            else:
                self.file.execute("UPDATE deployments SET paused = ? WHERE id = ?", int(paused), found.id)
            now = self.get(found.id)
            before = {one.id: one.definition.paused or found.paused for one in concerned}
            for one in self._of(found.id):
                if one.id in before and before[one.id] != (one.definition.paused or now.paused):
                    self._set_next(one, at, paused=paused)
            return now, self._of(found.id)

    def delete(self, name: str, *, at: float) -> list[str]:
        """Delete a deployment, its schedules and their ticks; runs that go on and ended ones stay.

        Returns
        -------
        The ids of the runs that waited, which are Cancelled now.

        Raises
        ------
        DeploymentNotFound
        """
        with self.file.writing(durable=True) as connection:
            found = self.get(name)
            why = f"deployment {found.definition.name} was deleted before it began"
            waiting = [run_id for (run_id,) in self.file.read(_OPEN, found.id)]
            end = State(CANCELLED, "Cancelled", why, at)
            cancelled = [run_id for run_id in waiting if end_waiting(connection, run_id, end)]
            of_schedules = "schedule_id IN (SELECT id FROM schedules WHERE deployment_id = ?)"
            self.file.execute(f"DELETE FROM ticks WHERE {of_schedules}", found.id)  # noqa: S608 - our own words
            self.file.execute("DELETE FROM schedules WHERE deployment_id = ?", found.id)
            self.file.execute("DELETE FROM deployments WHERE id = ?", found.id)
            self.file.execute(_SWEEP)
        return cancelled

    def _write(self, made: Deployment) -> None:
        definition = made.definition
        common = (storable(definition.name), storable(definition.flow), definition.kind, made.version)
        if made.version == 1:
            values = (*common, int(made.paused), made.created_at, made.updated_at)
            self.file.execute("INSERT INTO deployments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", made.id, *values)
        else:
            change = "UPDATE deployments SET name = ?, flow = ?, kind = ?, version = ?, updated_at = ? WHERE id = ?"
            self.file.execute(change, *common, made.updated_at, made.id)
        self.file.execute(
            "INSERT INTO deployment_versions VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(made.id, made.version, made.updated_at, definition_text(definition), made.digest),
            *(storable(made.snapshot), json.dumps(dict(made.environment), sort_keys=True)),
        )

    def _write_schedules(self, made: Deployment, old: Deployment | None, at: float, new_id: Callable[[], str]) -> None:
        stored = {one.definition.name: one for one in self._of(made.id)}
        said = {one.name: one.paused for one in old.definition.schedules} if old else {}
        for wanted in made.definition.schedules:
            there = stored.pop(wanted.name, None)
            if there is None:
                self._insert(new_id(), made, wanted, at)
                continue
            paused = there.definition.paused if said.get(wanted.name) == wanted.paused else wanted.paused
            self.file.execute(
                "UPDATE schedules SET definition = ?, catchup = ?, overlap = ?, paused = ? WHERE id = ?",
                *(wanted.source, wanted.catchup, wanted.overlap, int(paused), there.id),
            )
            if wanted.source != there.definition.source or paused != there.definition.paused:
                changed = StoredSchedule(there.id, made.id, wanted, there.created_at, there.planned_at, None)
                self._set_next(changed, at, paused=paused or made.paused)
        for gone in stored.values():
            self.file.execute("DELETE FROM ticks WHERE schedule_id = ?", gone.id)
            self.file.execute("DELETE FROM schedules WHERE id = ?", gone.id)

    def _insert(self, schedule_id: str, made: Deployment, wanted: ScheduleDefinition, at: float) -> None:
        self.file.execute(
            "INSERT INTO schedules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(schedule_id, made.id, storable(wanted.name), wanted.source, wanted.catchup, wanted.overlap),
            *(int(wanted.paused), at, at, None),
        )
        created = StoredSchedule(schedule_id, made.id, wanted, at, at, None)
        self._set_next(created, at, paused=wanted.paused or made.paused)

    def _set_next(self, one: StoredSchedule, at: float, *, paused: bool) -> None:
        """Let a schedule's ticks begin anew after an instant, or never while it is paused."""
        following = None if paused else from_json(one.definition.source).next_at(at)
        self.file.execute("UPDATE schedules SET planned_at = ?, next_at = ? WHERE id = ?", at, following, one.id)

    def _of(self, deployment_id: str) -> list[StoredSchedule]:
        rows = self.file.read(f"{_SCHEDULES} FROM schedules WHERE deployment_id = ? ORDER BY name", deployment_id)
        return [stored_schedule(row) for row in rows]


def _deployment(row: Iterable[Any]) -> Deployment:
    one, version, definition, digest, paused, created_at, at, snapshot, environment = row
    told = read_definition(definition)
    return Deployment(one, version, told, digest, bool(paused), created_at, at, snapshot, json.loads(environment))


def stored_schedule(row: Iterable[Any]) -> StoredSchedule:
    """Read the columns of a schedule, in their order in the table."""
    one, deployment_id, name, source, catchup, overlap, paused, created_at, planned_at, next_at = row
    definition = ScheduleDefinition(name, source, catchup, overlap, bool(paused))
    return StoredSchedule(one, deployment_id, definition, created_at, planned_at, next_at)


__all__ = ["Applied", "Deployments", "stored_schedule"]
