from __future__ import annotations

import threading

import pytest

from jupyter_flows import task
from jupyter_flows.caching.key_functions import KeyContext, call_key_function, task_input_hash
from jupyter_flows.errors import BadOption, UncacheableInput


@task
def load(day, debug=False):
    return day, debug


@task
def other(day, debug=False):
    return debug, day


CONTEXT = KeyContext(load)


def test_the_key_follows_task_and_arguments():
    keys = [
        task_input_hash(CONTEXT, {"day": 1, "debug": False}),
        task_input_hash(CONTEXT, {"day": 1, "debug": True}),
        task_input_hash(CONTEXT, {"day": "1", "debug": False}),
        task_input_hash(KeyContext(other), {"day": 1, "debug": False}),
    ]
    assert len(set(keys)) == 4
    assert task_input_hash(CONTEXT, {"debug": False, "day": 1}) == keys[0]


def test_an_argument_without_a_hash_is_named():
    with pytest.raises(UncacheableInput, match="load cannot be cached: its argument 'day'"):
        task_input_hash(CONTEXT, {"day": threading.Lock()})


@pytest.mark.parametrize(
    ("function", "key"),
    [
        (task_input_hash, task_input_hash(CONTEXT, {"day": 1})),
        (lambda args, kwargs: "extract-data", "extract-data"),
        (lambda context, parameters: f"{context.task.name}-{parameters['day']}", "load-1"),
        (lambda _context, _parameters: None, None),
        ("{0.task.name}".format, "load"),
    ],
)
def test_any_callable_of_two_arguments_may_give_the_key(function, key):
    assert call_key_function(function, CONTEXT, {"day": 1}) == key


@pytest.mark.parametrize("answer", ["", 1, b"key", ["key"], False])
def test_an_answer_that_is_no_key_is_refused(answer):
    with pytest.raises(BadOption, match=r"@task load: cache_key_fn=.*; return a text that is not empty, or None"):
        call_key_function(lambda _context, _parameters: answer, CONTEXT, {})


def test_a_key_function_cannot_change_the_arguments():
    arguments = {"day": 1}
    call_key_function(lambda _context, parameters: str(parameters.pop("day")), CONTEXT, arguments)
    assert arguments == {"day": 1}
