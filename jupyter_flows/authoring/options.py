"""The options of `@task` and `@flow`: today's words, the classic ones as synonyms, and their checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from jupyter_flows.authoring.handlers import state_handlers, told_apart
from jupyter_flows.authoring.memory_options import MEMORY_OPTIONS, MemoryOptions, memory_options
from jupyter_flows.drivers.calls import Handler, Hook
from jupyter_flows.errors import BadOption, UnknownOption
from jupyter_flows.model.specs import NO_RETRIES, RetryPolicy, Trigger
from jupyter_flows.model.states import State
from jupyter_flows.settings import TASK_RUNNERS

_MOST_DELAYS = 50
_TASK_SYNONYMS = {"cache_for": "cache_expiration", "checkpoint": "persist_result"}
_FLOW_SYNONYMS = {"executor": "task_runner"}
_COMMON_SYNONYMS = {
    "max_retries": "retries",
    "retry_delay": "retry_delay_seconds",
    "timeout": "timeout_seconds",
    "log_stdout": "log_prints",
}
_SYNONYMS = {**_TASK_SYNONYMS, **_FLOW_SYNONYMS, **_COMMON_SYNONYMS}
_INSTEAD = {  # words whose meaning has another form here
    "result": "use persist_result=True; JUPYTER_FLOWS_RESULTS_URL says where values are kept",
    "call_result": "it is an option under jupyter_flows.compat; here return_state=True or .submit() says so in a call",
    "result_handler": "use persist_result=True and result_serializer='...'",
}
_DECIDERS = frozenset({"retry_condition_fn", "retry_on"})  # two words for one decision
_CACHED_BY = frozenset({"cache_key_fn", "cache_policy", "cache_validator", "target"})
_HOOKS = ("running", "completion", "failure", "cancellation", "crashed")
_COMMON = {
    "name",
    "description",
    "version",
    "tags",
    "retries",
    "retry_delay_seconds",
    "retry_jitter_factor",
    "timeout_seconds",
    "log_prints",
    "state_handlers",
    *(f"on_{which}" for which in _HOOKS),
}
TASK_OPTIONS = frozenset(
    {
        *_COMMON,
        "task_run_name",
        "retry_condition_fn",
        "retry_on",
        "skip_on_upstream_skip",
        "trigger",
        *MEMORY_OPTIONS,
        "nout",
        "slug",
        *_TASK_SYNONYMS,
        *_COMMON_SYNONYMS,
    }
)
_RUNNING = {"task_runner", *_FLOW_SYNONYMS}
FLOW_OPTIONS = frozenset(
    {
        *_COMMON,
        *("flow_run_name", "validate_parameters", "allow_secret_looking", "final_state", "concurrency", "collect"),
        *_RUNNING,
        *_COMMON_SYNONYMS,
    }
)
GRAPH_OPTIONS = frozenset(
    {
        *("description", "version", "tags", "log_prints", "log_stdout", "state_handlers", "terminal_state_handler"),
        "allow_secret_looking",
        *_RUNNING,
        *(f"on_{which}" for which in _HOOKS),
    }
)


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options; what was not given has its default."""

    name: str = ""
    slug: str = ""
    description: str = ""
    version: str = ""
    tags: tuple[str, ...] = ()
    run_name: str | Callable[..., str] | None = None
    retry: RetryPolicy = NO_RETRIES
    retry_condition: Callable[..., Any] | None = None
    timeout_seconds: float = 0.0
    log_prints: bool | None = None
    skip_on_upstream_skip: bool = True
    trigger: Trigger | Callable[[Any], Any] | None = None
    memory: MemoryOptions | None = None
    nout: int | None = None
    validate_parameters: bool = True
    allow_secret_looking: bool = False
    collect: bool = False
    task_runner: Any = None
    final_state: str = "strict"
    concurrency: str = "manual"
    handlers: tuple[Handler, ...] = ()
    terminal_state_handler: Callable[[Any, State, list[State]], Any] | None = None
    hooks: Mapping[str, tuple[Hook, ...]] = field(default_factory=dict[str, tuple[Hook, ...]])


