from __future__ import annotations

import functools

import pytest

from jupyter_flows.caching.arguments import bind_arguments


def plain(a, b=2, *, c=3):
    return a, b, c


def collecting(a, /, *rest, **others):
    return a, rest, others


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "bound"),
    [
        (plain, (1,), {}, {"a": 1, "b": 2, "c": 3}),
        (plain, (), {"b": 5, "a": 4}, {"a": 4, "b": 5, "c": 3}),
        (collecting, (1, 2, 3), {"x": 4}, {"a": 1, "rest": (2, 3), "x": 4}),
        (collecting, (1,), {"a": 2, "rest": 3}, {"a": 1, "rest": (), "**a": 2, "**rest": 3}),
        (plain, (), {}, {"*": ()}),
        (plain, (1, 2, 3), {"d": 4}, {"*": (1, 2, 3), "d": 4}),
        (type, (1,), {}, {"*": (1,)}),
    ],
)
def test_every_argument_stands_under_its_name(function, args, kwargs, bound):
    assert bind_arguments(function, args, kwargs) == bound


def test_defaults_that_were_changed_count():
    def limited(a, limit=1):
        return a, limit

    assert bind_arguments(limited, (0,), {}) == {"a": 0, "limit": 1}
    limited.__defaults__ = (2,)
    assert bind_arguments(limited, (0,), {}) == {"a": 0, "limit": 2}


def test_a_wrapped_function_has_the_signature_that_it_shows():
    @functools.wraps(plain)
    def wrapper(*args, **kwargs):
        return plain(*args, **kwargs)

    assert bind_arguments(wrapper, (1,), {"c": 5}) == {"a": 1, "b": 2, "c": 5}
