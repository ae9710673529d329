"""Flows, tasks, calls and schedules that are written wrongly: nothing ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jupyter_flows.errors.base import JupyterFlowsError
from jupyter_flows.errors.wording import beginning, near

__all__ = [
    "BadGraph",
    "BadOption",
    "DefinitionError",
    "GraphHasCycle",
    "MappingError",
    "MappingLengthMismatch",
    "MappingMissingIterable",
    "ParameterError",
    "ScheduleError",
    "TargetError",
    "UnknownOption",
]


class DefinitionError(JupyterFlowsError):
    """A flow or task is written wrongly; nothing ran."""


class UnknownOption(DefinitionError, TypeError):
    """An option that does not exist.

    Parameters
    ----------
    what
        The decorator or call that was given the option, such as ``@task``.
    option
        The unknown name.
    known
        Every name that would have been accepted.
    instead
        What to use in its place; the nearest known name when not given.
    """

    def __init__(self, what: str, option: str, known: Iterable[str], instead: str = "") -> None:
        self.what, self.option, self.known, self.instead = what, option, tuple(known), instead
        hint = instead or near(option, self.known, f"known options: {', '.join(sorted(self.known))}", most=1)
        super().__init__(f"{what} has no option '{option}'; {hint}")


class BadOption(DefinitionError, ValueError):
    """An option with a value that cannot be meant."""

    def __init__(self, what: str, option: str, value: object, wanted: str) -> None:
        self.what, self.option, self.value, self.wanted = what, option, value, wanted
        super().__init__(f"{what}: {option}={value!r} cannot be used; {wanted}")


class BadGraph(DefinitionError, ValueError):
    """Something that cannot be put into, or done with, a declared graph.

    Parameters
    ----------
    flow
        The graph's name.
    tasks
        The tasks that are concerned.
    """

    def __init__(self, flow: str, tasks: Iterable[str], why: str) -> None:
        self.flow, self.tasks, self.why = flow, tuple(tasks), why
        about = f", task {', '.join(self.tasks)}" if self.tasks else ""
        super().__init__(f"flow {flow!r}{about}: {why}")


class GraphHasCycle(DefinitionError, ValueError):
    """Tasks that wait for one another in a circle.

    Parameters
    ----------
    nodes
        The members of one circle, each waited for by the next, without the first repeated at the end.
    """

    def __init__(self, nodes: Iterable[object]) -> None:
        self.nodes = tuple(nodes)
        names = [str(node) for node in self.nodes]
        circle = " -> ".join([*names, *names[:1]])
        super().__init__(f"the graph has a cycle: {circle}; remove one of these dependencies")


class ParameterError(JupyterFlowsError, ValueError, TypeError):
    """Every bad parameter of one call.

    Parameters
    ----------
    subject
        The flow or notebook that was called.
    problems
        Parameter name to what is wrong with it.
    """

    def __init__(self, subject: str, problems: Mapping[str, str]) -> None:
        self.subject, self.problems = subject, dict(problems)
        listed = "; ".join(f"{name}: {problem}" for name, problem in self.problems.items())
        super().__init__(f"{subject} was not started, its parameters do not fit: {listed}")


class MappingError(JupyterFlowsError, ValueError):
    """A `.map` call whose arguments cannot be mapped over."""


class MappingLengthMismatch(MappingError):
    """Mapped arguments of unequal length."""

    def __init__(self, task: str, lengths: Mapping[str, int]) -> None:
        self.task, self.lengths = task, dict(lengths)
        listed = ", ".join(f"{name} has {length}" for name, length in self.lengths.items())
        super().__init__(
            f"{task}.map needs arguments of one length, but {listed}; wrap what is the same for all in unmapped(...)"
        )


class MappingMissingIterable(MappingError):
    """A `.map` call with nothing to map over."""

    def __init__(self, task: str) -> None:
        self.task = task
        super().__init__(f"{task}.map was given nothing to map over: pass at least one list or other iterable")


class TargetError(JupyterFlowsError, ValueError):
    """A target of `run` that does not lead to a flow."""

    def __init__(self, target: str, why: str) -> None:
        self.target, self.why = target, why
        super().__init__(f"{target}: {why}")


class ScheduleError(JupyterFlowsError, ValueError):
    """A schedule that cannot be meant.

    Parameters
    ----------
    field
        The argument that is concerned, such as ``cron``.
    value
        What was given for it; the message shows its beginning.
    why
        What is wrong with it, and what to write instead.
    subject
        What the argument was given to, where that is no schedule itself, such as ``backfill``.
    """

    def __init__(self, field: str, value: object, why: str, subject: str = "schedule") -> None:
        self.field, self.value, self.why, self.subject = field, value, why, subject
        super().__init__(f"{subject}: {field}={beginning(value)} cannot be used: {why}")
