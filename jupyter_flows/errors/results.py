"""Values that cannot be kept or given back."""

from __future__ import annotations

from jupyter_flows.errors.base import JupyterFlowsError

__all__ = [
    "ResultError",
    "ResultMissing",
    "UncacheableInput",
    "UnserializableResult",
]


class ResultError(JupyterFlowsError):
    """A value cannot be kept, or cannot be given back."""


class UnserializableResult(ResultError, TypeError):
    """A value that no serializer can write.

    Parameters
    ----------
    task
        Name of the task that returned it, where it is known.
    type_name
        The value's type.
    why
        What went wrong.
    """

    def __init__(self, task: str, type_name: str, why: str) -> None:
        self.task, self.type_name, self.why = task, type_name, why
        super().__init__(
            f"the {type_name} that {task or 'the task'} returned cannot be kept: {why}; return plain data, "
            "or leave out persist_result"
        )


class ResultMissing(ResultError, LookupError):
    """A kept value that is not there any more, or is not the one that was kept."""

    def __init__(self, location: str, why: str) -> None:
        self.location, self.why = location, why
        super().__init__(f"the kept result {location} cannot be used: {why}")


class UncacheableInput(ResultError, TypeError):
    """An argument that has no content hash, so that no cache key can be made of it.

    Parameters
    ----------
    task, argument, type_name
        Whose, which, and what it is.
    why
        What is in the way.
    advice
        What to do instead; leaving the argument out of the key when not given.
    """

    def __init__(self, task: str, argument: str, type_name: str, why: str, advice: str = "") -> None:
        self.task, self.argument, self.type_name, self.why, self.advice = task, argument, type_name, why, advice
        super().__init__(
            f"{task} cannot be cached: its argument {argument!r} ({type_name}) has no content hash: {why}; "
            + (advice or f"leave it out with INPUTS - {argument!r}, or give a cache_key_fn")
        )
