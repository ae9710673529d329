"""The options by which a task's values outlive their run: kept, and found again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from jupyter_flows.errors import BadOption

MEMORY_OPTIONS = frozenset(
    {
        "persist_result",
        "result_serializer",
        "result_storage_key",
        "cache_key_fn",
        "cache_policy",
        "cache_expiration",
        "refresh_cache",
        "cache_validator",
        "cache_key",
        "target",
    }
)


@dataclass(frozen=True, slots=True)
class MemoryOptions:
    """Checked options.

    Parameters
    ----------
    persist
        Keep every value, also without a key.
    serializer
        Name of a serializer; chosen by each value's type when empty.
    storage_key
        Template of the file's place; the content decides when empty.
    key_fn
        ``(context, parameters) -> key or None``; wins over ``policy``.
    policy
        An object with ``key(facts)``, such as `jupyter_flows.INPUTS`.
    expiration_seconds
        How long a value is found; for ever when 0.
    refresh
        Run all the same, and keep the new value.
    shared_key
        Tasks with one such text share their values.
    target
        Template of the file's place, or a function that names it; a value that is kept there is found.
    """

    persist: bool = False
    serializer: str = ""
    storage_key: str = ""
    key_fn: Callable[[Any, dict[str, Any]], str | None] | None = None
    policy: Any = None
    expiration_seconds: float = 0.0
    refresh: bool = False
    shared_key: str = ""
    target: str | Callable[..., str] = ""


def memory_options(what: str, raw: Mapping[str, Any]) -> MemoryOptions | None:
    """Check the options; None where nothing is to be kept."""
    given = {option: raw[option] for option in MEMORY_OPTIONS if option in raw}
    key_fn, policy, target = given.get("cache_key_fn"), _policy(what, given), given.get("target", "")
    if key_fn is ...:
        logging.getLogger("jupyter_flows").warning("%s: cache_key_fn=... is taken as not given", what)
        key_fn = None
    if key_fn is not None and not callable(key_fn):
        raise BadOption(what, "cache_key_fn", key_fn, "give a function (context, parameters) -> key")
    if not isinstance(target, str) and not callable(target):
        raise BadOption(what, "target", target, "give a template such as '{task_name}/{day}.json', or a function")
    persist = given.get("persist_result")
    if persist is not None and not isinstance(persist, bool):
        raise BadOption(what, "persist_result", persist, "give True or False")
    if target and (key_fn is not None or policy is not None):
        raise BadOption(what, "target", target, "it is a key of its own; leave out the other one")
    cached = key_fn is not None or policy is not None or bool(target)
    if persist is False and cached:
        raise BadOption(what, "persist_result", persist, "a cached value must be kept; leave this option out")
    if not persist and not cached:
        return _refuse_alone(what, given)
    return MemoryOptions(
        bool(persist),
        _text(what, "result_serializer", given.get("result_serializer", "")),
        _text(what, "result_storage_key", given.get("result_storage_key", "")),
        cast("Callable[[Any, dict[str, Any]], str | None] | None", key_fn),
        policy,
        _expiration(what, given.get("cache_expiration")),
        bool(given.get("refresh_cache", False)),
        _text(what, "cache_key", given.get("cache_key", "")),
        cast("str | Callable[..., str]", target),
    )


def _policy(what: str, given: Mapping[str, Any]) -> Any:
    """The policy of a call, given as such or as a classic validator."""
    policy, validator = given.get("cache_policy"), given.get("cache_validator")
    if validator is not None:
        if policy is not None:
            raise BadOption(what, "cache_validator", validator, "cache_policy is given too; use one of them")
        policy = validator if hasattr(validator, "key") or not callable(validator) else validator()
        if not hasattr(policy, "key"):
            wanted = "give one of jupyter_flows.cache_validators, such as all_inputs"
            raise BadOption(what, "cache_validator", validator, wanted)
    if policy is not None and not hasattr(policy, "key"):
        raise BadOption(what, "cache_policy", policy, "give a policy such as INPUTS or INPUTS + TASK_SOURCE")
    return policy


def _refuse_alone(what: str, given: Mapping[str, Any]) -> None:
    alone = sorted(set(given) - {"persist_result", "cache_key_fn", "cache_policy", "cache_validator", "target"})
    if alone:
        wanted = "it needs cache_key_fn or cache_policy beside it"
        if alone[0].startswith("result_"):
            wanted = "it needs persist_result=True beside it"
        raise BadOption(what, alone[0], given[alone[0]], wanted)


def _text(what: str, option: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadOption(what, option, value, "give a text")
    return value


def _expiration(what: str, value: Any) -> float:
    if value is None:
        return 0.0
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        raise BadOption(what, "cache_expiration", value, "give a timedelta, or seconds above 0")
    return float(seconds)
