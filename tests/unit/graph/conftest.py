"""Runs to draw: what a store would give back, with a fixed clock."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from jupyter_flows.model.runs import Failure, FlowRun, TaskRun
from jupyter_flows.model.states import NAMES, State

NOON = 1_763_700_000.0


def state(name: str, message: str = "") -> State:
    return State(NAMES[name][0], name, message, NOON)


def state_at(name: str, at: float) -> State:
    return State(NAMES[name][0], name, "", at)


def flow_run(name: str = "Completed", flow: str = "flights-daily", seconds: float = 12.4, **more: object) -> FlowRun:
    ended = None if name in {"Running", "Retrying", "Paused"} else NOON + seconds
    run = FlowRun(
        "01jd3f8x2k", "quick-heron", flow, "flow", 42, "1", '{"day": "2013-01-15"}', (), None, 0, None, state(name),
        1, NOON, NOON, ended, None, 0.0, None,
    )  # fmt: skip
    return replace(run, **more)  # type: ignore[arg-type]


def task_run(
    number: int,
    task: str,
    name: str = "Completed",
    upstreams: tuple[int, ...] = (),
    *,
    message: str = "",
    seconds: float | None = 1.2,
    start: float = 0.0,
    **more: object,
) -> TaskRun:
    where = state(name, message)
    began = None if where.kind.value in {"pending", "scheduled"} or seconds is None else NOON + start
    ended = NOON + start + seconds if began is not None and seconds is not None and where.is_final() else None
    run = TaskRun(
        "01jd3f8x2k", number, task, task, "task", (), upstreams, 0, 0, 0, where, 1, NOON, began, ended
    )  # fmt: skip
    return replace(run, **more)  # type: ignore[arg-type]


def midflight() -> tuple[FlowRun, list[TaskRun], list[Failure]]:
    """Eight boxes: done, cached, retried, a map of 16 half done, one waiting for its retry, two waiting."""
    runs = [
        task_run(1, "extract"),
        task_run(2, "weather", "Cached", message="from run #41, 2 h ago"),
        task_run(3, "planes", seconds=0.4, attempts=3),
        task_run(4, "join", upstreams=(1, 2), seconds=0.3),
        task_run(5, "clean", "AwaitingRetry", (4, 3), message="in 8 s"),
    ]
    children = ["Completed"] * 8 + ["Failed"] + ["Running"] * 4 + ["Pending"] * 3
    for index, name in enumerate(children):
        runs.append(task_run(6 + index, "score", name, (4,), map_id=6, map_index=index, seconds=0.4 + index / 10))
    runs.append(task_run(22, "report.ipynb", "Pending", (*range(6, 22), 5)))
    runs.append(task_run(23, "notify", "Pending", (22,)))
    failures = [Failure(14, 1, "ZeroDivisionError", "float division by zero", "", {})]
    return flow_run("Running"), runs, failures


def diamond() -> tuple[FlowRun, list[TaskRun], list[Failure]]:
    """Six tasks in mixed final states."""
    runs = [
        task_run(1, "load"),
        task_run(2, "clean", upstreams=(1,), seconds=0.31),
        task_run(3, "enrich", "Failed", (1,), message="KeyError: 'carrier'"),
        task_run(4, "plot", "Skipped", (2,)),
        task_run(5, "publish", "UpstreamFailed", (2, 3), message="enrich failed", seconds=None),
        task_run(6, "tell", "Cancelled", (5, 4), seconds=None),
    ]
    return flow_run("Failed"), runs, [Failure(3, 1, "KeyError", "'carrier'", "", {})]


def notebook(cells: int = 12) -> tuple[FlowRun, list[TaskRun], list[Failure]]:
    """A headless notebook that failed in its last but three cell; its fourth called two tasks."""
    bad = cells - 3
    names = ["Completed"] * (bad - 1) + ["Failed"] + ["NotRun"] * 3
    lines = ["import pandas as pd", "day = '2013-01-15'", "flights = load(day)", "scores = score.map(parts)", "scores"]
    runs = [
        task_run(index, lines[(index - 1) % 5], name, kind="cell", seconds=None if name == "NotRun" else index / 7)
        for index, name in enumerate(names, 1)
    ]
    runs.append(task_run(cells + 1, "load", parent=3))
    runs.append(task_run(cells + 2, "split", parent=4))
    runs[bad - 1] = replace(runs[bad - 1], state=state("Failed", "ZeroDivisionError: division by zero\nmore"))
    return flow_run("Failed", "sales.ipynb", kind="notebook"), runs, []


HOSTILE = [
    "</text><script>alert(1)</script>",
    "a\x1b[31mred\x1b[0m\x00\x07",
    "user\u202egnp.exe",
    '" onload="x',
    "&amp;]]>",
    "e" + "\u0301" * 40,
    "日本語のとても長い名前を持つタスクの例です",
    "x" * 500,
    "lone \ud800",
    "",
]


def hostile() -> tuple[FlowRun, list[TaskRun], list[Failure]]:
    """Names, messages and parameters that try to get out."""
    runs = [
        task_run(index, name, "Failed" if index % 3 == 0 else "Completed", (index - 1,), message=name)
        for index, name in enumerate(HOSTILE, 1)
    ]
    flow = flow_run("Failed", HOSTILE[0], parameters='{"<b>": "</svg>\\u202e"}', id="../<x>")
    return flow, runs, [Failure(3, 1, HOSTILE[0], HOSTILE[1], "", {})]


@pytest.fixture
def samples() -> SimpleNamespace:
    """The runs above, for tests that draw them."""
    return SimpleNamespace(
        noon=NOON, hostile_names=HOSTILE, flow_run=flow_run, task_run=task_run, midflight=midflight, diamond=diamond,
        notebook=notebook, hostile=hostile, state_at=state_at,
    )  # fmt: skip
