from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyter_flows.cells.staleness import Digests, LastRun, Standing, judge_freshness

THEN = Digests("s", {"f": "1"}, {"clean": "1"}, {"day": "1"}, {"a.csv": "1"}, "py3.11")
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "source": ({"source": "t"}, ["source changed"]),
    "function": ({"functions": {"f": "2"}}, ["function `f` changed"]),
    "new function": ({"functions": {"f": "1", "g": "1"}}, ["function `g` is new"]),
    "function left out": ({"functions": {}}, ["function `f` is not used any more"]),
    "input": ({"inputs": {"clean": "2"}}, ["input `clean` changed: task `cleaning` ran again"]),
    "parameter": ({"parameters": {"day": "2"}}, ["parameter `day` changed"]),
    "file": ({"files": {"a.csv": "2"}}, ["file `a.csv` changed"]),
    "environment": ({"environment": "py3.12"}, ["environment changed"]),
    "several": ({"source": "t", "parameters": {"day": "2"}}, ["source changed", "parameter `day` changed"]),
}


@pytest.mark.parametrize(("changes", "reasons"), CASES.values(), ids=CASES.keys())
def test_what_changed_is_said_in_words(changes: dict[str, Any], reasons: list[str]) -> None:
    standing = Standing("b", "report", replace(THEN, **changes), LastRun(THEN), givers={"clean": "cleaning"})
    assert list(judge_freshness([standing])["b"].reasons) == reasons


def test_an_input_that_no_task_gives_just_changed() -> None:
    standing = Standing("b", "report", replace(THEN, inputs={"clean": "2"}), LastRun(THEN))
    assert judge_freshness([standing])["b"].reasons == ("input `clean` changed",)


def test_a_task_that_never_ran_is_stale() -> None:
    assert str(judge_freshness([Standing("a", "load", THEN)])["a"]) == "stale: never ran"


def test_a_task_that_failed_is_stale() -> None:
    standing = Standing("a", "load", THEN, LastRun(THEN, "TimedOut", is_completed=False))
    assert judge_freshness([standing])["a"].reasons == ("its last run ended as TimedOut",)


def test_what_comes_after_a_stale_task_is_stale() -> None:
    fresh = LastRun(THEN)
    judged = judge_freshness(
        [
            Standing("a", "load", replace(THEN, source="t"), fresh),
            Standing("b", "clean", THEN, fresh, ("a",)),
            Standing("c", "report", THEN, fresh, ("b",)),
            Standing("d", "other", THEN, fresh),
        ]
    )
    assert {cell: str(freshness) for cell, freshness in judged.items()} == {
        "a": "stale: source changed",
        "b": "stale: upstream `load` is stale",
        "c": "stale: upstream `clean` is stale",
        "d": "fresh",
    }
