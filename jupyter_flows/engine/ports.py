"""What the engine needs from the world, as Protocols; adapters meet only here and are joined in `wiring`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from jupyter_flows.engine.limits import Needs
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import ArtifactKept, Record, ResultKept
from jupyter_flows.model.results import KeptResult
from jupyter_flows.model.runs import Failure, FlowRun, LogLine, RunFilter, RunInput, StateChange, TaskRun
from jupyter_flows.model.slots import SlotPlace


class RunWriter(Protocol):
    """The one write connection of a process. Only the session's thread calls it."""

    @property
    def location(self) -> str:
        """Where the store is, for messages."""
        ...

    def commit(
        self, batch: Mapping[str, Sequence[Record]], owner: Owner, lease_until: float, durable: bool
    ) -> frozenset[str]:
        """Write the records of each flow run in one transaction.

        The first statement per flow run re-asserts the lease (a run whose `FlowRunCreated` is in the batch is new
        and has none yet; one whose `FlowRunTakenUp` comes first is taken). Where that changes no row, the run's
        records are left out and its id is returned.

        Parameters
        ----------
        batch
            Flow run id to its records, in order.
        owner
            This process.
        lease_until
            Seconds since the epoch until which this process keeps the runs.
        durable
            Whether the transaction must be on the disk (synced) before this returns.

        Raises
        ------
        StoreUnavailable
            Nothing of the batch was written.
        """
        ...

    def renew(self, run_ids: Collection[str], owner: Owner, lease_until: float) -> frozenset[str]:
        """Renew the leases of live runs; return those that were lost."""
        ...

    def cancel_requests(self, run_ids: Collection[str]) -> Mapping[str, str]:
        """Return which of these runs somebody has asked to cancel, and why. Cheap when no other process wrote."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class RunReader(Protocol):
    """Reads of any thread or process. Dead owners' runs are shown as Crashed."""

    def flow_runs(self, wanted: RunFilter) -> list[FlowRun]:
        """List flow runs, newest first."""
        ...

    def flow_run(self, run_id: str) -> FlowRun:
        """Return one flow run by id, unique start of an id, name, or ``flow #3`` as lists have it.

        Raises
        ------
        RunNotFound, AmbiguousRun
        """
        ...

    def task_runs(self, run_id: str) -> list[TaskRun]:
        """List the task runs of a flow run by number."""
        ...

    def states(self, run_id: str, number: int | None = None) -> list[StateChange]:
        """List the state changes of a flow run (all its task runs, or one), oldest first."""
        ...

    def failures(self, run_id: str) -> list[Failure]:
        """List why attempts failed, in the order they failed."""
        ...

    def results(self, run_id: str) -> list[ResultKept]:
        """List the kept results of a flow run, by task run and attempt."""
        ...

    def cached(self, limit: int = 1000) -> list[ResultKept]:
        """List the results that later runs can find by their cache key, newest first, expired ones too."""
        ...

    def clear_cache(self, cache_key: str | None = None) -> int:
        """Let no later run find the results of a cache key (of any, when None); return how many there were."""
        ...

    def logs(self, run_id: str, after: int = 0, limit: int = 10_000) -> list[LogLine]:
        """List log lines with an id above ``after``, oldest first."""
        ...

    def artifacts(self, run_id: str) -> list[ArtifactKept]:
        """List what a flow run and its task runs attached to be looked at, newest first."""
        ...

    def inputs(self, run_id: str) -> list[RunInput]:
        """List what a flow run waits for, and what it was given, in the order in which it asked."""
        ...

    def give_input(self, run_id: str, key: str, value: str, at: float) -> bool:
        """Give what a run waits for, as JSON; False where it does not wait for that (any more)."""
        ...

    def withdraw_input(self, run_id: str, key: str, *, given: bool) -> bool:
        """Forget an answer (``given``), so that it may be given anew, or else a question that has none.

        Returns
        -------
        Whether there was one.
        """
        ...

    def request_cancel(self, run_id: str, at: float) -> FlowRun:
        """Ask the owner to stop a run; one whose owner is dead is Crashed at once, one that nobody began Cancelled."""
        ...

    def record_dead(self, at: float) -> list[str]:
        """Record every run whose owner is dead as Crashed; return their ids."""
        ...

    def delete(self, run_ids: Iterable[str]) -> list[str]:
        """Delete final runs with everything that belongs to them and shrink the file; return their folders."""
        ...

    def counts(self) -> dict[str, int]:
        """How many flow runs, task runs, states, failures and log lines there are, for `doctor` and tests."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class SharedSlots(Protocol):
    """Slots of limits that all processes share. Any thread may ask `sizes`, the rest is the session's."""

    def sizes(self) -> Mapping[str, int]:
        """How many slots each shared limit has. Cheap: they are read anew now and then."""
        ...

    def take(self, place: SlotPlace, needs: Needs, owner: Owner, at: float, lease_until: float) -> bool:
        """Take slots of all limits, or of none and have a place in the line.

        Parameters
        ----------
        owner
            This process; when it is dead its slots are free.
        at
            Now, in seconds since the epoch.
        lease_until
            Until when other machines believe that it lives.
        """
        ...

    def has_room(self, place: SlotPlace, needs: Needs, at: float) -> bool:
        """Whether `take` might succeed; writes nothing."""
        ...

    def others_wait(self, needs: Needs, owner: Owner, at: float) -> bool:
        """Whether another process has a place in one of the lines."""
        ...

    def give(self, place: SlotPlace) -> None:
        """Give back what a holder has, or its place in the line."""
        ...

    def renew(self, places: Iterable[SlotPlace], lease_until: float) -> None:
        """Say that holders live."""
        ...

    def changed(self) -> bool:
        """Whether anybody has written since this was asked last."""
        ...

    def close(self) -> None:
        """Let go of the store; `give_all` comes before it."""
        ...


class ResultIndex(Protocol):
    """Finds kept results in microseconds. Any thread; loads nothing heavy."""

    def find(self, cache_key: str, at: float) -> ResultKept | None:
        """Return the newest result of a cache key that has not expired at that time."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class ResultStore(Protocol):
    """Keeps values beyond their process. Any thread; never called by the session's."""

    def write(self, value: object, run_id: str, number: int, serializer: str | None, key: str | None) -> KeptResult:
        """Keep a value.

        Parameters
        ----------
        run_id, number
            Whose value it is; part of what is signed.
        serializer
            A registered name; chosen by the value's type when not given.
        key
            Where to put the file (from ``result_storage_key``); its content decides when not given.

        Raises
        ------
        UnserializableResult
            Naming the type and what to do.
        """
        ...

    def read(self, kept: KeptResult, run_id: str, number: int) -> object:
        """Return a kept value, verified before it is loaded.

        Raises
        ------
        ResultMissing
            There is no such file, or it is not the one that was kept.
        """
        ...

    def check(self, kept: KeptResult, run_id: str, number: int) -> None:
        """Make sure that `read` would find what was kept; nothing is loaded.

        Raises
        ------
        ResultMissing
        """
        ...

    def delete(self, kept: KeptResult) -> None:
        """Remove the file, if there is one."""
        ...
