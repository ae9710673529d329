"""What a server cannot answer as it was asked."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_flows.errors.base import JupyterFlowsError
from jupyter_flows.errors.wording import beginning

__all__ = ["FileNotServed", "PathRefused", "RequestRefused", "RunRefused", "ServerBusy"]


class RequestRefused(JupyterFlowsError, ValueError):
    """A request that is not as it should be.

    Parameters
    ----------
    problems
        Parameter or field to what is wrong with it; all of them.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        listed = "; ".join(f"{name}: {problem}" if name else problem for name, problem in self.problems.items())
        super().__init__(f"the request was refused: {listed}")


class PathRefused(JupyterFlowsError, ValueError):
    """A path that a server must not follow.

    Parameters
    ----------
    path
        As it was given.
    why
        What is wrong with it, and what to give instead.
    """

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{beginning(path)} cannot be used: {why}")


class FileNotServed(JupyterFlowsError, LookupError):
    """A file of a run that is not there, or not in the run's folder.

    Parameters
    ----------
    run, what
        Whose, and which.
    why
        What is wrong with it.
    """

    def __init__(self, run: str, what: str, why: str) -> None:
        self.run, self.what, self.why = run, what, why
        super().__init__(f"run {run} has no {what} to show: {why}")


class RunRefused(JupyterFlowsError, ValueError):
    """What cannot be done with a run as it stands.

    Parameters
    ----------
    run
        Its name or id.
    what
        What was to be done: ``cancelled``, ``opened``, …
    why
        The reason, and what to do instead.
    """

    def __init__(self, run: str, what: str, why: str) -> None:
        self.run, self.what, self.why = run, what, why
        super().__init__(f"run {run} cannot be {what}: {why}")


class ServerBusy(JupyterFlowsError, TimeoutError):
    """An answer that took too long; what was asked may still happen."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"there was no answer within {seconds:g} seconds: the store or the disk is busy; try again in a moment"
        )
