"""Small graphs in the vocabulary that this package shares with Prefect 1: the same source runs under both.

Each function declares a graph in an open flow, by the words of ``api``, and returns the tasks to look at, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def words(api: Any) -> Any:  # noqa: C901 - nine tasks of one line
    """Add the tasks that the graphs are made of to a namespace that has ``task`` and ``SKIP``."""

    @api.task
    def numbers(count: Any) -> Any:
        return list(range(1, count + 1))

    @api.task
    def inc(x: Any) -> Any:
        return x + 1

    @api.task
    def add(x: Any, y: Any) -> Any:
        return x + y

    @api.task
    def listed(values: Any) -> Any:
        return values

    @api.task(skip_on_upstream_skip=False)
    def listed_all_the_same(values: Any) -> Any:
        return values

    @api.task(trigger=api.all_finished)
    def how_many(values: Any) -> Any:
        return len(values)

    @api.task
    def boom(x: Any = 0) -> Any:
        raise ValueError("no")

    @api.task
    def boom_at_2(x: Any) -> Any:
        if x == 2:
            raise ValueError("two")
        return x

    @api.task
    def skip_at_2(x: Any) -> Any:
        if x == 2:
            raise api.SKIP("two")
        return x

    for task in (numbers, inc, add, listed, listed_all_the_same, how_many, boom, boom_at_2, skip_at_2):
        setattr(api, task.name, task)
    return api


def _the_shortest_input_decides(api: Any) -> dict[str, Any]:
    return {"mapped": api.add.map([1, 2, 3], [10, 20])}


def _unmapped_is_the_same_for_all(api: Any) -> dict[str, Any]:
    return {"mapped": api.add.map([1, 2], api.unmapped(100))}


def _flatten_a_constant(api: Any) -> dict[str, Any]:
    return {"mapped": api.inc.map(api.flatten([[1], [2, 3]]))}


def _flatten_a_mapped_task(api: Any) -> dict[str, Any]:
    return {"mapped": api.inc.map(api.flatten(api.numbers.map([1, 2])))}


def _map_over_mapped_and_reduce(api: Any) -> dict[str, Any]:
    first = api.inc.map([1, 2, 3])
    second = api.inc.map(first)
    return {"first": first, "second": second, "reduced": api.listed(second)}


def _map_over_nothing(api: Any) -> dict[str, Any]:
    mapped = api.inc.map([])
    return {"mapped": mapped, "again": api.inc.map(mapped), "reduced": api.listed(mapped)}


def _map_over_the_value_of_a_task(api: Any) -> dict[str, Any]:
    return {"mapped": api.inc.map(api.numbers(3))}


def _a_failed_child(api: Any) -> dict[str, Any]:
    first = api.boom_at_2.map([1, 2, 3])
    second = api.inc.map(first)
    return {"first": first, "second": second, "reduced": api.listed(second), "counted": api.how_many(first)}


def _a_skipped_child(api: Any) -> dict[str, Any]:
    first = api.skip_at_2.map([1, 2, 3])
    second = api.inc.map(first)
    return {"first": first, "second": second, "reduced": api.listed(second)}


def _a_skipped_child_reduced_all_the_same(api: Any) -> dict[str, Any]:
    second = api.inc.map(api.skip_at_2.map([1, 2, 3]))
    return {"reduced": api.listed_all_the_same(second)}


def _the_skipping_child_itself_reduced(api: Any) -> dict[str, Any]:
    return {"reduced": api.listed_all_the_same(api.skip_at_2.map([1, 2, 3]))}


def _map_over_a_failed_task(api: Any) -> dict[str, Any]:
    return {"mapped": api.inc.map(api.boom())}


def _map_over_a_skipped_task(api: Any) -> dict[str, Any]:
    return {"mapped": api.inc.map(api.skip_at_2(2))}


def _map_over_what_is_no_list(api: Any) -> dict[str, Any]:
    return {"mapped": api.inc.map(api.inc(1))}


def _an_unmapped_failed_task(api: Any) -> dict[str, Any]:
    return {"mapped": api.add.map([1, 2], api.unmapped(api.boom()))}


def _an_unmapped_skipped_task(api: Any) -> dict[str, Any]:
    return {"mapped": api.add.map([1, 2], api.unmapped(api.skip_at_2(2)))}


def _a_map_after_a_mapped_task(api: Any) -> dict[str, Any]:
    first = api.skip_at_2.map([1, 2, 3])
    return {"mapped": api.inc.map([1, 2, 3], upstream_tasks=[first])}


def _merged_branches_of_which_all_are_skipped(api: Any) -> dict[str, Any]:
    return {"merged": api.merge(api.skip_at_2(2), api.skip_at_2(2))}


GRAPHS: dict[str, Callable[[Any], dict[str, Any]]] = {
    graph.__name__.strip("_").replace("_", " "): graph
    for graph in (
        _the_shortest_input_decides,
        _unmapped_is_the_same_for_all,
        _flatten_a_constant,
        _flatten_a_mapped_task,
        _map_over_mapped_and_reduce,
        _map_over_nothing,
        _map_over_the_value_of_a_task,
        _a_failed_child,
        _a_skipped_child,
        _a_skipped_child_reduced_all_the_same,
        _the_skipping_child_itself_reduced,
        _map_over_a_failed_task,
        _map_over_a_skipped_task,
        _map_over_what_is_no_list,
        _an_unmapped_failed_task,
        _an_unmapped_skipped_task,
        _a_map_after_a_mapped_task,
        _merged_branches_of_which_all_are_skipped,
    )
}


SIGNALS = {"TRIGGERFAIL": "TriggerFailed"}


def told(name: str, children: list[str], value: Any) -> str:
    """A state in one line: its name, its children's names where it is mapped, and the value of one that has some."""
    if name not in {"Mapped", "Success"}:
        return name
    return f"{name}{children if name == 'Mapped' else ''} {_told(value)}".replace("'", "")


def _told(value: Any) -> Any:
    if isinstance(value, list):
        return [_told(item) for item in value]
    name = type(value).__name__
    return value if value is None or isinstance(value, int | str) else SIGNALS.get(name, name)
