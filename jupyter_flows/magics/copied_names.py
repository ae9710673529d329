"""`--isolation copy`: a cell's inputs are copied deeply, and what it changes in place is lost unless it is said.

Where a whole namespace can be given to the cell, it gets one of its own. A cell that a headless run sends to its kernel
as a plain one runs in the notebook's names, whose inputs are exchanged for copies as long as it runs.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any

from jupyter_flows.drivers.tracebacks import error_line
from jupyter_flows.errors import BadOption
from jupyter_flows.magics.value_digest import is_definition, is_module
from jupyter_flows.notebooks.kernel_answer import Answer
from jupyter_flows.notebooks.own_kernel import kernel_shell

Namespace = dict[str, Any]

_OF_THE_SHELL = frozenset({"In", "Out", "exit", "quit", "get_ipython"})
_before: list[tuple[Namespace, Namespace]] = []  # names as they were, and the copies, while a cell runs


def copies_of(namespace: Namespace, needed: Iterable[str], task: str) -> Namespace:
    """Copy what a task needs; modules and definitions are shared.

    Raises
    ------
    BadOption
        A value cannot be copied.
    """
    values = {name: namespace[name] for name in needed if name in namespace}
    return {
        name: _copied(task, name, value)
        for name, value in values.items()
        if not is_module(value) and not is_definition(value)
    }


def take_over(namespace: Namespace, own: Namespace, before: Namespace, given: Iterable[str]) -> None:
    """Bring home what a task gave in its own names, which were ``before`` when it began."""
    changed = (name for name in own if name not in before or own[name] is not before[name])
    namespace.update({name: own[name] for name in {*changed, *given} if name in own})


def enter(request: str) -> Answer:
    """Exchange a task's inputs for copies.

    Parameters
    ----------
    request
        JSON object: ``task``, and the names that it ``needs``.
    """
    asked, namespace = json.loads(request), kernel_shell().user_ns
    try:
        copies = copies_of(namespace, asked["needs"], asked["task"])
    except BadOption as error:
        return Answer({"problem": str(error)})
    _before.append((dict(namespace), copies))
    namespace.update(copies)
    return Answer({})


def leave(request: str) -> Answer:
    """Put inputs back that the task has not given anew; after a failure, every name.

    Parameters
    ----------
    request
        JSON object: the names that it ``gives``, and whether its end was ``good``.
    """
    asked, namespace = json.loads(request), kernel_shell().user_ns
    before, copies = _before.pop()
    if asked["good"]:
        kept = {name for name in copies if name in asked["gives"] or namespace.get(name) is not copies[name]}
        namespace.update({name: before[name] for name in copies if name not in kept})
    else:
        for name in [name for name in namespace if name not in before and not _is_of_the_shell(name)]:
            del namespace[name]
        namespace.update({name: value for name, value in before.items() if not _is_of_the_shell(name)})
    return Answer({})


def _is_of_the_shell(name: str) -> bool:
    return name.startswith("_") or name in _OF_THE_SHELL


def _copied(task: str, name: str, value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception as error:  # noqa: BLE001 - a user's own __deepcopy__ may do anything
        wanted = f"`{name}` ({type(value).__name__}) cannot be copied ({error_line(error)}); run it with shared names"
        raise BadOption(f"task `{task}`", "isolation", "copy", wanted) from None


__all__ = ["copies_of", "enter", "leave", "take_over"]
