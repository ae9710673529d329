"""What a name names: people know a flow by its own name, or by that of its deployment."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_flows.store.named_rows import Rows
from jupyter_flows.store.scrub import storable

_FLOW = "SELECT 1 FROM flow_runs WHERE flow = ? AND kind <> 'task' LIMIT 1"
_DEPLOYMENT = "SELECT id FROM deployments WHERE name = ?"
_OF_DEPLOYMENT = "(SELECT run_id FROM deployment_runs WHERE deployment_id = ?)"


@dataclass(frozen=True, slots=True)
class Called:
    """What there is of a name.

    Parameters
    ----------
    name
        As it was given.
    is_flow
        Whether a flow or notebook of that name has ever run.
    deployment_id
        Of the deployment of exactly that name; None where there is none.
    """

    name: str
    is_flow: bool = False
    deployment_id: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether it names anything."""
        return self.is_flow or self.deployment_id is not None

    @property
    def only(self) -> Whose:
        """Whose runs are meant: a flow's rather than those of a deployment that has its name."""
        return Whose(deployment_id=self.deployment_id) if self.deployment_id and not self.is_flow else Whose(self.name)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose runs are looked at: a flow's, a deployment's, or all where neither is given.

    Parameters
    ----------
    flow
        Its name.
    deployment_id
        The whole id.
    """

    flow: str | None = None
    deployment_id: str | None = None

    def condition(self, flow: str, run_id: str) -> str:
        """What a statement adds to its conditions, for the columns that hold a run's flow and its id."""
        if self.deployment_id is not None:
            return f" AND {run_id} IN {_OF_DEPLOYMENT}"
        return "" if self.flow is None else f" AND {flow} = ?"

    @property
    def values(self) -> tuple[str, ...]:
        """What the condition is about."""
        wanted = self.deployment_id if self.deployment_id is not None else self.flow
        return () if wanted is None else (storable(wanted),)


def called(store: Rows, name: str) -> Called:
    """Look up a name.

    Raises
    ------
    StoreUnavailable
    """
    wanted = storable(name)
    found = store.rows(_DEPLOYMENT, wanted)
    return Called(name, bool(store.rows(_FLOW, wanted)), found[0][0] if found else None)


EVERYBODY = Whose()
"""All runs."""

__all__ = ["EVERYBODY", "Called", "Whose", "called"]
