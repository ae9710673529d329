"""The retry policy's waits."""

from __future__ import annotations

import pytest

from jupyter_flows.model.specs import RetryPolicy


@pytest.mark.parametrize(
    ("delays", "waits"),
    [((), [0, 0, 0]), ((5.0,), [5, 5, 5]), ((1.0, 2.0), [1, 2, 2]), ((1.0, 2.0, 4.0, 8.0), [1, 2, 4])],
)
def test_the_last_delay_repeats(delays, waits):
    policy = RetryPolicy(3, delays)
    assert [policy.delay(retry, 0.7) for retry in (1, 2, 3)] == waits


@pytest.mark.parametrize(
    ("jitter", "draw", "wait"), [(0.5, 0.0, 5.0), (0.5, 0.5, 10.0), (0.5, 1.0, 15.0), (1.0, 0.0, 0.0), (3.0, 0.0, 0.0)]
)
def test_jitter_spreads_around_the_delay_and_never_below_zero(jitter, draw, wait):
    assert RetryPolicy(1, (10.0,), jitter).delay(1, draw) == wait
