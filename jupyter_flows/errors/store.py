"""What the store cannot do, or does not know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jupyter_flows.errors.base import JupyterFlowsError
from jupyter_flows.errors.wording import beginning, near

__all__ = [
    "AmbiguousRun",
    "BackfillNotFound",
    "DeploymentNotFound",
    "LeaseLost",
    "LimitNotFound",
    "NeedsStoreFile",
    "RunNotFound",
    "ScheduleNotFound",
    "SchemaMismatch",
    "StoreError",
    "StoreUnavailable",
]


class StoreError(JupyterFlowsError):
    """The store cannot do what was asked."""


class RunNotFound(StoreError, LookupError):
    """No run of that id."""

    def __init__(self, run: str) -> None:
        self.run = run
        super().__init__(f"there is no run {run!r}; `jupyter flows ls` lists the runs")


class AmbiguousRun(StoreError, LookupError):
    """A shortened id that several runs share."""

    def __init__(self, run: str, candidates: Sequence[str]) -> None:
        self.run, self.candidates = run, tuple(candidates)
        super().__init__(f"{run!r} fits several runs: {', '.join(candidates)}; give more of the id")


class SchemaMismatch(StoreError):
    """A store written by another version."""

    def __init__(self, location: str, found: str, known: str) -> None:
        self.location, self.found, self.known = location, found, known
        super().__init__(
            f"the store {location} has schema {found}, this version knows up to {known}: "
            "upgrade jupyter-flows, or name another store by JUPYTER_FLOWS_DATABASE_URL; nothing was changed"
        )


class StoreUnavailable(StoreError):
    """The store cannot be opened, read or written."""

    def __init__(self, location: str, why: str, advice: str = "") -> None:
        self.location, self.why, self.advice = location, why, advice
        super().__init__(f"the store {location} cannot be used: {why}{'; ' + advice if advice else ''}")


class NeedsStoreFile(StoreError):
    """What outlives a process, asked for where runs are kept in its memory."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what} are kept in the store's file, and this process keeps its runs in memory: name a local file by "
            "JUPYTER_FLOWS_DATABASE_URL=sqlite:////PATH"
        )


class DeploymentNotFound(StoreError, LookupError):
    """No deployment of that name.

    Parameters
    ----------
    known
        The names that there are.
    """

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        self.name, self.known = name, tuple(known)
        hint = near(name, self.known, "`jupyter flows deployments ls` lists them")
        super().__init__(f"there is no deployment {beginning(name)}; {hint}")


class ScheduleNotFound(StoreError, LookupError):
    """No schedule of that name in a deployment.

    Parameters
    ----------
    known
        The names of the deployment's schedules.
    """

    def __init__(self, deployment: str, name: str, known: Iterable[str]) -> None:
        self.deployment, self.name, self.known = deployment, name, tuple(known)
        listed = f"its schedules: {', '.join(self.known)}" if self.known else "it has none"
        hint = near(name, self.known, listed)
        super().__init__(f"deployment {deployment} has no schedule {beginning(name)}; {hint}")


class BackfillNotFound(StoreError, LookupError):
    """No backfill of that id.

    Parameters
    ----------
    backfill
        The id that was asked for.
    """

    def __init__(self, backfill: str) -> None:
        self.backfill = backfill
        super().__init__(f"there is no backfill {beginning(backfill)}; all of its runs may have been deleted")


class LimitNotFound(StoreError, LookupError):
    """No limit of that name.

    Parameters
    ----------
    known
        The names that there are.
    """

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        self.name, self.known = name, tuple(known)
        hint = near(name, self.known, "`jupyter flows limits ls` lists them")
        super().__init__(f"there is no limit {beginning(name)}; {hint}")


class LeaseLost(StoreError):
    """Another process took the run over; this one must stop writing."""

    def __init__(self, run: str) -> None:
        self.run = run
        super().__init__(f"run {run} is owned by another process now; this one stopped writing to it")
