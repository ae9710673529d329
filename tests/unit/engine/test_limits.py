"""Named limits: fair, complete, and never lost."""

from __future__ import annotations

import pytest

from jupyter_flows.engine.limits import Limits


def held(limits: Limits, holders: str, needs=(("db", 1),)) -> str:
    return "".join(holder for holder in holders if limits.acquire(holder, needs))


def test_a_name_without_a_size_holds_nobody():
    limits = Limits()
    assert held(limits, "abc") == "abc"
    assert (limits.size("db"), limits.used("db")) == (None, 3)


def test_slots_go_to_who_came_first():
    limits = Limits({"db": 2})
    assert held(limits, "abcd") == "ab"
    assert [limits.release("a"), limits.release("b"), limits.release("c")] == [["c"], ["d"], []]
    assert limits.used("db") == 1


def test_a_small_need_does_not_overtake_a_large_one():
    limits = Limits({"db": 2})
    assert limits.acquire("a", (("db", 1),))
    assert not limits.acquire("large", (("db", 2),))
    assert not limits.acquire("small", (("db", 1),))
    assert limits.release("a") == ["large"]
    assert limits.release("large") == ["small"]


def test_who_gives_up_waiting_lets_the_next_in():
    limits = Limits({"db": 2})
    limits.acquire("a", (("db", 1),))
    limits.acquire("large", (("db", 2),))
    limits.acquire("small", (("db", 1),))
    assert limits.release("large") == ["small"]
    assert limits.used("db") == 2


@pytest.mark.parametrize(("size", "let_in"), [(3, ["b", "c"]), (None, ["b", "c", "d"]), (0, []), (1, [])])
def test_a_new_size_lets_in_whom_it_has_room_for(size, let_in):
    limits = Limits({"db": 1})
    held(limits, "abcd")
    assert limits.resize("db", size) == let_in


def test_a_smaller_size_takes_nothing_away():
    limits = Limits({"db": 2})
    held(limits, "abc")
    assert limits.resize("db", 1) == []
    assert [limits.release("a"), limits.release("b")] == [[], ["c"]]


def test_several_names_are_taken_together_or_not_at_all():
    limits = Limits({"db": 1, "api": 1})
    assert limits.acquire("a", (("db", 1),))
    assert not limits.acquire("both", (("api", 1), ("db", 1)))
    assert not limits.acquire("later", (("api", 1),))  # not before who came first
    assert limits.used("api") == 0
    assert limits.release("a") == ["both"]
    assert limits.release("both") == ["later"]


def test_two_orders_of_names_never_wait_for_each_other():
    limits = Limits({"db": 1, "api": 1})
    assert limits.acquire("a", (("api", 1), ("db", 1)))
    assert not limits.acquire("b", (("db", 1), ("api", 1)))
    assert not limits.acquire("c", (("api", 1), ("db", 1)))
    assert [limits.release("a"), limits.release("b"), limits.release("c")] == [["b"], ["c"], []]


def test_what_nobody_holds_can_be_released():
    limits = Limits({"db": 1})
    assert limits.release("nobody") == []
    assert limits.used("db") == 0
