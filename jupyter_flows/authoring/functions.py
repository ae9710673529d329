"""What flows and tasks do alike with their functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from jupyter_flows.authoring.options import Options
from jupyter_flows.drivers.calls import Hook


class Hooked(Protocol):
    """A flow or task, as far as hooks are concerned."""

    options: Options
    given: dict[str, Any]

    def prepare(self) -> None:
        """Derive what the engine needs from the options."""
        ...


def add_hook(subject: Hooked, which: str, hook: Hook) -> Hook:
    """Add a hook to a flow or task in place, and return it, so that the caller serves as a decorator."""
    hooks = {**subject.options.hooks, which: (*subject.options.hooks.get(which, ()), hook)}
    subject.options = replace(subject.options, hooks=hooks)
    subject.given[f"on_{which}"] = list(hooks[which])
    subject.prepare()
    return hook


def kind_of(fn: Callable[..., Any]) -> str:
    """Whether a function is ``sync``, ``async``, ``generator`` or ``async generator``."""
    if inspect.iscoroutinefunction(fn):
        return "async"
    if inspect.isasyncgenfunction(fn):
        return "async generator"
    return "generator" if inspect.isgeneratorfunction(fn) else "sync"
