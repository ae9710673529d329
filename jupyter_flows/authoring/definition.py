"""What flows and tasks have in common: options, hooks as decorators, and how a final state is answered."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from jupyter_flows.authoring.options import Options
from jupyter_flows.drivers.calls import Hook
from jupyter_flows.model.states import State


class Definition:
    """A function with options.

    Hooks are functions ``(flow or task, its run, state)``; each ``on_...`` method adds one and returns it, so that it
    serves as a decorator.
    """

    fn: Callable[..., Any]
    options: Options
    given: dict[str, Any]

    def prepare(self) -> None:
        """Derive what the engine needs from the options."""
        raise NotImplementedError

    @property
    def description(self) -> str:
        """The option of that name, else the function's docstring."""
        return self.options.description or inspect.getdoc(self.fn) or ""

    def _add_hook(self, which: str, hook: Hook) -> Hook:
        hooks = {**self.options.hooks, which: (*self.options.hooks.get(which, ()), hook)}
        self.options = replace(self.options, hooks=hooks)
        self.given[f"on_{which}"] = list(hooks[which])
        self.prepare()
        return hook

    def on_running(self, hook: Hook) -> Hook:
        """Add a hook that is called before each attempt."""
        return self._add_hook("running", hook)

    def on_completion(self, hook: Hook) -> Hook:
        """Add a hook that is called when a run has completed."""
        return self._add_hook("completion", hook)

    def on_failure(self, hook: Hook) -> Hook:
        """Add a hook that is called when a run has failed for good."""
        return self._add_hook("failure", hook)

    def on_cancellation(self, hook: Hook) -> Hook:
        """Add a hook that is called when a run was cancelled."""
        return self._add_hook("cancellation", hook)

    def on_crashed(self, hook: Hook) -> Hook:
        """Add a hook that is called when a run has crashed."""
        return self._add_hook("crashed", hook)


def answer(state: State, return_state: bool) -> Any:
    """Give a final state, its value or its error to a caller."""
    __tracebackhide__ = True
    if return_state:
        return state
    if state.is_completed():
        return state.data
    raise cast("BaseException", state.result(raise_on_failure=False))


def kind_of(fn: Callable[..., Any]) -> str:
    """Whether a function is ``sync``, ``async``, ``generator`` or ``async generator``."""
    if inspect.iscoroutinefunction(fn):
        return "async"
    if inspect.isasyncgenfunction(fn):
        return "async generator"
    return "generator" if inspect.isgeneratorfunction(fn) else "sync"