def exponential_backoff(backoff_factor: float) -> Callable[[int], list[float]]:
    """Return delays for ``retry_delay_seconds`` that double: ``backoff_factor * 2**k`` seconds before retry k + 1."""
    if backoff_factor < 0:
        raise BadOption("exponential_backoff", "backoff_factor", backoff_factor, "give a number from 0 up")
    return lambda retries: [backoff_factor * 2**retry for retry in range(retries)]


def check_options(what: str, known: frozenset[str], given: Mapping[str, Any]) -> Options:
    """Check raw options and bring them into today's words.

    Raises
    ------
    UnknownOption
        Naming it and the nearest known one.
    BadOption
        For a value that cannot be meant, or both names of one setting.
    """
    raw: dict[str, Any] = {}
    for option, value in given.items():
        if option not in known:
            raise UnknownOption(what, option, known, _INSTEAD.get(option, ""))
        modern = _SYNONYMS.get(option, option)
        if modern in raw:
            raise BadOption(what, option, value, f"it is another name of {modern!r}, which is given too")
        raw[modern] = value
    raw = {option: value for option, value in raw.items() if value is not None}
    if "cache_for" in given and not raw.keys() & _CACHED_BY:
        from jupyter_flows.caching.validators import duration_only  # deferred: few tasks cache

        raw["cache_validator"] = duration_only  # what the classic option means by itself
    hooks, classic = _all_hooks(what, raw)
    return Options(
        name=_text(what, "name", raw.get("name", "")),
        slug=_text(what, "slug", raw.get("slug", "")),
        description=_text(what, "description", raw.get("description", "")),
        version=_text(what, "version", raw.get("version", "")),
        tags=_tags(what, raw.get("tags", ())),
        run_name=_run_name(what, raw),
        retry=_retry_policy(what, raw),
        retry_condition=_retry_condition(what, raw),
        timeout_seconds=_seconds(what, "timeout_seconds", raw.get("timeout_seconds", 0.0)),
        log_prints=_flag(what, "log_prints", raw.get("log_prints")),
        skip_on_upstream_skip=bool(_flag(what, "skip_on_upstream_skip", raw.get("skip_on_upstream_skip", True))),
        nout=_count(what, "nout", raw.get("nout")),
        trigger=_trigger(what, raw.get("trigger")),
        memory=memory_options(what, raw),
        validate_parameters=bool(_flag(what, "validate_parameters", raw.get("validate_parameters", True))),
        allow_secret_looking=bool(_flag(what, "allow_secret_looking", raw.get("allow_secret_looking", False))),
        collect=bool(_flag(what, "collect", raw.get("collect", False))),
        task_runner=_task_runner(what, raw.get("task_runner")),
        final_state=_choice(what, "final_state", raw.get("final_state", "strict"), ("strict", "return")),
        concurrency=_choice(what, "concurrency", raw.get("concurrency", "manual"), ("manual", "auto")),
        terminal_state_handler=_function(what, "terminal_state_handler", raw.get("terminal_state_handler")),
        hooks=hooks,
        handlers=(*state_handlers(what, raw.get("state_handlers", ())), *classic),
    )


