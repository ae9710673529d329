"""Cache policies: which facts about a call make its cache key.

``INPUTS``, ``TASK_SOURCE``, ``RUN_ID`` and ``FLOW_PARAMETERS`` are combined with ``+``; ``INPUTS - "debug"`` leaves an
argument out, ``INPUTS - ["debug", "verbose"]`` several. Each key holds the identity of its task as well, so that two
tasks never share a value by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MethodType
from typing import Any

from jupyter_flows.caching.content import content_hash, joined_hash, own_code_hash, source_hash
from jupyter_flows.caching.tokens import Unhashable, type_name
from jupyter_flows.errors import BadOption, UncacheableInput
from jupyter_flows.model.cache_answers import CacheKey

_ORDER = ("task", "inputs", "task source", "run id", "flow parameters")
_NAMED = {"inputs", "flow parameters"}  # the parts that are told by name
_WORDS = dict(zip(_ORDER, ("TASK", "INPUTS", "TASK_SOURCE", "RUN_ID", "FLOW_PARAMETERS"), strict=True))


@dataclass(frozen=True, slots=True)
class CacheFacts:
    """What is known of a call before it runs.

    Parameters
    ----------
    task_key
        Identity of the task: module and qualified name.
    function
        The task's function, bound to its instance for a method.
    arguments
        Argument name to value, with defaults (see `bind_arguments`).
    run_id
        The flow run.
    flow_parameters
        The parameters of the flow run.
    """

    task_key: str
    function: Any
    arguments: Mapping[str, Any]
    run_id: str = ""
    flow_parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def task_name(self) -> str:
        """The last part of the key, for people."""
        return self.task_key.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """The parts that a cache key is made of.

    Parameters
    ----------
    parts
        Any of ``task`` (which every key holds anyway), ``inputs``, ``task source``, ``run id``, ``flow parameters``;
        none means that nothing is cached.
    ignored
        Names of arguments that do not count.
    only
        The arguments, or the parameters of the flow, that count, if not all of them do.
    """

    parts: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    only: frozenset[str] | None = None

    def __add__(self, other: CachePolicy) -> CachePolicy:
        """Make a policy whose key changes when either's would; `NO_CACHE` adds nothing."""
        if not isinstance(other, CachePolicy):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        named = [policy.only for policy in (self, other) if policy.parts & _NAMED]
        only = None if not named or None in named else frozenset[str]().union(*filter(None, named))
        return CachePolicy(self.parts | other.parts, self.ignored | other.ignored, only)

    def __sub__(self, names: str | Iterable[str]) -> CachePolicy:
        """Leave arguments out of the inputs.

        Raises
        ------
        BadOption
            The policy has no inputs, or what is left out is not a name.
        """
        left_out: list[Any] = [names] if isinstance(names, str) else list(names)
        if not all(isinstance(name, str) for name in left_out):
            raise BadOption("a cache policy", "-", names, "give the name of an argument, or a list of names")
        if "inputs" not in self.parts:
            raise BadOption("a cache policy", "-", names, "only INPUTS has arguments to leave out")
        return CachePolicy(self.parts, self.ignored | frozenset(left_out), self.only)

    def key(self, facts: CacheFacts) -> str | None:
        """Return the cache key of a call, 64 hexadecimal digits; None when nothing is to be cached.

        Raises
        ------
        UncacheableInput
            Something that counts has no content hash.
        """
        explained = self.explain(facts)
        return joined_hash(explained) if explained else None

    def explain(self, facts: CacheFacts) -> list[tuple[str, str]]:
        """Return what the key is made of: name of the part and its digest, one entry for each argument.

        Raises
        ------
        UncacheableInput
            Something that counts has no content hash.
        """
        if not self.parts:
            return []
        explained = [("task", _identity(facts))]
        for part in _ORDER[1:]:
            if part in self.parts:
                explained += _DIGESTS[part](facts, self)
        return explained

    def __repr__(self) -> str:
        words = " + ".join(_WORDS[part] for part in _ORDER if part in self.parts)
        if self.only is not None:
            words += f" only {', '.join(sorted(self.only))}"
        left_out = "".join(f" - {name!r}" for name in sorted(self.ignored))
        return f"<CachePolicy {words or 'NO_CACHE'}{left_out}>"


