from __future__ import annotations

import pytest

from jupyter_flows.model.runs import TaskRun
from jupyter_flows.model.states import CANCELLED, COMPLETED, FAILED, State
from jupyter_flows.services.consequences import consequences_of


def task(number, name="Completed", upstreams=()):
    kind = {"Completed": COMPLETED, "Skipped": COMPLETED, "NotRun": CANCELLED}.get(name, FAILED)
    state = State(kind, name, at=1.0)
    return TaskRun("r", number, f"t{number}", "t", "task", (), upstreams, 0, 0, 0, state, 1, 0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("runs", "lost"),
    [
        ([task(1, "Failed"), task(2)], []),
        ([task(1, "Failed"), task(2, "UpstreamFailed", (1,)), task(3, "TriggerFailed", (2,))], [2, 3]),
        ([task(1, "Failed"), task(2, "Completed", (1,)), task(3, "Failed")], []),
        ([task(1, "Failed"), task(2, "NotRun"), task(3, "NotRun")], [2, 3]),
        ([task(1, "Failed"), task(2, "Skipped", (1,)), task(3, "Skipped")], [2]),
    ],
)
def test_only_what_comes_after_or_was_never_reached_is_a_consequence(runs, lost):
    assert [run.number for run in consequences_of(runs[0], runs)] == lost


def test_a_ring_of_numbers_ends():
    runs = [task(1, "Failed", (2,)), task(2, "UpstreamFailed", (1,))]
    assert [run.number for run in consequences_of(runs[0], runs)] == [2]
