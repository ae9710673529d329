"""What a machine remembers of settled runs."""

from __future__ import annotations

import pytest

from jupyter_flows.engine.ended_runs import Ended, EndedRuns
from jupyter_flows.engine.node import Node
from jupyter_flows.model.events import Earlier
from jupyter_flows.model.specs import TaskSpec
from jupyter_flows.model.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    State,
    cancelled,
    completed,
    crashed,
    failed,
)

SKIPPED = State(COMPLETED, "Skipped", "", 1.0)


def settled(ended: EndedRuns, number: int, state: State, *, inline: bool = False, seen: bool = False) -> None:
    node = Node(number, TaskSpec("t"), None, f"t-{number}")
    node.kind, node.version, node.ordered, node.inline, node.seen = state.kind, 3, True, inline, seen
    ended.note(node, state)


@pytest.mark.parametrize(
    ("state", "kind", "failures"),
    [
        (completed(1.0), None, 0),
        (SKIPPED, COMPLETED, 0),
        (failed(1.0), FAILED, 1),
        (crashed(1.0), CRASHED, 1),
        (cancelled(1.0), CANCELLED, 0),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_did_not_plainly_complete_is_remembered(state, kind, failures):
    ended = EndedRuns()
    settled(ended, 1, state)
    found = ended.get(1)
    assert (found and found.kind) is kind
    assert found is None or (found.name, found.title) == (state.name, "t-1")
    assert ended.failures() == failures
    assert ended.unseen == ({1: "t-1"} if failures else {})


@pytest.mark.parametrize(("inline", "seen"), [(True, False), (False, True)])
def test_failures_that_somebody_looks_at_are_not_unseen(inline, seen):
    ended = EndedRuns()
    settled(ended, 1, failed(1.0), inline=inline, seen=seen)
    assert (ended.unseen, ended.failures()) == ({}, 1)


def test_the_flow_run_itself_is_never_unseen():
    ended = EndedRuns()
    settled(ended, 0, failed(1.0))
    assert ended.unseen == {}


def test_a_failure_is_seen_once():
    ended = EndedRuns()
    settled(ended, 1, failed(1.0))
    ended.see(1)
    ended.see(1)
    assert ended.unseen == {}
    assert ended.get(1) is not None


def test_a_run_that_goes_into_a_further_attempt_is_forgotten_and_its_stand_is_told():
    ended = EndedRuns()
    settled(ended, 1, failed(1.0))
    assert ended.take_up(1) == Earlier(FAILED, 3, 1)
    assert (ended.get(1), ended.unseen, ended.failures(), ended.take_up(1)) == (None, {}, 0, None)


def test_what_another_process_skipped_has_no_stand_of_its_own_here():
    ended = EndedRuns()
    ended.note_earlier({4: "four"}, {})
    assert ended.get(4) == Ended(COMPLETED, "Skipped", "four")
    assert ended.take_up(4) is None
    assert ended.get(4) is None


def test_what_another_process_left_failed_fails_the_flow_run_until_somebody_looks():
    ended = EndedRuns()
    ended.note_earlier({}, {4: (FAILED, "TimedOut", "load")})
    assert ended.get(4) == Ended(FAILED, "TimedOut", "load")
    assert ended.unseen == {4: "load"}
    ended.see(4)
    assert ended.unseen == {}
