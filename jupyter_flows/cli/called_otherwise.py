"""Names that were given where another kind of name is wanted: what they name is found, and what to say instead."""

from __future__ import annotations

import shlex
from contextlib import suppress

from jupyter_flows.cli.reading import opened_rows
from jupyter_flows.errors import JupyterFlowsError, RunNotFound
from jupyter_flows.store.called import Called, called


def called_in_store(name: str) -> Called:
    """Look up what there is of a name.

    Raises
    ------
    StoreError
    """
    with opened_rows() as store:
        return called(store, name)


def instead_of_run(error: RunNotFound) -> str:
    """What to say where no run has a name: that a deployment or a flow has it, and how its runs are listed."""
    found = Called(error.run)
    with suppress(JupyterFlowsError):  # then the error itself says enough
        found = called_in_store(error.run)
    for is_one, what, option in (
        (found.deployment_id is not None, "deployment", "--deployment"),
        (found.is_flow, "flow", "--flow"),
    ):
        if is_one:
            lists = f"`jupyter flows ls {option} {shlex.quote(error.run)}` lists its runs"
            return f"{error.run!r} is a {what}, and no run; {lists}"
    return str(error)


def unknown(found: Called) -> str:
    """Say that a name names nothing; empty where it does."""
    if found.is_known:
        return ""
    lists = "`jupyter flows ls` and `jupyter flows deployments ls` list what there is"
    return f"Neither a flow nor a deployment is called {found.name!r}: {lists}."


__all__ = ["called_in_store", "instead_of_run", "unknown"]
