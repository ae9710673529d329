"""Key functions: ``cache_key_fn(context, parameters)`` gives a cache key, or None for no caching.

``context`` has ``task`` and ``task_run``; ``parameters`` are the arguments by name. Any callable that takes two
positional arguments will do, whatever it calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_flows.caching.content import content_hash
from jupyter_flows.caching.policies import INPUTS, TASK_SOURCE, CacheFacts, made_key
from jupyter_flows.errors import BadOption
from jupyter_flows.model.cache_answers import CacheKey

KeyFunction = Callable[[Any, dict[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class KeyContext:
    """What a key function is told beside the arguments.

    Parameters
    ----------
    task
        The task that is called; has ``fn``, ``key`` and ``name``.
    task_run
        Facts about the task run.
    """

    task: Any
    task_run: Any = None


def task_input_hash(context: Any, parameters: Mapping[str, Any]) -> str | None:
    """Make a cache key of the task, its source and its arguments; the same in every process.

    Parameters
    ----------
    context
        Has ``task``, as a `KeyContext` does.
    parameters
        Argument name to value.

    Raises
    ------
    UncacheableInput
        Naming the argument that has no content hash.
    """
    task = context.task
    return (INPUTS + TASK_SOURCE).key(CacheFacts(task.key, task.fn, parameters))


def key_by_function(function: KeyFunction, context: KeyContext, parameters: Mapping[str, Any]) -> CacheKey | None:
    """Ask a key function; of `task_input_hash` alone is it known what its key is made of.

    Raises
    ------
    BadOption, UncacheableInput, Exception
        As `call_key_function` and `task_input_hash` do.
    """
    if function is task_input_hash:
        return made_key(INPUTS + TASK_SOURCE, CacheFacts(context.task.key, context.task.fn, parameters))
    key = call_key_function(function, context, parameters)
    named = getattr(function, "__name__", type(function).__name__)
    return None if key is None else CacheKey(key, {"key function": content_hash(str(named))})


def call_key_function(function: KeyFunction, context: KeyContext, parameters: Mapping[str, Any]) -> str | None:
    """Ask a key function, and check what it says.

    Raises
    ------
    BadOption
        The answer is neither a text nor None, or is empty.
    Exception
        Whatever the function raises.
    """
    key: Any = function(context, dict(parameters))
    if key is None or (isinstance(key, str) and key):
        return key
    raise BadOption(f"@task {context.task.name}", "cache_key_fn", key, "return a text that is not empty, or None")
