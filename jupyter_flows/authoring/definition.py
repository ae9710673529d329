"""What flows and tasks have in common: options, hooks as decorators, and how a final state is answered."""

from __future__ import annotations

import functools
import hashlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import CodeType
from typing import Any

from jupyter_flows.authoring.handlers import told_apart
from jupyter_flows.authoring.options import Options
from jupyter_flows.drivers.calls import Hook
from jupyter_flows.model.states import State

_PACKAGE = __name__.partition(".")[0]


class Definition:
    """A function with options.

    Hooks are functions ``(flow or task, its run, state)``; each ``on_...`` method adds one and returns it, so that it
    serves as a decorator. A function ``(flow or task, state)`` for `on_failure` is called at each failure.
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
        option, options = f"on_{which}", self.options
        given = self.given.get(option) or ()
        self.given[option] = [*(given if isinstance(given, list | tuple) else [given]), hook]
        hooks, classic = told_apart([hook]) if which == "failure" else ((hook,), ())
        every = {**options.hooks, which: (*options.hooks.get(which, ()), *hooks)}
        every = {which: found for which, found in every.items() if found}
        self.options = replace(options, hooks=every, handlers=(*options.handlers, *classic))
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


@functools.lru_cache(maxsize=10_000)
def version_of(code: CodeType) -> str:
    """Return a content hash of a function: other code gives another one, in every process."""
    # Not the source text: reading it costs a cold run 10 ms; bytecode and constants change with it as well.
    return hashlib.sha256(_content(code).encode()).hexdigest()[:12]


def _content(code: CodeType) -> str:
    """What a function does, the same in every process: constants may hold code, and sets in any order."""
    constants = [
        _content(value)
        if isinstance(value, CodeType)
        else repr(sorted(map(repr, value)))
        if isinstance(value, frozenset)
        else repr(value)
        for value in code.co_consts
    ]
    return repr((code.co_code, code.co_names, code.co_varnames, constants))


def code_of(fn: Any) -> CodeType | None:
    """The code of a function, seen through its decorators; None for other callables."""
    code = getattr(inspect.unwrap(fn), "__code__", None)
    return code if isinstance(code, CodeType) else None


def entry_of(module: str, file: str) -> str:
    """Where code is to be found again: ``module@file``; empty for what was typed into a notebook or a prompt."""
    file = file.partition(" (cell ")[0] if ".ipynb (cell " in file else file  # see `notebook_module`
    return "" if file.startswith("<") or "ipykernel_" in file else f"{module}@{file}"


def calling_entry() -> str:
    """The `entry_of` of the code that called this package."""
    return entry_of(*_caller())


def calling_folder() -> Path:
    """The folder of the file that called this package; of a notebook or prompt, where it stands."""
    module, file = _caller()
    return Path(file).absolute().parent if entry_of(module, file) else Path.cwd()


def _caller() -> tuple[str, str]:
    frame = sys._getframe(1)  # noqa: SLF001 - the fast way; `inspect.stack` reads files
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == _PACKAGE:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")), frame.f_code.co_filename


def answer(state: State, return_state: bool) -> Any:
    """Give a final state, its value or its error to a caller."""
    __tracebackhide__ = True
    if return_state:
        return state
    return state.result()


def kind_of(fn: Callable[..., Any]) -> str:
    """Whether a function is ``sync``, ``async``, ``generator`` or ``async generator``."""
    if inspect.iscoroutinefunction(fn):
        return "async"
    if inspect.isasyncgenfunction(fn):
        return "async generator"
    return "generator" if inspect.isgeneratorfunction(fn) else "sync"
