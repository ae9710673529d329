"""What a flow or task is, as far as rules need to know it: no functions, no values, only facts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and after which waits a failed run is tried again.

    Parameters
    ----------
    retries
        Further attempts after the first.
    delays
        Seconds before each retry; the last value repeats. Empty means at once.
    jitter
        Each wait is drawn from ``[delay * (1 - jitter), delay * (1 + jitter)]``, never below zero.
    """

    retries: int = 0
    delays: tuple[float, ...] = ()
    jitter: float = 0.0

    def delay(self, retry: int, draw: float) -> float:
        """Seconds to wait before a retry.

        Parameters
        ----------
        retry
            1 for the first retry.
        draw
            A number in ``[0, 1)`` that decides the jitter; given from outside, so that the rule stays pure.
        """
        if not self.delays:
            return 0.0
        delay = self.delays[min(retry, len(self.delays)) - 1]
        return max(0.0, delay * (1 + self.jitter * (2 * draw - 1)))


NO_RETRIES = RetryPolicy()


@dataclass(frozen=True, slots=True)
class Trigger:
    """A condition on how the direct upstreams of a task run ended; `engine.triggers` has the rules, by name.

    Parameters
    ----------
    at_least, at_most
        Bounds of the triggers that count; below 1 a fraction of the upstreams.
    """

    name: str
    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        told = ", ".join(f"{name}={bound:g}" for name, bound in bounds.items() if bound is not None)
        return f"{self.name}({told})" if told else self.name


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A task, for the rules.

    Parameters
    ----------
    name
        What people read.
    key
        Identity of the task's function: module and qualified name.
    kind
        ``task`` or ``cell``.
    tags
        Words to filter by; a tag that names a concurrency limit takes one slot of it.
    retry
        The retry policy.
    timeout_seconds
        Time limit of one attempt; none when 0.
    skip_on_upstream_skip
        Whether a skipped upstream skips this task too.
    hooked
        Names of final states' hooks that exist: any of ``completion failure cancellation crashed``.
    trigger
        What decides over failed upstreams; when None, any of them (whose failure is not allowed) ends the run as
        UpstreamFailed.
    version
        A content hash of its code.
    handled
        Whether it has state handlers, which are asked about each of its states.
    """

    name: str
    key: str = ""
    kind: str = "task"
    tags: tuple[str, ...] = ()
    retry: RetryPolicy = NO_RETRIES
    timeout_seconds: float = 0.0
    skip_on_upstream_skip: bool = True
    hooked: frozenset[str] = frozenset()
    trigger: Trigger | None = None
    version: str = ""
    handled: bool = False


@dataclass(frozen=True, slots=True)
class FlowSpec:
    """A flow, for the rules.

    Parameters
    ----------
    name
        What people read.
    kind
        ``flow``, ``notebook``, or ``task`` for a task that was called outside any flow.
    version
        A content hash or the user's own word.
    ignore_unseen_failures
        When true, a failed task that nobody awaited does not fail the flow (Prefect 3's rule).
    entry
        Where its code is to be found again: ``module@file``; empty where it is nowhere.
    handled
        Whether it has state handlers.
    """

    name: str
    kind: str = "flow"
    version: str = ""
    tags: tuple[str, ...] = ()
    retry: RetryPolicy = NO_RETRIES
    timeout_seconds: float = 0.0
    hooked: frozenset[str] = frozenset()
    ignore_unseen_failures: bool = False
    entry: str = ""
    handled: bool = False
