from __future__ import annotations

import pytest

from jupyter_flows.services.readiness import AHEAD, BREATH, Ahead, Readying, changes_in, readying

KEEP = 300.0
LONG_AGO = 10_000.0


def ahead(
    due_in: float | None = None,
    deployment: str | None = "daily",
    *,
    since_begin: float = LONG_AGO,
    since_active: float = LONG_AGO,
) -> Ahead:
    return Ahead(due_in, deployment, since_begin, since_active, KEEP)


@pytest.mark.parametrize(
    ("seen", "spare", "done"),
    [
        pytest.param(ahead(), None, Readying.LEAVE, id="nothing is due and nothing has run: nothing is ready"),
        pytest.param(ahead(), "daily", Readying.DROP, id="what nobody needs for long goes"),
        pytest.param(ahead(3600.0), None, Readying.LEAVE, id="an hour ahead is too early"),
        pytest.param(ahead(3600.0), "daily", Readying.DROP, id="nor is a worker kept for an hour"),
        pytest.param(ahead(AHEAD), None, Readying.MAKE, id="shortly before it is due"),
        pytest.param(ahead(0.1), None, Readying.MAKE, id="late is better than never"),
        pytest.param(ahead(-5.0), None, Readying.MAKE, id="what is over its time comes next"),
        pytest.param(ahead(AHEAD), "daily", Readying.LEAVE, id="it is ready already"),
        pytest.param(ahead(AHEAD), "weekly", Readying.REPLACE, id="it is ready for another notebook"),
        pytest.param(ahead(AHEAD), "", Readying.REPLACE, id="it is ready for no notebook in particular"),
        pytest.param(ahead(1.0), "weekly", Readying.LEAVE, id="another one would not be ready in time"),
        pytest.param(ahead(AHEAD, None), "weekly", Readying.LEAVE, id="nobody knows which one comes"),
        pytest.param(ahead(since_active=KEEP - 1), None, Readying.MAKE, id="after a run the next one is expected"),
        pytest.param(ahead(since_active=KEEP), "daily", Readying.DROP, id="but not for ever"),
        pytest.param(ahead(3600.0, since_active=9.0), "weekly", Readying.LEAVE, id="an hour ahead, any will do"),
        pytest.param(
            ahead(1.0, since_begin=BREATH / 2, since_active=BREATH / 2), None, Readying.LEAVE, id="a run begins first"
        ),
    ],
)
def test_a_worker_is_ready_when_one_will_be_needed(seen: Ahead, spare: str | None, done: Readying):
    assert readying(seen, spare) is done


@pytest.mark.parametrize(
    ("seen", "seconds"),
    [
        (ahead(), None),
        (ahead(3600.0), 3600.0 - AHEAD),
        (ahead(AHEAD), None),
        (ahead(-1.0), None),
        (ahead(since_begin=0.125, since_active=0.125), BREATH - 0.125),
        (ahead(3600.0, since_begin=0.125, since_active=0.125), BREATH - 0.125),
    ],
)
def test_a_runner_looks_again_when_time_alone_changes_the_answer(seen: Ahead, seconds: float | None):
    assert changes_in(seen) == seconds


@pytest.mark.parametrize("spare", [None, "daily"])
@pytest.mark.parametrize("due_in", [12.5, AHEAD + 0.001, 3600.0])
def test_what_is_decided_is_the_same_until_then(due_in: float, spare: str | None):
    seconds = changes_in(ahead(due_in))
    assert seconds is not None
    before, then = ahead(due_in - seconds + 0.0005), ahead(due_in - seconds)
    assert readying(before, spare) is readying(ahead(due_in), spare)
    assert (before.is_soon, then.is_soon) == (False, True)
