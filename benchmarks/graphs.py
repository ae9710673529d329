"""Workloads of declared graphs: real ones, each against a thread pool that walks the same graph."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow

Figures = dict[str, float]

_DATA = Path(__file__).parent / "data"
FILES = {
    "montage": "montage-chameleon-2mass-05d-001",
    "genome": "1000genome-chameleon-20ch-100k-001",
    "seismology": "seismology-chameleon-400p-001",
    "rnaseq": "rnaseq-dirt02-001",
    "srasearch": "srasearch-chameleon-10a-003",
}


class Shape(NamedTuple):
    """A graph: the parents and the children of each task, by index; and an order in which parents come first."""

    parents: list[list[int]]
    children: list[list[int]]
    order: list[int]


def load(name: str) -> Shape:
    """Read a graph."""
    read = json.loads((_DATA / f"{FILES[name]}.json").read_text())
    parents: list[list[int]] = [[] for _ in read["tasks"]]
    children: list[list[int]] = [[] for _ in read["tasks"]]
    for parent, child in read["edges"]:
        parents[child].append(parent)
        children[parent].append(child)
    left = [len(found) for found in parents]
    order = [index for index, count in enumerate(left) if not count]
    for index in order:
        for child in children[index]:
            left[child] -= 1
            if not left[child]:
                order.append(child)
    return Shape(parents, children, order)


def size(name: str) -> int:
    """How many tasks a graph has."""
    return len(load(name).order)


def work(index: int, _before: list[int]) -> int:
    """Do nothing with the values of the parents."""
    return index


def _walk(shape: Shape, pool: ThreadPoolExecutor) -> float:
    """Run each task in the pool as soon as its parents have ended; return how many seconds all of it took."""
    ended: SimpleQueue[Future[int]] = SimpleQueue()
    values: dict[int, int] = {}
    left = [len(found) for found in shape.parents]

    def submit(index: int) -> None:
        before = [values[parent] for parent in shape.parents[index]]
        pool.submit(work, index, before).add_done_callback(ended.put)

    started = time.perf_counter()
    for index, count in enumerate(left):
        if not count:
            submit(index)
    for _ in left:
        index = ended.get().result()
        values[index] = index
        for child in shape.children[index]:
            left[child] -= 1
            if not left[child]:
                submit(child)
    return time.perf_counter() - started


def _floor(name: str) -> Figures:
    shape = load(name)
    with ThreadPoolExecutor(8) as pool:
        return {"seconds": sorted(_walk(shape, pool) for _ in range(_times(shape)))[_times(shape) // 2]}


def _times(shape: Shape) -> int:
    """How often a graph is run: a small one more often, since one run of it is short."""
    return 3 if len(shape.order) > 1000 else 9


def declare(shape: Shape) -> DeclaredFlow:
    """Declare the graph: each task is called with its number and a list of its parents."""
    from jupyter_flows import Flow, task

    step = task(work)
    with Flow("graph") as flow:
        placed: dict[int, Any] = {}
        for index in shape.order:
            placed[index] = step(index, [placed[parent] for parent in shape.parents[index]])
    return flow


def _run(name: str) -> Figures:
    shape = load(name)
    flow = declare(shape)
    spent: list[float] = []
    for _ in range(_times(shape)):
        started = time.perf_counter()
        state = flow.run()
        spent.append(time.perf_counter() - started)
        assert state.is_completed()
        assert len(state.tasks) == len(shape.order)
    return {"seconds": sorted(spent)[_times(shape) // 2]}


def _build(name: str) -> Figures:
    shape = load(name)
    declare(shape)
    spent: list[float] = []
    for _ in range(5):
        started = time.perf_counter()
        declare(shape)
        spent.append(time.perf_counter() - started)
    return {"seconds": sorted(spent)[2] / len(shape.order)}


WORKLOADS: dict[str, Callable[[], Figures]] = {"graph_build": lambda: _build("montage")}
for _name in FILES:
    WORKLOADS[f"graph_{_name}"] = lambda name=_name: _run(name)
    WORKLOADS[f"graph_floor_{_name}"] = lambda name=_name: _floor(name)