def made_key(policy: Any, facts: CacheFacts) -> CacheKey | None:
    """Return the key that a policy, or another object with a method ``key``, makes of a call, and its parts.

    Raises
    ------
    UncacheableInput
        Something that counts has no content hash.
    """
    if isinstance(policy, CachePolicy):
        parts = policy.explain(facts)
        return CacheKey(joined_hash(parts), dict(parts)) if parts else None
    key: str | None = policy.key(facts)
    return None if key is None else CacheKey(key, {"policy": content_hash(repr(policy))})


def _identity(facts: CacheFacts) -> str:
    # Every notebook and script calls itself __main__: there the name alone does not tell two tasks apart.
    if not facts.task_key.startswith("__main__."):
        return _hash_of_words(facts.task_key)
    return _hash_of_words((facts.task_key, own_code_hash(_plain(facts.function))))


@lru_cache(1024)
def _hash_of_words(words: str | tuple[str, str]) -> str:
    return content_hash(words)


def _plain(function: Any) -> Any:
    return function.__func__ if isinstance(function, MethodType) else function


def _inputs(facts: CacheFacts, policy: CachePolicy) -> list[tuple[str, str]]:
    arguments = dict(facts.arguments)
    if isinstance(facts.function, MethodType):
        arguments["self"] = facts.function.__self__
    return [
        (f"input {name}", _digest(facts, name, value, ""))
        for name, value in sorted(arguments.items())
        if name not in policy.ignored and (policy.only is None or name in policy.only)
    ]


def _source(facts: CacheFacts, _policy: CachePolicy) -> list[tuple[str, str]]:
    function = _plain(facts.function)
    try:
        return [("task source", source_hash(function))]
    except Unhashable as problem:
        name = problem.name or getattr(function, "__name__", type(function).__name__)
        advice = "pass it as a parameter, or leave TASK_SOURCE out of the policy"
        raise UncacheableInput(facts.task_name, name, problem.type_name, problem.why, advice) from None


def _run_id(facts: CacheFacts, _policy: CachePolicy) -> list[tuple[str, str]]:
    return [("run id", content_hash(facts.run_id))]


def _flow_parameters(facts: CacheFacts, policy: CachePolicy) -> list[tuple[str, str]]:
    advice = "leave FLOW_PARAMETERS out of the policy, or give a cache_key_fn"
    return [
        (f"flow parameter {name}", _digest(facts, name, value, advice))
        for name, value in sorted(facts.flow_parameters.items())
        if policy.only is None or name in policy.only
    ]


def _digest(facts: CacheFacts, name: str, value: Any, advice: str) -> str:
    try:
        return content_hash(value)
    except Unhashable as problem:
        kind = type_name(type(value))
        why = problem.why if problem.type_name == kind else f"it holds a {problem.type_name}: {problem.why}"
        raise UncacheableInput(facts.task_name, name, kind, why, advice) from None


_DIGESTS = dict(zip(_ORDER[1:], (_inputs, _source, _run_id, _flow_parameters), strict=True))

INPUTS = CachePolicy(frozenset({"inputs"}))
TASK = CachePolicy(frozenset({"task"}))
TASK_SOURCE = CachePolicy(frozenset({"task source"}))
RUN_ID = CachePolicy(frozenset({"run id"}))
FLOW_PARAMETERS = CachePolicy(frozenset({"flow parameters"}))
NO_CACHE = CachePolicy()
DEFAULT = INPUTS + TASK_SOURCE + RUN_ID

__all__ = [
    "DEFAULT",
    "FLOW_PARAMETERS",
    "INPUTS",
    "NO_CACHE",
    "RUN_ID",
    "TASK",
    "TASK_SOURCE",
    "CacheFacts",
    "CachePolicy",
    "made_key",
]
