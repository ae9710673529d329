from __future__ import annotations

from typing import Any

import pytest

from jupyter_flows.server.event_log import EventLog


def heard(log: EventLog, *where: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    log.listen(found.append, *where)
    return found


@pytest.fixture
def log() -> EventLog:
    made = EventLog(kept=3)
    for _ in range(5):
        made.tell({"type": "deployments"})
    return made


@pytest.mark.parametrize(("after", "missed"), [(5, []), (4, [5]), (2, [3, 4, 5])])
def test_who_was_away_for_a_moment_hears_what_was_missed(log, after, missed):
    greeting, *rest = heard(log, log.name, after)
    assert greeting == {"type": "hello", "log": log.name, "seq": 5, "resumed": True}
    assert [event["seq"] for event in rest] == missed


@pytest.mark.parametrize("where", [("another", 5), (None, None), (None, 5)])
def test_who_comes_anew_is_told_so(log, where):
    (greeting,) = heard(log, *where)
    assert greeting["resumed"] is False


@pytest.mark.parametrize("after", [1, 6, 10**9])
def test_what_is_not_known_any_more_cannot_be_resumed(log, after):
    assert [event["resumed"] for event in heard(log, log.name, after)] == [False]


def test_nobody_resumes_across_a_time_that_was_not_followed(log):
    log.forget()
    assert heard(log, log.name, 5)[0]["resumed"] is False


def test_who_begins_to_listen_while_nothing_was_followed_misses_no_number(log):
    found = heard(log)
    log.forget()
    log.tell({"type": "followed"})
    assert [event["seq"] for event in found] == [5, 6]


def test_events_are_told_in_order_until_one_leaves(log):
    found: list[dict[str, Any]] = []
    log.listen(found.append)
    log.tell({"type": "recovered"})
    log.leave(found.append)
    log.tell({"type": "recovered"})
    assert [event["seq"] for event in found] == [5, 6]
