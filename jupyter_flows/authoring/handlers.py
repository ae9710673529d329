"""State handlers as a user writes them, and the two forms of ``on_failure``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from jupyter_flows.drivers.calls import Handler, Hook
from jupyter_flows.errors import BadOption
from jupyter_flows.model.states import State


def callback_factory(fn: Callable[[Any, State], Any], check: Callable[[State], bool]) -> Handler:
    """Return a state handler that calls ``fn(flow or task, new state)`` for the states that pass a check.

    Parameters
    ----------
    fn
        What it returns replaces the state; None keeps it.
    check
        Says for which new states ``fn`` is called.
    """

    def handler(subject: Any, _old: State, new: State) -> Any:
        return fn(subject, new) if check(new) else None

    handler.__name__ = getattr(fn, "__name__", type(fn).__name__)
    return handler


def state_handlers(what: str, value: Any) -> tuple[Handler, ...]:
    """Check the option ``state_handlers``: one function or a list of them."""
    handlers = tuple(value) if isinstance(value, list | tuple | set) else (value,)
    for handler in handlers:
        if not callable(handler):
            raise BadOption(what, "state_handlers", handler, "give functions (subject, old_state, new_state)")
    return handlers


def told_apart(hooks: Iterable[Any]) -> tuple[tuple[Hook, ...], tuple[Handler, ...]]:
    """Split functions given for ``on_failure`` by their signature.

    One of three arguments ``(subject, run, state)`` is a hook, called when the run has failed for good. A classic one
    of two, ``(subject, state)``, is called at each failure, also before a retry.
    """
    given = list(hooks)
    classic = tuple(callback_factory(hook, State.is_failed) for hook in given if _takes_two(hook))
    return tuple(hook for hook in given if not _takes_two(hook)), classic


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C
        return False
    return not _fits(signature, 3) and _fits(signature, 2)


def _fits(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
