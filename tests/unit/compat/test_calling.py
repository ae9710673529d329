"""What a direct call gives under compat: as an option or the setting says."""

# What these calls give is chosen at run time: no type checker can know it.
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_flows import task as plain_task
from jupyter_flows.compat import flow, outcome_of, task
from jupyter_flows.compat.call_result import CallResult
from jupyter_flows.compat.outcome import LazyOutcome, Outcome
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.errors import BadOption, UnknownOption
from jupyter_flows.model.states import State
from jupyter_flows.settings import CALL_RESULTS
from jupyter_flows.testing import Harness, flows_test_harness


@pytest.fixture(autouse=True)
def harness() -> Iterator[Harness]:
    with flows_test_harness(store="memory") as harness:
        yield harness


def half(x: int) -> float:
    return 6 / x


async def half_later(x: int) -> float:
    return 6 / x


KINDS = {
    (task, half): {"value": float, "outcome": Outcome, "state": State, "future": TaskFuture},
    (flow, half): {"value": float, "outcome": Outcome, "state": State, "future": State},
    (task, half_later): {"value": float, "outcome": Outcome, "state": State, "future": TaskFuture},
    (flow, half_later): {"value": float, "outcome": Outcome, "state": State, "future": State},
}
ROWS = [
    pytest.param(decorate, function, word, kind, id=f"{decorate.__name__}-{function.__name__}-{word}")
    for (decorate, function), kinds in KINDS.items()
    for word, kind in kinds.items()
]


def called(definition: Any, x: int) -> Any:
    """Call it, and let an async one run; a future is one already."""
    given = definition(x)
    return asyncio.run(given) if inspect.iscoroutine(given) else given


def test_the_words_of_the_setting_are_those_of_the_option():
    assert [one.value for one in CallResult] == list(CALL_RESULTS)


@pytest.mark.parametrize(("decorate", "function", "word", "kind"), ROWS)
def test_a_call_that_succeeds_gives_what_is_asked_for(decorate: Any, function: Any, word: str, kind: type[Any]):
    given = called(decorate(call_result=word)(function), 2)
    assert type(given) is kind
    assert (given if word == "value" else given.result()) == 3


@pytest.mark.parametrize(("decorate", "function", "word", "kind"), ROWS)
def test_a_call_that_fails_raises_or_gives_what_tells_of_it(decorate: Any, function: Any, word: str, kind: type[Any]):
    definition = decorate(call_result=word)(function)
    if word in {"value", "outcome"}:
        with pytest.raises(ZeroDivisionError):
            called(definition, 0)
        return
    given = called(definition, 0)
    assert type(given) is kind
    with pytest.raises(ZeroDivisionError):
        given.result()
    assert (given.state if word == "future" and decorate is task else given).is_failed()


@pytest.mark.parametrize(("decorate", "function", "word", "kind"), ROWS)
def test_the_setting_decides_where_no_option_does(decorate: Any, function: Any, word: str, kind: type[Any]):
    with flows_test_harness(store="memory", call_result=word):
        assert type(called(decorate(function), 2)) is kind
        assert type(called(decorate(call_result="value")(function), 2)) is float


def test_what_a_call_says_wins_over_both():
    assert task(call_result="value")(half)(2, return_state=True).is_completed()
    assert flow(call_result="value")(half)(2, return_state=True).is_completed()


def test_options_that_are_changed_leave_it_as_it_is():
    for decorate in (task, flow):
        first = decorate(call_result="state")(half)
        assert first.with_options(retries=1)(2).is_completed()
        assert first.with_options(call_result="value")(2) == 3.0
        assert type(decorate(half).with_options(name="other")(2)) is Outcome


def test_values_of_every_form_are_handed_on():
    double = task(call_result="state")(lambda x: 2 * x)
    add = task(call_result="future")(lambda x, y: x + y)

    @flow
    def in_a_row() -> Any:
        return add(double(2), add(double(3), 1))

    assert in_a_row() == 11


def test_calls_that_give_futures_overlap():
    meeting = threading.Barrier(2, timeout=60)

    @task
    def meet(number: int) -> int:
        meeting.wait()  # breaks unless both are there at once
        return number

    @flow(call_result="value")
    def both() -> int:
        first, second = meet(1), meet(2)
        return first.result() + second.result()

    with flows_test_harness(store="memory", call_result="future"):
        assert both() == 3


def test_a_flow_that_is_a_test_raises_whatever_is_asked_for():
    @flow(collect=True, call_result="state")
    def test_nothing() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        test_nothing()


def test_a_method_keeps_its_option():
    class Shop:
        @task(call_result="state")
        def price(self, x: int) -> int:
            return x

        @task(call_result="value")
        @staticmethod
        def tax(x: int) -> int:
            return x

    assert Shop().price(2).is_completed()
    assert Shop.tax.with_options(retries=1)(3) == 3


@pytest.mark.parametrize("decorate", [task, flow])
def test_another_word_is_refused(decorate: Any):
    with pytest.raises(BadOption, match="'value', 'outcome', 'state', 'future'"):
        decorate(call_result="promise")(half)


@pytest.mark.parametrize("make", [lambda: task("load"), lambda: task(3), lambda: flow(3), lambda: task(name="a")("b")])
def test_what_is_no_function_is_refused(make: Any):
    with pytest.raises(BadOption, match="decorate a function"):
        make()


def test_outside_of_compat_the_option_names_what_to_do():
    with pytest.raises(UnknownOption, match=r"return_state=True or \.submit\(\)"):
        plain_task(call_result="state")


def test_outcomes_of_calls_that_overlap_are_asked_for_their_state_too():
    @task
    def halved(x: int) -> float:
        return half(x)

    @flow(concurrency="auto")
    def asked() -> Any:
        good, bad = halved(2), halved(0)
        assert type(good) is LazyOutcome
        assert good.result() == 3
        assert good.is_completed()
        assert (bad.is_failed(), outcome_of(bad).name) == (True, "Failed")
        assert isinstance(bad.result(raise_on_failure=False), ZeroDivisionError)
        with pytest.raises(ZeroDivisionError):
            bool(bad)
        with pytest.raises(ZeroDivisionError):
            _ = bad.real
        with pytest.raises(AttributeError):
            _ = good.nothing_of_that_name
        return halved(good)

    assert asked() == 2
    assert asked().is_completed()
