"""Who holds slots: a run shares its own with what it calls, and the dead hold nothing."""

from __future__ import annotations

import pytest

from jupyter_flows.store.taken_slots import TakenSlots

PARENTS = {"child": "root", "grandchild": "child"}


@pytest.mark.parametrize(
    ("held", "used"),
    [
        ([], 0),
        ([("root", 1), ("other", 3)], 2),
        ([("root", 0)], 1),
        ([("root", 0), ("root", 1)], 1),
        ([("root", 0), ("root", 1), ("root", 2)], 2),
        ([("root", 0), ("child", 1)], 1),
        ([("root", 0), ("child", 0), ("grandchild", 7)], 1),
        ([("root", 0), ("child", 0), ("grandchild", 7), ("grandchild", 8)], 2),
        ([("root", 0), ("child", 4), ("root", 5)], 2),
        ([("root", 1), ("child", 0)], 2),
        ([("root", -1), ("other", 0)], 2),
    ],
)
def test_what_a_run_calls_shares_the_slots_of_the_run(held: list[tuple[str, int]], used: int):
    for order in (held, held[::-1]):
        taken = TakenSlots(PARENTS.get)
        for run_id, number in order:
            taken.add(run_id, number, 1)
        assert taken.used == used
        for run_id, number in held:
            taken.add(run_id, number, -1)
        assert taken.used == 0


def test_slots_are_taken_while_there_is_room_and_what_is_shared_even_where_there_is_none():
    taken = TakenSlots(PARENTS.get)
    assert taken.take("root", 0, 1, 1)
    assert not taken.take("other", 1, 1, 1)
    assert taken.take("child", 3, 1, 1)
    assert not taken.take("child", 4, 1, 1)
    assert taken.take("other", 1, 2, 3)
    assert (taken.used, taken.take("root", 9, 1, 0)) == (3, False)