def changed_options(given: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return raw options with some of them changed, under whichever of their names."""
    changed = {_SYNONYMS.get(option, option) for option in changes}
    if changed & _DECIDERS:
        changed |= _DECIDERS
    kept = {option: value for option, value in given.items() if _SYNONYMS.get(option, option) not in changed}
    return {**kept, **changes}


def _text(what: str, option: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadOption(what, option, value, "give a text")
    return value


def _flag(what: str, option: str, value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise BadOption(what, option, value, "give True or False")
    return value


def _choice(what: str, option: str, value: Any, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise BadOption(what, option, value, f"use one of {', '.join(map(repr, allowed))}")
    return cast("str", value)


def _tags(what: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise BadOption(what, "tags", value, "give a list of texts")
    tags = tuple(dict.fromkeys(cast("Iterable[Any]", value)))
    for tag in tags:
        _text(what, "tags", tag)
    return tags


def _run_name(what: str, raw: Mapping[str, Any]) -> str | Callable[..., str] | None:
    name = raw.get("task_run_name", raw.get("flow_run_name"))
    if name is not None and not isinstance(name, str) and not callable(name):
        raise BadOption(what, "run name", name, "give a template such as '{day}-report', or a function")
    return cast("str | Callable[..., str] | None", name)


def _seconds(what: str, option: str, value: Any) -> float:
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise BadOption(what, option, value, "give seconds from 0 up, or a timedelta")
    return float(value)


def _retry_policy(what: str, raw: Mapping[str, Any]) -> RetryPolicy:
    retries = raw.get("retries", 0)
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise BadOption(what, "retries", retries, "give a whole number from 0 up")
    jitter = _seconds(what, "retry_jitter_factor", raw.get("retry_jitter_factor", 0.0))
    delay = raw.get("retry_delay_seconds", 0)
    if callable(delay):
        delay = delay(retries)
    listed = list(delay) if isinstance(delay, list | tuple) else [delay]
    if len(listed) > _MOST_DELAYS:
        raise BadOption(what, "retry_delay_seconds", f"{len(listed)} delays", f"give at most {_MOST_DELAYS}")
    delays = tuple(_seconds(what, "retry_delay_seconds", value) for value in listed)
    if not retries and not any(delays) and not jitter:
        return NO_RETRIES
    return RetryPolicy(retries, delays, jitter)


def _retry_condition(what: str, raw: Mapping[str, Any]) -> Callable[..., Any] | None:
    condition, kinds = raw.get("retry_condition_fn"), raw.get("retry_on")
    if kinds is not None:
        if condition is not None:
            raise BadOption(what, "retry_on", kinds, "retry_condition_fn is given too; use one of them")
        wanted = tuple(kinds) if isinstance(kinds, list | tuple) else (kinds,)
        if not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in wanted):
            raise BadOption(what, "retry_on", kinds, "give exception classes")
        return lambda _task, _run, state: isinstance(state.data, wanted)
    if condition is not None and not callable(condition):
        raise BadOption(what, "retry_condition_fn", condition, "give a function (task, task_run, state) -> bool")
    return condition


def _task_runner(what: str, value: Any) -> Any:
    """A name, or a task runner; of a class of them, one with its usual size."""
    runner = value() if isinstance(value, type) and hasattr(value, "place") else value
    named = isinstance(runner, str) and runner in TASK_RUNNERS
    if runner is None or named or (not isinstance(runner, str | type) and callable(getattr(runner, "place", None))):
        return runner
    hint = f"use {', '.join(map(repr, TASK_RUNNERS))} or a task runner such as ThreadPoolTaskRunner(max_workers=4)"
    raise BadOption(what, "task_runner", value, hint)


def _function(what: str, option: str, value: Any) -> Callable[..., Any] | None:
    if value is not None and not callable(value):
        raise BadOption(what, option, value, "give a function")
    return value


def _count(what: str, option: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise BadOption(what, option, value, "give a whole number from 0 up")
    return value


def _trigger(what: str, value: Any) -> Trigger | Callable[[Any], Any] | None:
    if value is not None and not isinstance(value, Trigger) and not callable(value):
        raise BadOption(what, "trigger", value, "give one of jupyter_flows.triggers, or a function of upstream states")
    return cast("Trigger | Callable[[Any], Any] | None", value)


def _all_hooks(what: str, raw: Mapping[str, Any]) -> tuple[dict[str, tuple[Hook, ...]], tuple[Handler, ...]]:
    """The hooks, by their state's word, and the classic callbacks among them, which are handlers."""
    given = {which: _hooks(what, f"on_{which}", raw[f"on_{which}"]) for which in _HOOKS if raw.get(f"on_{which}")}
    given["failure"], classic = told_apart(given.get("failure", ()))
    return {which: hooks for which, hooks in given.items() if hooks}, classic


def _hooks(what: str, option: str, value: Any) -> tuple[Hook, ...]:
    hooks = tuple(value) if isinstance(value, list | tuple) else (value,)
    for hook in hooks:
        if not callable(hook):
            raise BadOption(what, option, hook, "give a function (subject, run, state), or a list of them")
    return hooks
