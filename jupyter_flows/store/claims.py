"""What one runner does in the store: it is there, claims due runs, and settles what is executed no longer."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from jupyter_flows.errors import DeploymentNotFound
from jupyter_flows.model.deployments import DeploymentDefinition
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.states import State
from jupyter_flows.store import runners, settling
from jupyter_flows.store.claiming import Claim, Wanted, claim_due
from jupyter_flows.store.deployments import Deployments
from jupyter_flows.store.queue import Queue
from jupyter_flows.store.settling import Settled, Standing
from jupyter_flows.store.waiting_end import end_waiting


class Claims:
    """The claims of one runner.

    Parameters
    ----------
    queue, deployments
        Of the store.
    runner
        This process; its token is the runner's id.
    lease_seconds
        How long the runner counts as alive without a word, where its process cannot be looked at.
    limits
        Slots of limits that the store does not name.
    """

    def __init__(
        self, queue: Queue, deployments: Deployments, runner: Owner, lease_seconds: float, limits: Mapping[str, int]
    ) -> None:
        self._file, self._deployments, self._runner = queue.file, deployments, runner
        self._lease_seconds, self._limits = lease_seconds, limits
        self._definitions: dict[tuple[str, int], DeploymentDefinition] = {}

    @property
    def runner(self) -> Owner:
        """Who claims."""
        return self._runner

    def register(self, workers: int, at: float, serves: Collection[str] | None = None) -> None:
        """Write down that this runner is there.

        Parameters
        ----------
        workers
            How many runs it executes at a time; 0 for one that is there for certain runs only.
        serves
            Ids of the deployments whose runs it executes; all when not given.
        """
        with self._file.writing(durable=True) as connection:
            runners.register(connection, self._runner, workers, at, at + self._lease_seconds, serves)

    def renew(self, at: float) -> bool:
        """Say that this runner lives; False where others took it for dead, and everything it had claimed from it."""
        with self._file.writing() as connection:
            return runners.renew(connection, self._runner.token, at + self._lease_seconds)

    def stop(self, at: float) -> None:
        """Write down that this runner has ended."""
        with self._file.writing(durable=True) as connection:
            runners.stop(connection, self._runner.token, at)

    def claim(self, at: float, most: int, wanted: Wanted | None = None) -> list[Claim] | None:
        """Claim due runs, the highest priority first and then the longest due; each run is claimed by one runner.

        Parameters
        ----------
        at
            Now, in seconds since the epoch.
        most
            How many at most.
        wanted
            Tells which runs may be claimed; any when not given.

        Returns
        -------
        What was claimed; None where others took this runner for dead: then it claims nothing.
        """
        lease_until = at + self._lease_seconds
        with self._file.writing() as connection:
            if not runners.renew(connection, self._runner.token, lease_until):
                return None
            return claim_due(connection, self._runner, at, most, lease_until, self.definition, self._limits, wanted)

    def stop_dead(self, at: float) -> list[str]:
        """Write down which other runners are dead; return their ids."""
        dead = self._file.reading(lambda connection: runners.find_dead(connection, self._runner.token, at))
        if not dead:
            return []
        with self._file.writing() as connection:
            return runners.stop_dead(connection, dead, at)

    def open_claims(self) -> list[tuple[str, str]]:
        """Return which runs this runner, and those that are not there any more, have claimed: each with who has."""
        return self._file.reading(lambda connection: settling.open_claims(connection, self._runner.token))

    def adopt(self, run_id: str, before: str) -> bool:
        """Take over the claim of a runner that is not there any more; False where somebody else was first."""
        with self._file.writing() as connection:
            return settling.adopt(connection, run_id, before, self._runner.token)

    def standing(self, run_id: str) -> Standing | None:
        """Return how a run stands; None for one that is done."""
        return self._file.reading(lambda connection: settling.standing(connection, run_id))

    def settle(self, run_id: str, holder: str, at: float, *, hand_back: bool = False, again: bool = True) -> Settled:
        """Settle a run that its runner executes no longer: it is done, waits for its next attempt, or waits as before.

        Parameters
        ----------
        holder
            Which runner had claimed it; where that is another one now, nothing is done.
        hand_back
            Whether an attempt that was stopped for the runner's sake is begun again by whoever has time.
        again
            Whether it may have a next attempt at all.
        """
        with self._file.writing(durable=True) as connection:
            definition = self._definition_of(run_id)
            retries = definition.retries if definition and again else 0
            delay = definition.retry_delay_seconds if definition else 0.0
            return settling.settle(connection, run_id, holder, at, retries=retries, delay=delay, hand_back=hand_back)

    def give_up(self, run_id: str, end: State) -> bool:
        """End a run that cannot be begun, unless somebody has begun it; its slots are free again."""
        with self._file.writing(durable=True) as connection:
            return end_waiting(connection, run_id, end)

    def definition(self, deployment_id: str, version: int) -> DeploymentDefinition | None:
        """Return what a deployment's runs are made from at a version; None where it is gone."""
        found = self._definitions.get((deployment_id, version))
        if found is None:
            try:
                found = self._deployments.version(deployment_id, version).definition
            except DeploymentNotFound:
                return None
            self._definitions[deployment_id, version] = found
        return found

    def _definition_of(self, run_id: str) -> DeploymentDefinition | None:
        found = self._file.read("SELECT deployment_id, version FROM deployment_runs WHERE run_id = ?", run_id)
        return self.definition(*found[0]) if found else None


__all__ = ["Claims"]
