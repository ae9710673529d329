"""A user's traceback without our frames, and what an attempt's failure leaves for `why`."""

from __future__ import annotations

import inspect
import json
import traceback
from collections.abc import Callable
from reprlib import Repr
from typing import Any

from jupyter_flows.errors.user_lines import OURS, without_frames
from jupyter_flows.secrets.resolved import redact

_MOST_CHARACTERS = 100_000
_OF_STATES = frozenset({"result", "is_completed", "is_failed"})
_PLAIN = (
    "A direct call of a flow or task gives its plain value. "
    "A task's .submit(...) gives a future, return_state=True in a call the state, and with flow and task imported from "
    "jupyter_flows.compat a call gives the value and its state in one."
)


class _ShortRepr(Repr):
    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(redact(x), level)  # before it is cut, perhaps in the middle of a secret

    def repr_instance(self, x: Any, level: int) -> str:
        whole = redact(repr(x))  # as above
        if len(whole) <= self.maxother:
            return whole
        half = (self.maxother - 3) // 2
        return f"{whole[:half]}...{whole[-half:]}"


_short = _ShortRepr()
_short.maxstring = _short.maxother = 200
_short.maxlist = _short.maxtuple = _short.maxset = _short.maxdict = 6


def without_our_frames(error: BaseException) -> BaseException:
    """Cut every frame of this package out of an exception's traceback, wherever it stands; return the exception.

    Where a plain value was asked as a state or future is, a note says what a call gives.
    """
    error.__traceback__ = without_frames(error.__traceback__, OURS)
    if isinstance(error, AttributeError) and error.name in _OF_STATES and _PLAIN not in getattr(error, "__notes__", ()):
        error.add_note(_PLAIN)
    return error


def traceback_text(error: BaseException) -> str:
    """Format an exception as Python would; bounded, and never raising."""
    try:
        text = redact("".join(traceback.format_exception(error)))
    except Exception:  # noqa: BLE001 - a user's own __str__ may do anything
        text = f"{type(error).__name__}: (its text cannot be made)"
    if len(text) <= _MOST_CHARACTERS:
        return text
    half = _MOST_CHARACTERS // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def error_line(error: BaseException) -> str:
    """An exception's type and text in at most 500 characters; never raising."""
    return redact("".join(traceback.format_exception_only(error)).strip())[:500]


def short_repr(value: Any) -> str:
    """A value's repr in at most about 200 characters; never raising."""
    try:
        return redact(_short.repr(value))
    except Exception:  # noqa: BLE001 - a user's own __repr__ may do anything
        return f"<{type(value).__name__}, whose repr fails>"


def inputs_text(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The arguments of a call as a JSON object of names to shortened reprs."""
    return json.dumps({name: short_repr(value) for name, value in named_arguments(fn, args, kwargs).items()})


def named_arguments(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call by the names of its parameters; by their positions where they do not fit."""
    try:
        return dict(inspect.signature(fn).bind_partial(*args, **kwargs).arguments)
    except (TypeError, ValueError):
        return {**{str(position): value for position, value in enumerate(args)}, **kwargs}
