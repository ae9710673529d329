from __future__ import annotations

import sys

import pytest

from jupyter_flows import Failed, Paused, Retry, Skipped
from jupyter_flows.model.events import Outcome
from jupyter_flows.notebooks.told_signal import signal_of, signal_question
from jupyter_flows.signals import ENDRUN, LOOP


class MySkip(Skipped): ...


def asked(error: BaseException, monkeypatch: pytest.MonkeyPatch, name: str = "") -> Outcome | None:
    """Ask as a kernel is asked after an error."""
    monkeypatch.setattr(sys, "last_value", error, raising=False)
    answer = eval(signal_question(name or type(error).__name__))
    return signal_of(None if answer is None else answer._repr_mimebundle_())


@pytest.mark.parametrize(
    ("error", "name", "flags"),
    [
        (Skipped("why"), "Skipped", {"explicit": True}),
        (MySkip("why"), "Skipped", {"explicit": True}),
        (Failed("why"), "Failed", {"explicit": True, "may_retry": True}),
        (ENDRUN(Failed("why")), "Failed", {"explicit": True, "may_retry": False}),
        (Paused("why"), "Paused", {"explicit": True}),
        (Retry("why", delay_seconds=5), "Failed", {"again": True}),
        (LOOP("why", result=[1]), "Pending", {"loop": True, "value": "[1]"}),
        (LOOP("why", result=object()), "Pending", {"loop": True, "value": None}),
    ],
)
def test_what_a_signal_means_crosses_from_the_kernel(error, name, flags, monkeypatch):
    outcome = asked(error, monkeypatch)
    assert outcome is not None
    assert (outcome.state.name, outcome.state.message) == (name, "why")
    assert {flag: getattr(outcome, flag) for flag in flags} == flags
    assert (outcome.retry_at is not None) == isinstance(error, Retry)


@pytest.mark.parametrize(("error", "name"), [(ValueError("x"), ""), (Skipped("of an attempt before"), "ValueError")])
def test_what_is_no_signal_of_this_attempt_is_none(error, name, monkeypatch):
    assert asked(error, monkeypatch, name) is None


@pytest.mark.parametrize("told", [{}, {"kind": "odd"}, {"kind": "failed", "name": 1, "message": 2}, [], None])
def test_what_a_kernel_makes_up_is_none(told):
    assert signal_of({"application/vnd.jupyter-flows.kept+json": told}) is None
