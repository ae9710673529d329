"""Where and how a run of a deployment is executed, whoever does it: the child of a runner, or `resume` by hand."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from jupyter_flows.authoring.targets import AnyFlow
from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.session import Session
from jupyter_flows.drivers.slots import SlotHolder
from jupyter_flows.engine.attempt import Post
from jupyter_flows.errors import TargetError
from jupyter_flows.model.commands import AcquireSlots, ReleaseSlots
from jupyter_flows.services.deployed_run import DeployedRun
from jupyter_flows.services.env_file import read_env_file
from jupyter_flows.services.recovery import ResumePlan
from jupyter_flows.store.claiming import limit_names

_PATIENCE = 0.5  # seconds after which it is told what is waited for


def enter_place(found: DeployedRun) -> dict[str, str]:
    """Go where a deployment works, and read its variables: a flow has them in this process, a notebook in its kernel.

    Returns
    -------
    The variables of its environment file.

    Raises
    ------
    TargetError, EnvFileError
        The folder or the file cannot be had.
    """
    definition = found.definition
    folder = Path(definition.directory)
    if not folder.is_dir():
        raise TargetError(definition.name, f"its folder {folder} is gone; put it back, or deploy it anew")
    variables = read_env_file(folder / definition.env_file) if definition.env_file else {}
    if definition.kind != "notebook":
        os.environ.update(variables)
        os.chdir(folder)
    return variables


def reopened(flow: AnyFlow, plan: ResumePlan, found: DeployedRun | None) -> tuple[FlowRunHandle, Post]:
    """Open the next attempt of a flow run, under the time limit of its deployment, where it is of one."""
    handle, opening = flow.reopen(plan)
    if found is not None and found.definition.timeout_seconds:
        spec = replace(handle.spec, timeout_seconds=found.definition.timeout_seconds)
        handle.spec = cast("Call", handle.call).spec = spec
    return handle, opening


@contextmanager
def slots_held(session: Session, found: DeployedRun | None) -> Iterator[None]:
    """Hold a slot of each limit of a deployment's run, as its runner would; wait for them where that must be."""
    names = sorted(limit_names(found.definition, found.queued)) if found is not None else []
    needs = tuple((name, 1) for name in names if session.limits.size(name) is not None)
    if found is None or not needs:
        yield
        return
    granted = threading.Event()
    holder = SlotHolder(granted.set, found.queued.run_id, 0)
    session.open()
    session.post(holder, AcquireSlots(0, needs))
    try:
        if not granted.wait(_PATIENCE):
            print(f"waits for a slot of {', '.join(name for name, _ in needs)}", file=sys.stderr)
            granted.wait()
        yield
    finally:
        session.post(holder, ReleaseSlots(0))


__all__ = ["enter_place", "reopened", "slots_held"]
