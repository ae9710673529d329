from __future__ import annotations

import pytest

from jupyter_flows.graph.wording import Told, counts_of, state_of_all, words
from jupyter_flows.model.runs import Failure


@pytest.mark.parametrize(
    ("name", "options", "waits", "line"),
    [
        ("Completed", {}, [], "1.2 s"),
        ("Completed", {"attempts": 3}, [], "1.2 s · 3 tries"),
        ("Cached", {}, [], "from an earlier run"),
        ("Skipped", {"message": "an upstream was skipped"}, [], "an upstream was skipped"),
        ("Running", {}, [], "10 s"),
        ("Retrying", {"attempts": 2}, [], "try 2 of 4 · 10 s"),
        ("AwaitingRetry", {"attempts": 1, "message": "in 8 s"}, [], "try 2 of 4 · in 8 s"),
        ("Pending", {}, [], ""),
        ("Pending", {}, ["a"], "waits for a"),
        ("Pending", {}, ["a", "b", "c", "d"], "waits for a, b +2"),
        ("Pending", {}, ["a", "a", "b"], "waits for 2 a, b"),
        ("AwaitingSlot", {}, [], "waits for a slot"),
        ("AwaitingSlot", {"message": "slot of db"}, [], "slot of db"),
        ("Paused", {}, [], "waits for you"),
        ("Failed", {"message": "ValueError: no\nmore"}, [], "ValueError: no"),
        ("Crashed", {}, [], "1.2 s"),
        ("KernelDied", {"message": "out of memory"}, [], "out of memory"),
        ("NotRun", {"seconds": None}, [], "not reached"),
        ("Cancelled", {}, [], "1.2 s"),
    ],
)
def test_one_useful_line_for_each_state(samples, name, options, waits, line):
    run = samples.task_run(1, "clean", name, **options)
    assert words(run, waits, Told(retries={"clean": 3}, now=samples.noon + 10)) == line


@pytest.mark.parametrize(
    ("error", "message", "line"),
    [
        ("KeyError", "'a'", "KeyError: 'a'"),
        ("KeyError", "KeyError: 'a'", "KeyError: 'a'"),
        ("KeyError", "", "KeyError"),
        ("", "no more", "no more"),
    ],
)
def test_a_failure_names_its_exception_once(samples, error, message, line):
    told = Told({1: Failure(1, 1, error, message, "", {})})
    assert words(samples.task_run(1, "clean", "Failed"), [], told) == line


@pytest.mark.parametrize(
    ("names", "together"),
    [
        (["Completed", "Completed"], "Completed"),
        (["Cached", "Cached"], "Cached"),
        (["Cached", "Completed"], "Completed"),
        (["Completed", "Pending"], "Running"),
        (["Pending", "Pending"], "Pending"),
        (["Failed", "Running"], "Running"),
        (["Failed", "Completed"], "Failed"),
        (["TimedOut", "Completed"], "TimedOut"),
        (["Crashed", "Cancelled"], "Crashed"),
        (["Completed", "Cancelled"], "Cancelled"),
    ],
)
def test_several_runs_in_one_box_stand_where_a_person_would_say(samples, names, together):
    runs = [samples.task_run(number, "t", name) for number, name in enumerate(names, 1)]
    assert state_of_all(runs)[1] == together
    assert sum(counts_of(runs).values()) == len(runs)
