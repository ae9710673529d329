"""Placed tasks inside arguments: found, and replaced by what stands for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.task import Task
from jupyter_flows.drivers.inputs import FutureLike, Wrapped, holds_nothing, quote, rebuild
from jupyter_flows.model.states import State


def replace_tasks(value: Any, change: Callable[[Any], Any]) -> Any:
    """Replace each task in a value, also in collections and dataclasses; what holds none stays the very same object."""
    if isinstance(value, Placed | Task):
        return change(value)
    if holds_nothing(value) or isinstance(value, quote | State | FutureLike):
        return value
    if isinstance(value, Wrapped):
        inner = replace_tasks(value.value, change)
        return value if inner is value.value else type(value)(inner)
    return rebuild(value, lambda item: replace_tasks(item, change))
