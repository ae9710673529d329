"""The end of an attempt that cannot be started: its notebook is gone, its module cannot be imported."""

from __future__ import annotations

from jupyter_flows.drivers.calls import UserCode
from jupyter_flows.drivers.earlier_runs import EarlierRuns
from jupyter_flows.drivers.opening import reopen_run
from jupyter_flows.drivers.threads import run_in_caller
from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.model.events import Earlier
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.model.states import State
from jupyter_flows.wiring import current_session, default_task_runner


def end_unstarted(run: FlowRun, error: JupyterFlowsError) -> State:
    """Take a run up and let the attempt fail with an error, which says what is wrong and what to do.

    Parameters
    ----------
    run
        As it was read: nobody's yet, or ended.

    Returns
    -------
    The state that it ended in; Crashed with a `LeaseLost` where somebody else has taken it up.
    """

    def refuse() -> None:
        raise error from None  # it says all: what led to it is our code's, not the run's

    handle, opening = reopen_run(
        current_session(),
        FlowSpec(run.flow, run.kind, run.version, run.tags, entry=run.entry),
        UserCode(refuse, None),
        default_task_runner(),
        known=run,
        stood=Earlier(run.state.kind, run.state_version, run.attempts),
        earlier=EarlierRuns((), lambda _: None),
    )
    assert handle.call is not None
    return run_in_caller(handle.call, opening)


__all__ = ["end_unstarted"]
