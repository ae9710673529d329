"""What a direct call gives under compat: the value and its state in one."""

from __future__ import annotations

from typing import Any, cast

from jupyter_flows.authoring.stand_in import StandIn, stands_for, value_of
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
        state: State = object.__getattribute__(self, "_state")
        try:
            return getattr(value_of(self), name)
        except AttributeError:
            if name in _OF_THE_STATE:
                return getattr(state, name)
            if name in _ANSWERS:
                return _ANSWERS[name](state)
            raise


_ANSWERS = {
    "state": lambda state: state,
    "result": lambda state: lambda timeout=None, raise_on_failure=True: value_of(state.result(raise_on_failure)),
    "wait": lambda state: lambda timeout=None: state,
}


def _data(outcome: Outcome) -> Any:
    return value_of(object.__getattribute__(outcome, "_state").result())


stands_for(Outcome, _data, lambda _: "of this outcome")


def outcome_of(value: Any) -> State:
    """Return the state of an outcome, also where the value has attributes of its own of these names.

    Raises
    ------
    TypeError
        It is the value of no call.
    """
    if type(value) is not Outcome:
        raise TypeError(f"{type(value).__name__} is no outcome of a flow or task that was called under compat")
    return cast("State", object.__getattribute__(value, "_state"))


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


__all__ = ["Outcome", "outcome_of", "without_outcomes"]
