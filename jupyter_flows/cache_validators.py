"""The classic cache validators, for ``@task(cache_for=..., cache_validator=...)``."""

from __future__ import annotations

from jupyter_flows.caching.validators import (
    all_inputs,
    all_parameters,
    duration_only,
    never_use,
    partial_inputs_only,
    partial_parameters_only,
)

__all__ = [
    "all_inputs",
    "all_parameters",
    "duration_only",
    "never_use",
    "partial_inputs_only",
    "partial_parameters_only",
]
