"""What the world outside did not do: commands, requests, databases, copies, messages."""

from __future__ import annotations

from jupyter_flows.errors.base import JupyterFlowsError

__all__ = [
    "CommandFailed",
    "CopyFailed",
    "NotifyError",
    "QueryFailed",
    "RequestFailed",
]


class CommandFailed(JupyterFlowsError, RuntimeError):
    """A command that ended with another exit status than it may."""

    def __init__(self, command: str, exit_code: int, said: str) -> None:
        self.command, self.exit_code, self.said = command, exit_code, said
        super().__init__(f"{command!r} ended with {exit_code}{': ' + said if said else ''}")


class RequestFailed(JupyterFlowsError, RuntimeError):
    """A request of the web without an answer that is a success; ``code`` is 0 where nobody answered."""

    def __init__(self, method: str, url: str, code: int, why: str, again: bool = False) -> None:
        self.method, self.url, self.code, self.why, self.again = method, url, code, why, again
        super().__init__(f"{method} {url}: {f'it answers {code}: ' if code else ''}{why}")


class QueryFailed(JupyterFlowsError, RuntimeError):
    """A database that did not do what it was asked."""

    def __init__(self, database: str, why: str) -> None:
        self.database, self.why = database, why
        super().__init__(f"{database}: {why}")


class CopyFailed(JupyterFlowsError, RuntimeError):
    """A file that was not copied."""

    def __init__(self, source: str, target: str, why: str, again: bool = False) -> None:
        self.source, self.target, self.why, self.again = source, target, why, again
        super().__init__(f"{source} is not copied to {target}: {why}")


class NotifyError(JupyterFlowsError):
    """A message that was not taken; no run is touched by it.

    Parameters
    ----------
    sink
        Who did not take it, without secrets.
    again
        Whether another try may help.
    """

    def __init__(self, sink: str, why: str, advice: str, again: bool = False) -> None:
        self.sink, self.why, self.advice, self.again = sink, why, advice, again
        super().__init__(f"{sink}: {why}; {advice}")
