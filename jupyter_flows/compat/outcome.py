"""What a direct call gives under compat: the value and its state in one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from jupyter_flows.authoring.lazy_value import LazyValue
from jupyter_flows.authoring.stand_in import StandIn, stands_for, value_of
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.model.states import State

_OF_THE_STATE = (
    *("is_completed", "is_failed", "is_crashed", "is_cancelled", "is_running", "is_pending", "is_scheduled"),
    *("is_paused", "is_final", "is_skipped", "is_cached"),
)


class Outcome(StandIn):
    """A value that also tells how its run ended.

    It is asked as the value is. What the value has no attribute of that name for is answered by its state:
    ``.result()``, ``.state``, ``.wait()``, ``.is_completed()``, ``.is_failed()`` and the like.
    """

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        object.__setattr__(self, "_state", state)

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        return _told(self, object.__getattribute__(self, "_state"), name)


class LazyOutcome(LazyValue):
    """The outcome of a call that overlaps others: the first question waits for its run, and raises what that raised.

    The questions about its state raise nothing, so that a failure can be asked for.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        return _told(self, _end(self), name)


def _told(outcome: Any, state: State, name: str) -> Any:
    """Answer as the value does; what it has no such attribute for, and what is asked of no value, as the state does."""
    __tracebackhide__ = True
    answer = _ANSWERS.get(name)
    if answer is not None and not state.is_completed():
        return answer(state)
    try:
        return getattr(value_of(outcome), name)
    except AttributeError:
        if answer is None or not state.is_completed():
            raise
        return answer(state)


def _of_the_state(name: str) -> Callable[[State], Any]:
    return lambda state: getattr(state, name)


_ANSWERS: dict[str, Callable[[State], Any]] = {
    **{name: _of_the_state(name) for name in _OF_THE_STATE},
    "state": lambda state: state,
    "result": lambda state: lambda timeout=None, raise_on_failure=True: value_of(state.result(raise_on_failure)),
    "wait": lambda state: lambda timeout=None: state,
}


def _end(outcome: Any) -> State:
    """The state in which the run of an outcome ended."""
    if type(outcome) is LazyOutcome:
        return TaskFuture[Any](outcome._call).wait().state
    return cast("State", object.__getattribute__(outcome, "_state"))


def _data(outcome: Any) -> Any:
    __tracebackhide__ = True
    return value_of(_end(outcome).result())


stands_for(Outcome, _data, lambda _: "of this outcome")
stands_for(LazyOutcome, _data, lambda outcome: outcome._call.name)


def outcome_of(value: Any) -> State:
    """Return the state of an outcome, also where the value has attributes of its own of these names.

    Raises
    ------
    TypeError
        It is the value of no call.
    """
    if type(value) not in {Outcome, LazyOutcome}:
        raise TypeError(f"{type(value).__name__} is no outcome of a flow or task that was called under compat")
    return _end(value)


def without_outcomes(value: Any) -> Any:
    """Return a value with every outcome in it, also in lists, tuples, sets and dicts, replaced by its value."""
    kind = type(value)
    if kind is Outcome:
        return value_of(value)
    if kind in {list, tuple, set}:
        items = [without_outcomes(item) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else kind(items)
    if kind is dict:
        told = {key: without_outcomes(item) for key, item in value.items()}
        return value if all(told[key] is value[key] for key in told) else told
    return value


__all__ = ["LazyOutcome", "Outcome", "outcome_of", "without_outcomes"]
