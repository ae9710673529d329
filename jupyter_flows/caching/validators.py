"""The classic cache validators, as policies: ``@task(cache_for=timedelta(hours=1), cache_validator=all_inputs)``.

What a validator compared, a key is made of; how long a value is good for is told by ``cache_for``.
"""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_flows.caching.policies import FLOW_PARAMETERS, INPUTS, NO_CACHE, TASK, CachePolicy
from jupyter_flows.errors import BadOption

never_use = NO_CACHE
duration_only = TASK
all_inputs = INPUTS
all_parameters = FLOW_PARAMETERS


def partial_inputs_only(validate_on: str | Iterable[str] | None = None) -> CachePolicy:
    """Compare only these arguments of the task; without any, only the time counts.

    Raises
    ------
    BadOption
        For what is no name.
    """
    return _only(INPUTS, "partial_inputs_only", validate_on)


def partial_parameters_only(validate_on: str | Iterable[str] | None = None) -> CachePolicy:
    """Compare only these parameters of the flow; without any, only the time counts.

    Raises
    ------
    BadOption
        For what is no name.
    """
    return _only(FLOW_PARAMETERS, "partial_parameters_only", validate_on)


def _only(policy: CachePolicy, what: str, names: str | Iterable[str] | None) -> CachePolicy:
    if names is None:
        return duration_only
    chosen = frozenset([names] if isinstance(names, str) else names)
    if not all(isinstance(name, str) for name in chosen):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise BadOption(what, "validate_on", names, "give names, such as ['day']")
    return CachePolicy(policy.parts, only=chosen)


__all__ = [
    "all_inputs",
    "all_parameters",
    "duration_only",
    "never_use",
    "partial_inputs_only",
    "partial_parameters_only",
]
