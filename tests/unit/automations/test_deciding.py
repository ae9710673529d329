"""What automations do about what happened: a table of ends, storms, absences and files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyter_flows.automations import Notify, on_absence, on_event, on_failure, on_run_end
from jupyter_flows.automations.deciding import Firing, Standing, decide, next_look
from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.automations.matching import matches
from jupyter_flows.automations.triggers import FileChange, Trigger
from jupyter_flows.errors import BadOption
from jupyter_flows.model.stored_event import StoredEvent


def standing(trigger: Trigger, most: int = 1, **facts: Any) -> Standing:
    return Standing("a1", AutomationDefinition("alert", trigger, (Notify("team"),), most, 60.0), **facts)


def emitted(id_: int, at: float, name: str = "rows.loaded", **facts: Any) -> StoredEvent:
    return StoredEvent(id_, at, name, **facts)


ENDED = StoredEvent(
    5, 10.0, "run.failed", "flow:load", "r1", "failed", "TimedOut", "", True, None, "load", "load-daily", ("etl",)
)


@pytest.mark.parametrize(
    ("trigger", "event", "does"),
    [
        (on_run_end(), ENDED, True),
        (on_failure(), ENDED, True),
        (on_run_end(states=["TimedOut"]), ENDED, True),
        (on_run_end(states=["completed", "KernelDied"]), ENDED, False),
        (on_run_end(deployment="load-*"), ENDED, True),
        (on_run_end(flow="loads"), ENDED, False),
        (on_run_end(tags=["etl"]), ENDED, True),
        (on_run_end(tags=["etl", "x"]), ENDED, False),
        (on_run_end(), replace(ENDED, is_end=False), False),
        (on_run_end(), replace(ENDED, is_called=True), False),
        (on_run_end(flow="load"), replace(ENDED, is_called=True), True),
        (on_event("*"), ENDED, False),
        (on_event("rows.*"), emitted(1, 0.0), True),
        (on_event("Rows.*"), emitted(1, 0.0), False),
        (on_event("rows.*", resource="t:*"), emitted(1, 0.0, resource="t:x"), True),
        (on_event("rows.*", resource="t:*"), emitted(1, 0.0), False),
        (on_event("*", match={"n": 3}), emitted(1, 0.0, payload={"n": 3, "m": 1}), True),
        (on_event("*", match={"n": [2, 3]}), emitted(1, 0.0, payload={"n": 3}), True),
        (on_event("*", match={"a.b": "c"}), emitted(1, 0.0, payload={"a": {"b": "c"}}), True),
        (on_event("*", match={"a.b": "c"}), emitted(1, 0.0, payload={"a": "b"}), False),
        (on_event("*", match={"n": None}), emitted(1, 0.0, payload=[1]), False),
        (on_run_end(), emitted(1, 0.0), False),
    ],
)
def test_which_events_a_trigger_waits_for(trigger: Trigger, event: StoredEvent, does: bool):
    assert matches(trigger, event) is does


@pytest.mark.parametrize("states", [["running"], ["Scheduled"], ["Late"], "failed"])
def test_states_that_end_no_run_are_refused(states: Any):
    with pytest.raises(BadOption):
        on_run_end(states=states)


def test_a_storm_is_one_alert_in_a_window_and_one_for_all_the_rest():
    stands, fired = [standing(on_event("rows.*"))], list[Firing]()
    for batch in range(20):
        events = [emitted(batch * 500 + n + 1, 100.0) for n in range(500)]
        stands, more = decide(stands, events, {}, 100.0 + batch / 20, more=batch < 19)
        fired += more
    assert [(one.key, one.count) for one in fired] == [("event:1", 1)]
    assert stands[0].held == 9_999
    assert next_look(stands) == 160.0
    stands, fired = decide(stands, [], {}, 159.9)
    assert not fired
    stands, fired = decide(stands, [], {}, 160.0)
    assert [(one.event.id, one.count) for one in fired] == [(10_000, 9_999)]
    assert (stands[0].held, next_look(stands)) == (0, None)


def test_what_was_held_back_is_told_in_the_next_window_and_not_in_one_with_a_new_event():
    stands, _ = decide([standing(on_event("*"))], [emitted(1, 0.0), emitted(2, 0.0)], {}, 0.0)
    stands, fired = decide(stands, [emitted(3, 70.0)], {}, 70.0)
    assert [(one.event.id, one.count) for one in fired] == [(2, 1)]
    assert stands[0].held == 1


def test_events_from_before_it_was_started_do_not_count():
    _, fired = decide([standing(on_event("*"), most=9, since=2)], [emitted(2, 0.0), emitted(3, 0.0)], {}, 0.0)
    assert [one.event.id for one in fired] == [3]


def test_files_for_which_a_window_has_no_room_are_left_for_the_next():
    found = {"a1": [(f"file:1:1:/{n}", emitted(0, 0.0, "file.changed")) for n in range(5)]}
    stands, fired = decide([standing(FileChange("/*"), most=2)], [], found, 0.0)
    assert [one.key for one in fired] == ["file:1:1:/0", "file:1:1:/1"]
    assert stands[0].held == 0


def test_absence_is_told_once_and_again_only_after_it_has_come():
    stands = [standing(on_absence(on_event("rows.*"), within=10), most=9, armed_at=0.0)]
    assert next_look(stands) == 10.0
    stands, fired = decide(stands, [emitted(1, 9.0)], {}, 11.0)
    assert not fired
    assert next_look(stands) == 19.0
    stands, fired = decide(stands, [], {}, 19.0)
    assert [one.event.payload["expected_by"] for one in fired] == [19.0]
    stands, fired = decide(stands, [], {}, 500.0)
    assert not fired
    stands, fired = decide(stands, [emitted(2, 600.0)], {}, 600.0)
    assert next_look(stands) == 610.0


def test_what_comes_after_its_deadline_was_absent_all_the_same():
    stands = [standing(on_absence(on_event("rows.*"), within=10), most=9, armed_at=0.0)]
    stands, fired = decide(stands, [emitted(1, 12.0)], {}, 13.0)
    assert len(fired) == 1
    assert stands[0].armed_at == 12.0


def test_absence_is_not_judged_while_later_events_are_not_looked_at():
    stands = [standing(on_absence(on_event("rows.*"), within=10), armed_at=0.0)]
    stands, fired = decide(stands, [emitted(1, 5.0, "other")], {}, 50.0, more=True)
    assert not fired
    stands, fired = decide(stands, [emitted(2, 9.0)], {}, 12.0)
    assert not fired


def test_absence_after_something_is_expected_only_then():
    trigger = on_absence(on_event("loaded"), within=10, after=on_event("asked"))
    stands = [standing(trigger, most=9)]
    assert next_look(stands) is None
    stands, fired = decide(stands, [emitted(1, 5.0, "asked"), emitted(2, 7.0, "asked")], {}, 8.0)
    assert stands[0].armed_at == 5.0
    stands, fired = decide(stands, [emitted(3, 9.0, "loaded")], {}, 100.0)
    assert not fired
    assert stands[0].armed_at is None
    stands, fired = decide(stands, [emitted(4, 200.0, "asked")], {}, 211.0)
    assert len(fired) == 1
