from __future__ import annotations

import gc
import weakref

import pytest

from jupyter_flows.drivers.provenance import Provenance


class Table:
    """Stands for a DataFrame: weakly referable, unhashable, equal to nothing."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth of a table is ambiguous")


@pytest.mark.parametrize(
    "value",
    [[1, 2], {"a": 1}, (1, 2), "rows.csv", 1000, 2.5, Table()],
    ids=["list", "dict", "tuple", "text", "large int", "float", "table"],
)
def test_a_value_leads_back_to_the_run_that_returned_it(value: object) -> None:
    seen = Provenance()
    seen.note(value, 7)
    assert seen.numbers_of([value]) == [7]
    assert seen.numbers_of([[value, "x"]]) == [7]
    assert seen.numbers_of([{"key": value}]) == [7]


@pytest.mark.parametrize("value", [None, True, 5, "", "a", (), len])
def test_what_the_interpreter_shares_leads_nowhere(value: object) -> None:
    seen = Provenance()
    seen.note(value, 7)
    assert seen.numbers_of([value]) == []


def test_an_equal_but_different_object_leads_nowhere() -> None:
    seen = Provenance()
    kept = [1, 2]
    seen.note(kept, 7)
    assert seen.numbers_of([[1, 2], list(kept)]) == []


def test_the_run_that_returned_it_last_counts() -> None:
    seen = Provenance()
    value = [1]
    seen.note(value, 1)
    seen.note(value, 2)
    assert seen.numbers_of([value]) == [2]


def test_tables_and_large_values_are_not_kept_alive() -> None:
    seen = Provenance()
    table, large = Table(), list(range(100_000))
    seen.note(table, 1)
    seen.note(large, 2)
    assert seen.numbers_of([large]) == []
    alive = weakref.ref(table)
    del table
    gc.collect()
    assert alive() is None


def test_only_the_last_results_are_remembered() -> None:
    seen = Provenance()
    values = [[number] for number in range(600)]
    for number, value in enumerate(values, start=1):
        seen.note(value, number)
    assert seen.numbers_of([values[0]]) == []
    assert seen.numbers_of([values[-1]]) == [600]
    assert seen.numbers_of([values]) == list(range(585, 601))
