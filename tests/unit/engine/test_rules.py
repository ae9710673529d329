"""Each rule, and the order in which they are asked."""

from __future__ import annotations

import pytest

from jupyter_flows.engine.rules import (
    End,
    StartFacts,
    TakeSlots,
    TryAgain,
    after_attempt,
    before_start,
    flow_end,
    outcome_of_states,
)
from jupyter_flows.model.events import Outcome
from jupyter_flows.model.specs import FlowSpec, RetryPolicy
from jupyter_flows.model.states import cancelled, completed, crashed, failed, paused


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (StartFacts(1.0), None),
        (StartFacts(1.0, needs_slots=True), TakeSlots),
        (StartFacts(1.0, failed_upstreams=("a",), needs_slots=True), "UpstreamFailed"),
        (StartFacts(1.0, failed_upstreams=("a",), skipped_upstreams=("b",)), "Skipped"),
        (StartFacts(1.0, skipped_upstreams=("b",), skip_on_upstream_skip=False), None),
        (
            StartFacts(1.0, failed_upstreams=("a",), skipped_upstreams=("b",), skip_on_upstream_skip=False),
            "UpstreamFailed",
        ),
        (StartFacts(1.0, ending=cancelled(0.0), failed_upstreams=("a",), skipped_upstreams=("b",)), "NotRun"),
    ],
)
def test_what_may_start(facts, wanted):
    verdict = before_start(facts)
    assert verdict.state.name == wanted if isinstance(verdict, End) else verdict is wanted or type(verdict) is wanted


BAD = failed(1.0, ValueError())


@pytest.mark.parametrize(
    ("policy", "attempt", "outcome", "at"),
    [
        (RetryPolicy(), 1, Outcome(BAD), None),
        (RetryPolicy(1), 1, Outcome(BAD), 10.0),
        (RetryPolicy(1), 2, Outcome(BAD), None),
        (RetryPolicy(2, (3.0, 5.0)), 2, Outcome(BAD), 15.0),
        (RetryPolicy(1), 1, Outcome(BAD, may_retry=False), None),
        (RetryPolicy(1), 1, Outcome(crashed(1.0)), 10.0),
        (RetryPolicy(1), 1, Outcome(cancelled(1.0)), None),
        (RetryPolicy(1), 1, Outcome(paused(1.0)), None),
        (RetryPolicy(1), 1, Outcome(completed(1.0)), None),
        (RetryPolicy(0, (4.0,)), 9, Outcome(BAD, again=True), 14.0),
        (RetryPolicy(), 9, Outcome(BAD, again=True, retry_at=50.0), 50.0),
        (RetryPolicy(), 9, Outcome(BAD, again=True, retry_at=5.0), 10.0),
    ],
)
def test_what_follows_an_attempt(policy, attempt, outcome, at):
    assert after_attempt(policy, attempt, outcome, 10.0, 0.5) == (End(outcome.state) if at is None else TryAgain(at))


@pytest.mark.parametrize(
    ("outcome", "ignores", "unseen", "name"),
    [
        (Outcome(completed(1.0)), False, [], "Completed"),
        (Outcome(completed(1.0)), False, ["a"], "Failed"),
        (Outcome(completed(1.0)), True, ["a"], "Completed"),
        (Outcome(completed(1.0), explicit=True), False, ["a"], "Completed"),
        (Outcome(cancelled(1.0)), False, ["a"], "Cancelled"),
    ],
)
def test_how_a_flow_ends(outcome, ignores, unseen, name):
    assert flow_end(FlowSpec("f", ignore_unseen_failures=ignores), outcome, unseen).name == name


@pytest.mark.parametrize(
    ("states", "name"),
    [
        ([completed(0.0)], "Completed"),
        ([], "Completed"),
        ([completed(0.0), BAD], "Failed"),
        ([BAD, paused(0.0)], "Paused"),
        ([BAD, paused(0.0), cancelled(0.0)], "Cancelled"),
        ([crashed(0.0)], "Failed"),
    ],
)
def test_the_worst_returned_state_counts(states, name):
    assert outcome_of_states(states, 1.0, 5).name == name


@pytest.mark.parametrize(("at", "ended"), [(0.5, 1.0), (3.0, 3.0)])
def test_a_flow_ends_with_the_last_of_its_task_runs(at, ended):
    assert flow_end(FlowSpec("f"), Outcome(completed(1.0)), (), at=at).at == ended
