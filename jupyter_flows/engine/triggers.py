"""Triggers: whether a task run may begin, told by how its direct upstreams ended.

Success means completed, and a skipped upstream counts as one; everything else counts as failed (a trigger that failed
too). A task without upstreams runs, except under `not_all_skipped`. The rules are those of Prefect 1, and of Airflow
for the last eight, of which `one_success`, `one_failed` and `one_done` do not wait for the other upstreams once one
has ended as they want it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jupyter_flows.errors import BadOption
from jupyter_flows.model.signals import TriggerFailed
from jupyter_flows.model.specs import Trigger
from jupyter_flows.model.states import State, completed, failed, paused


class Upstreams(NamedTuple):
    """How many direct upstreams there are, and how many of them failed or were skipped."""

    total: int
    failed: int = 0
    skipped: int = 0

    @property
    def successful(self) -> int:
        """Those that completed, skipped ones too."""
        return self.total - self.failed

    @property
    def done(self) -> int:
        """Those that completed and were not skipped."""
        return self.total - self.failed - self.skipped


def _in_range(trigger: Trigger, count: int, total: int) -> bool:
    least = 0.0 if trigger.at_least is None else _scaled(trigger.at_least, total)
    most = float(total) if trigger.at_most is None else _scaled(trigger.at_most, total)
    return least <= count <= most


def _scaled(bound: float, total: int) -> float:
    return bound * total if bound < 1 else bound


_ALLOWS: dict[str, Callable[[Trigger, Upstreams], bool]] = {
    "all_successful": lambda _, found: found.failed == 0,
    "all_failed": lambda _, found: found.successful == 0,
    "any_successful": lambda _, found: found.successful > 0,
    "any_failed": lambda _, found: found.failed > 0,
    "all_finished": lambda _, found: True,
    "some_successful": lambda trigger, found: _in_range(trigger, found.successful, found.total),
    "some_failed": lambda trigger, found: _in_range(trigger, found.failed, found.total),
    "not_all_skipped": lambda _, found: found.failed == 0,
    "none_failed": lambda _, found: found.failed == 0,
    "none_failed_min_one_success": lambda _, found: found.failed == 0 and found.done > 0,
    "none_skipped": lambda _, found: found.skipped == 0,
    "all_skipped": lambda _, found: found.skipped == found.total,
    "all_done_min_one_success": lambda _, found: found.done > 0,
    "one_success": lambda _, found: found.done > 0,
    "one_failed": lambda _, found: found.failed > 0,
    "one_done": lambda _, found: found.done + found.failed > 0,
}
_EARLY = frozenset({"one_success", "one_failed", "one_done"})


def fires_early(trigger: Trigger, found: Upstreams) -> bool:
    """Whether the upstreams that have ended suffice for a task run to begin; ``found`` counts only those."""
    return trigger.name in _EARLY and _ALLOWS[trigger.name](trigger, found)


def refusal(trigger: Trigger, found: Upstreams, at: float, resumed: bool = False) -> State | None:
    """Return the state in which a trigger ends a task run instead of letting it begin, or None.

    ``resumed`` says that the run was paused, and somebody gave the word.
    """
    if trigger.name == "manual_only":
        return None if resumed else paused(at, "waits for somebody to resume the flow run")
    if trigger.name == "one_failed" and found.total and not found.failed:  # nothing is wrong: as in Airflow
        return completed(at, None, "no upstream failed", "Skipped")
    if trigger.name in _EARLY and found.total and found.skipped == found.total:  # as in Airflow
        return completed(at, None, "every upstream was skipped", "Skipped")
    if trigger.name == "not_all_skipped" and found.skipped == found.total:
        return completed(at, None, "every upstream was skipped", "Skipped")
    if not found.total or _ALLOWS[trigger.name](trigger, found):
        return None
    message = f"its trigger {trigger} refused: {_described(found)}"
    return failed(at, TriggerFailed(message), message, "TriggerFailed")


def _described(found: Upstreams) -> str:
    counts = [f"{found.failed} failed" if found.failed else "", f"{found.skipped} skipped" if found.skipped else ""]
    told = ", ".join(count for count in counts if count) or "all successful"
    return f"of {found.total} upstream{'' if found.total == 1 else 's'} {told}"


all_successful = Trigger("all_successful")
all_failed = Trigger("all_failed")
any_successful = Trigger("any_successful")
any_failed = Trigger("any_failed")
all_finished = Trigger("all_finished")
always_run = all_finished
not_all_skipped = Trigger("not_all_skipped")
none_failed = Trigger("none_failed")
none_failed_min_one_success = Trigger("none_failed_min_one_success")
none_skipped = Trigger("none_skipped")
all_skipped = Trigger("all_skipped")
all_done_min_one_success = Trigger("all_done_min_one_success")
one_success = Trigger("one_success")
one_failed = Trigger("one_failed")
one_done = Trigger("one_done")
manual_only = Trigger("manual_only")


def some_failed(at_least: float | None = None, at_most: float | None = None) -> Trigger:
    """Return a trigger that wants a number of failed upstreams.

    Parameters
    ----------
    at_least, at_most
        Bounds, both included; below 1 a fraction of the upstreams, else a count. No bound when not given.

    Raises
    ------
    BadOption
        For a bound that is no number from 0 up.
    """
    return _bounded("some_failed", at_least, at_most)


def some_successful(at_least: float | None = None, at_most: float | None = None) -> Trigger:
    """Return a trigger that wants a number of successful upstreams; the bounds are those of `some_failed`."""
    return _bounded("some_successful", at_least, at_most)


def _bounded(name: str, at_least: float | None, at_most: float | None) -> Trigger:
    for option, bound in (("at_least", at_least), ("at_most", at_most)):
        if bound is not None and (isinstance(bound, bool) or not bound >= 0):
            raise BadOption(name, option, bound, "give a count, or a fraction below 1")
    return Trigger(name, at_least, at_most)
