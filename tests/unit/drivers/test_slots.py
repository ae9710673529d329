"""Slots of one process beside those of others: lines, turns, and a store that does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.drivers.slots import SlotHolder, Slots
from jupyter_flows.errors import StoreUnavailable
from jupyter_flows.model.slots import SlotPlace
from jupyter_flows.settings import load_settings
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.testing import FakeClock

ME = this_owner("me-and-no-other")
DB, API = (("db", 1),), (("api", 1),)


class Shared:
    """Slots of others, by hand."""

    def __init__(self, **free: int) -> None:
        self.free, self.told = free, list[str]()
        self.wait = self.down = self.wrote = False

    def sizes(self) -> Mapping[str, int]:
        self._answer()
        return {"db": 5, "api": 5}

    def take(self, place: SlotPlace, needs: Any, owner: Any, at: float, lease_until: float) -> bool:
        self._answer()
        granted = self.has_room(place, needs, at)
        if granted:
            for name, slots in needs:
                self.free[name] -= slots
        self.told.append(f"{'take' if granted else 'wait'} {place.number}")
        return granted

    def has_room(self, place: SlotPlace, needs: Any, at: float) -> bool:
        return all(self.free[name] >= slots for name, slots in needs)

    def others_wait(self, needs: Any, owner: Any, at: float) -> bool:
        return self.wait

    def give(self, place: SlotPlace) -> None:
        self._answer()
        self.told.append(f"give {place.number}")

    def renew(self, places: Any, lease_until: float) -> None:
        self.told.append(f"renew {len(places)} {lease_until}")

    def changed(self) -> bool:
        self._answer()
        self.wrote, wrote = False, self.wrote
        return wrote

    def close(self) -> None:
        self.told.append("close")

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailable("here", "it is gone", "wait")


class Place:
    def __init__(self, folder: Path, shared: Shared) -> None:
        settings = replace(load_settings({"JUPYTER_DATA_DIR": str(folder)}), poll_seconds=1.0)
        self.shared, self.clock = shared, FakeClock()
        self.slots = Slots(settings, lambda: shared, lambda: ME, self.clock)
        self.names: dict[Any, str] = {}

    def holder(self, name: str) -> Any:
        holder = SlotHolder(lambda: None, "run")
        holder.number = -len(self.names) - 1
        self.names[holder] = name
        return holder

    def named(self, holders: list[Any]) -> str:
        return "".join(self.names[one] for one in holders)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    opened = Place(tmp_path, Shared(db=1, api=1))
    assert (opened.slots.size("db"), opened.slots.size("nothing")) == (5, None)
    return opened


def test_one_line_for_each_limit_in_order_of_asking(place: Place):
    a, b, c, d = map(place.holder, "abcd")
    slots = place.slots
    assert [slots.acquire(a, DB), slots.acquire(b, DB), slots.acquire(c, DB), slots.acquire(d, API)] == [
        True,
        False,
        False,
        True,
    ]
    assert place.shared.told == ["take -1", "take -4"]
    place.clock.advance(1.0)
    assert slots.look() == []
    assert place.shared.told[2:] == ["wait -2"]  # of a line the first shows that it waits
    place.shared.free["db"] = 1
    assert place.named(slots.release(a)) == "b"
    place.shared.free["db"] = 2
    assert place.named(slots.release(c)) == ""
    assert place.named(slots.release(b)) == ""


def test_it_looks_again_when_somebody_has_written_and_now_and_then(place: Place):
    a, slots, clock = place.holder("a"), place.slots, place.clock
    assert slots.seconds_to_look is None
    place.shared.free["db"] = 0
    slots.acquire(a, DB)
    assert slots.look() == []
    assert slots.seconds_to_look == pytest.approx(0.05)
    place.shared.free["db"] = 1
    clock.advance(0.06)
    assert slots.look() == []  # nobody has written
    clock.advance(1.0)
    assert place.named(slots.look()) == "a"
    b = place.holder("b")
    slots.acquire(b, DB)
    place.shared.free["db"], place.shared.wrote = 1, True
    clock.advance(0.06)
    assert place.named(slots.look()) == "b"


def test_after_its_turn_a_process_leaves_slots_to_others_that_wait(place: Place):
    a, b, c, slots, clock = *map(place.holder, "abc"), place.slots, place.clock
    slots.acquire(a, DB)
    clock.advance(0.3)
    place.shared.free["db"], place.shared.wait = 1, True
    assert slots.release(a) == []
    assert not slots.acquire(b, DB)
    place.shared.wrote = True
    clock.advance(0.06)
    assert slots.look() == []
    clock.advance(0.06)
    assert place.named(slots.look()) == "b"
    place.shared.free["db"] = 1
    assert slots.acquire(c, DB)  # a new turn


def test_a_limit_of_this_process_holds_beside_the_shared_one(place: Place):
    a, b, slots = place.holder("a"), place.holder("b"), place.slots
    place.shared.free["db"] = 9
    slots.resize("db", 1)
    assert (slots.size("db"), slots.acquire(a, DB), slots.acquire(b, DB)) == (1, True, False)
    assert place.named(slots.release(a)) == "b"
    slots.resize("db", None)
    assert slots.size("db") == 5


def test_a_store_that_does_not_answer_lets_nobody_in_and_is_told_later(place: Place):
    a, b, slots, shared, clock = place.holder("a"), place.holder("b"), place.slots, place.shared, place.clock
    slots.acquire(a, DB)
    shared.down = True
    assert slots.size("db") is None
    assert slots.release(a) == []
    shared.down = False
    assert slots.seconds_to_look == 5.0
    slots.renew(7.0)
    assert shared.told[-2:] == ["give -1", "renew 0 7.0"]
    assert slots.seconds_to_look is None
    shared.free["db"] = 0
    slots.acquire(b, DB)
    shared.down = True
    clock.advance(2.0)
    assert slots.look() == []
    shared.down, shared.free["db"] = False, 1
    clock.advance(2.0)
    assert place.named(slots.look()) == "b"
    slots.close()
    assert shared.told[-2:] == ["give -2", "close"]


def test_who_needs_nothing_shared_never_opens_the_store(tmp_path: Path):
    def fail() -> None:
        raise AssertionError("opened")

    slots = Slots(load_settings({"JUPYTER_DATA_DIR": str(tmp_path)}), fail, lambda: ME, FakeClock())
    slots.resize("map of ten", 1)
    a, b = SlotHolder(lambda: None), SlotHolder(lambda: None)
    assert [slots.acquire(a, (("map of ten", 1),)), slots.acquire(b, (("map of ten", 1),))] == [True, False]
    assert slots.release(a) == [b]
    slots.close()
