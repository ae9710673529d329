from __future__ import annotations

import functools
import logging
import sys
import threading
import types

import numpy as np
import pytest

from jupyter_flows import task
from jupyter_flows.caching.content import content_hash, source_hash
from jupyter_flows.caching.tokens import Unhashable

START = """
import dataclasses, functools, logging, threading
import numpy as np
from jupyter_flows import task
import prices
RATE = 2
TABLE = {"a": [1, 2]}
WEIGHTS = np.arange(3)
LOG = logging.getLogger("x")
LOCK = threading.Lock()
UNUSED = 1
class Base:
    factor = 1
class Tool(Base):
    def use(self):
        return helper(1)
    @staticmethod
    def still():
        return 1
    @property
    def held(self):
        return 2
@task(retries=1)
def other(x):
    return x + 7
@functools.lru_cache
def kept(x):
    return x + 8
def helper(x):
    return deeper(x)
def deeper(x):
    return x + 9 if x else f(x)
class Plain:
    def work(self):
        return 12
PLAIN = Plain()
@dataclasses.dataclass
class Told:
    rate: int
    def work(self):
        return 13
TOLD = [{"told": Told(14)}]
MIXED = {"lock": LOCK, "number": 15, "function": lambda: 16}
MIXED["self"] = MIXED
HANDLERS = {"one": helper, "two": lambda: f(10)}
def make(step):
    def stepper(x):
        return x + step
    return stepper
STEPPER = make(11)
def f(x, y=3):
    LOG.info("x")
    with LOCK:
        pass
    g = lambda: WEIGHTS.sum()
    held = PLAIN, TOLD, MIXED, STEPPER(x)
    return RATE, TABLE, g, held, helper(x), HANDLERS, Tool().use(), other(x), kept(x), prices.net(x), missing
f.unit = 17
"""
PRICES = "TAX = 0.2\nOTHER = 5\ndef net(x):\n    return x * (1 - TAX)\n"


def load(text=START, prices=PRICES):
    """Run a module's text, with a module `prices` beside it, and give its `f`."""
    for name, code in (("prices", prices), ("given", text)):
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(code, f"<{name}>", "exec"), vars(module))
    return sys.modules["given"].f


@pytest.fixture(autouse=True)
def forget_modules():
    yield
    for name in ("prices", "given"):
        sys.modules.pop(name, None)


def test_the_same_text_has_the_same_source():
    assert source_hash(load()) == source_hash(load())
    assert content_hash(load()) == content_hash(load())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RATE = 2", "RATE = 2.0"),
        ("[1, 2]", "[1, 3]"),
        ("np.arange(3)", "np.arange(4)"),
        ("factor = 1", "factor = 2"),
        ("return helper(1)", "return helper(2)"),
        ("        return 1\n", "        return 3\n"),
        ("        return 2\n", "        return 3\n"),
        ("x + 7", "x + 70"),
        ("x + 8", "x + 80"),
        ("x + 9", "x + 90"),
        ("f(10)", "f(100)"),
        ("make(11)", "make(12)"),
        ('"one": helper', '"one": deeper'),
        ("Tool(Base)", "Tool"),
        ('logging.getLogger("x")', "None"),
        ("missing", "unknown"),
        ("return 12", "return 120"),
        ("return 13", "return 130"),
        ("Told(14)", "Told(140)"),
        ('"number": 15', '"number": 150'),
        ("lambda: 16", "lambda: 160"),
        ("f.unit = 17", "f.unit = 170"),
    ],
)
def test_what_a_task_refers_to_by_name_counts(old, new):
    assert START.count(old) == 1
    first = source_hash(load())
    assert source_hash(load(START.replace(old, new))) != first


def test_what_a_task_takes_from_a_module_of_the_users_counts():
    first = source_hash(load())
    assert source_hash(load(prices=PRICES.replace("TAX = 0.2", "TAX = 0.25"))) != first
    assert source_hash(load(prices=PRICES.replace("x * (1", "x * (2"))) != first
    assert source_hash(load(prices=PRICES.replace("OTHER = 5", "OTHER = 6"))) == first


@pytest.mark.parametrize(
    ("old", "new"),
    [("UNUSED = 1", "UNUSED = 2"), ("retries=1", "retries=9"), ('getLogger("x")', 'getLogger("y")'), ("y=3", "y=(3)")],
)
def test_what_a_task_does_not_depend_on_does_not_count(old, new):
    first = source_hash(load())
    assert source_hash(load(START.replace(old, new))) == first


def test_a_changed_global_is_seen_at_the_next_call():
    f = load()
    first = source_hash(f)
    f.__globals__["RATE"] = 3
    assert source_hash(f) != first
    f.__globals__["RATE"] = 2
    assert source_hash(f) == first


def adder(step):
    return lambda number: number + step


def test_a_closure_counts_by_its_values():
    assert content_hash(adder(1)) == content_hash(adder(1)) != content_hash(adder(2))
    assert source_hash(adder(1)) != source_hash(adder(2))
    assert content_hash([adder(1), adder(2)]) != content_hash([adder(2), adder(1)])


def outer(*held):
    def pick(place):
        return held[place]

    return pick


def test_functions_within_functions_are_told_apart_by_what_they_hold():
    one, other = adder(1), adder(2)
    assert content_hash(outer(one, other)) == content_hash(outer(adder(1), adder(2)))
    assert content_hash(outer(one, other)) != content_hash(outer(other, one))
    assert content_hash(outer(one, one)) != content_hash(outer(one, other))


@pytest.mark.parametrize("hashed", [content_hash, source_hash])
def test_a_closure_without_a_content_hash_is_refused_by_its_name(hashed):
    lock = threading.Lock()

    def guarded():
        return lock

    with pytest.raises(Unhashable, match="binds it") as caught:
        hashed(guarded)
    assert caught.value.name == "lock"


def test_a_default_without_a_content_hash_is_refused_as_a_value_only():
    def f(lock=threading.Lock()):  # noqa: B008
        return lock

    assert source_hash(f)
    with pytest.raises(Unhashable, match="lock"):
        content_hash(f)


def test_what_a_decorator_keeps_may_be_anything():
    def logged(function, lock):
        @functools.wraps(function)
        def inner(*args):
            with lock:
                return function(*args)

        return inner

    hashes = [source_hash(logged(adder(step), threading.Lock())) for step in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_function_in_many_circles_is_described_once():
    text = "\n".join(
        f"def f{number}():\n    return {', '.join(f'f{other}' for other in range(40))}, TABLE" for number in range(40)
    )
    scope = {"__name__": "given"}
    exec(f"{text}\nTABLE = [{', '.join(f'f{number}' for number in range(40))}]", scope)
    assert source_hash(scope["f0"]) != source_hash(scope["f1"])


def test_a_function_bound_to_its_own_name_has_a_hash():
    def count(number):
        return count(number - 1) if number else 0

    assert source_hash(count)
    assert content_hash(count)


@pytest.mark.parametrize(
    "value", [np.mean, np.add, len, str.upper, logging.getLogger, threading.Thread, int, functools]
)
def test_what_belongs_to_a_library_counts_by_its_name(value):
    assert content_hash(value) == content_hash(value)
    assert content_hash(value) != content_hash(np.median)


def test_a_task_counts_by_its_function():
    def f(x):
        return x

    assert content_hash(task(f)) == content_hash(task(retries=4)(f))
    assert content_hash(task(f)) != content_hash(task(adder(1)))


class Doubler:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, number):
        return number * self.factor


def test_a_callable_object_must_tell_its_content():
    with pytest.raises(Unhashable, match="Doubler"):
        source_hash(Doubler(2))
