"""Runs that ended or stand without a value, and what a run may not do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jupyter_flows.errors.base import JupyterFlowsError

if TYPE_CHECKING:
    from jupyter_flows.model.states import State

__all__ = [
    "ArtifactError",
    "CannotResume",
    "FailedRun",
    "LimitTimeout",
    "NeedsFlowProcess",
    "PauseError",
    "PauseTimedOut",
    "RunCancelled",
    "RunCrashed",
    "RunError",
    "RunInputError",
    "RunOfParentProcess",
    "RunPaused",
    "RunTimedOut",
    "UnfinishedRun",
    "UnpicklableValue",
    "UpstreamFailed",
    "WaitsForItself",
]


class RunError(JupyterFlowsError):
    """A run ended, or stands, without a value."""

    default = "the run has no value"

    def __init__(self, state: State | str | None = None) -> None:
        self.state = state
        message = state if isinstance(state, str) else getattr(state, "message", "")
        super().__init__(message or self.default)


class FailedRun(RunError):
    """A failed run without an exception of its own."""

    default = "the run failed"


class UpstreamFailed(FailedRun):
    """A run that could not start because a future it needs did not complete."""

    default = "an upstream did not complete"


class RunTimedOut(RunError, TimeoutError):
    """A run that passed its time limit."""

    default = "the run passed its time limit"


class RunCancelled(RunError):
    """A run that somebody stopped."""

    default = "the run was cancelled"


class RunCrashed(RunError):
    """A run that the machinery lost."""

    default = "the run crashed"


class RunPaused(RunError):
    """A run that waits for somebody's word."""

    default = "the run is paused"


class UnfinishedRun(RunError):
    """A run that is not final yet."""

    default = "the run has not ended yet; wait for it first"


class CannotResume(JupyterFlowsError, ValueError):
    """A run cannot be taken up again.

    Parameters
    ----------
    run
        Its name or id.
    why
        The reason, and what to do instead.
    """

    def __init__(self, run: str, why: str) -> None:
        self.run, self.why = run, why
        super().__init__(f"run {run} cannot be resumed: {why}")


class PauseError(JupyterFlowsError, RuntimeError):
    """A pause where nothing can pause.

    Parameters
    ----------
    why
        And what to do instead.
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this cannot be paused: {why}")


class PauseTimedOut(JupyterFlowsError, TimeoutError):
    """Nobody gave a paused run its word in time.

    Parameters
    ----------
    key
        Of the pause.
    seconds
        How long it has waited.
    """

    def __init__(self, key: str, seconds: float) -> None:
        self.key, self.seconds = key, seconds
        super().__init__(f"nobody resumed the run within {seconds:g} s ({key}); resume it to ask again")


class RunInputError(JupyterFlowsError, ValueError):
    """An answer that does not fit what a run asks for; nothing was written.

    Parameters
    ----------
    run
        The run's name.
    problems
        Field to what is wrong with it; all of them.
    asked
        What the run asks for, in words; empty for nothing.
    """

    def __init__(self, run: str, problems: Mapping[str, str], asked: str = "") -> None:
        self.run, self.problems, self.asked = run, dict(problems), asked
        listed = "; ".join(f"{name}: {problem}" if name else problem for name, problem in self.problems.items())
        super().__init__(f"the input for {run} does not fit: {listed}{f' (it asks for {asked})' if asked else ''}")


class ArtifactError(JupyterFlowsError, ValueError):
    """Something that cannot be attached to a run to be looked at.

    Parameters
    ----------
    what
        Such as ``image``.
    why
        What is wrong with it, and what to do.
    """

    def __init__(self, what: str, why: str) -> None:
        self.what, self.why = what, why
        super().__init__(f"artifact({what}=...) is not kept: {why}")


class LimitTimeout(JupyterFlowsError, TimeoutError):
    """No slot of a concurrency limit came free in time."""

    def __init__(self, names: Sequence[str], seconds: float) -> None:
        self.names, self.seconds = tuple(names), seconds
        super().__init__(f"no slot of {', '.join(names)} came free within {seconds:g} s")


class NeedsFlowProcess(JupyterFlowsError, RuntimeError):
    """Something that only the process of a flow run can do, asked for in one of its worker processes."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what} is not possible in a worker process: do it in the flow itself, call a task there as a plain "
            "function, or run the flow with task_runner='threads'"
        )


class RunOfParentProcess(JupyterFlowsError, RuntimeError):
    """The end of a run, asked for in a process that was forked while the run was under way.

    Parameters
    ----------
    run
        Its name.
    pid
        Of the process that runs it.
    """

    def __init__(self, run: str, pid: int) -> None:
        self.run, self.pid = run, pid
        super().__init__(
            f"{run} runs in process {pid}, and this is a process that was forked off it meanwhile: its end is not seen "
            "here; wait for it before the fork and give its value to this process, or call the task here"
        )


class WaitsForItself(JupyterFlowsError, RuntimeError):
    """A wait that could have no end: what is waited for waits for who waits.

    Parameters
    ----------
    steps
        Who waits for whom, one after the other.
    """

    def __init__(self, steps: Sequence[str]) -> None:
        self.steps = tuple(steps)
        slots = any(" a slot of " in step for step in steps)
        advice = (
            "let the slot go before, or take the tag off one of them" if slots else "wait for it outside of this run"
        )
        super().__init__(f"this would wait for ever: {'; '.join(steps)}; {advice}")


class UnpicklableValue(JupyterFlowsError, TypeError):
    """Something that cannot go to a worker process, or come back from it.

    Parameters
    ----------
    task
        Name of the task.
    what
        What it is to the task: ``argument 'x'``, ``function`` or ``value``.
    type_name
        Its type.
    why
        What went wrong.
    """

    def __init__(self, task: str, what: str, type_name: str, why: str) -> None:
        self.task, self.what, self.type_name, self.why = task, what, type_name, why
        super().__init__(
            f"the {what} ({type_name}) of task {task} cannot cross to or from a worker process: {why}; "
            "use plain data and functions, make it inside the task, or run the flow with task_runner='threads'"
        )
