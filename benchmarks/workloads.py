"""The workloads: each is run in a fresh process and prints one JSON object of figures (seconds, bytes, counts).

``python -m benchmarks.workloads NAME``. The store is a temporary one, on disk, with default settings.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

from benchmarks import graphs, hashing, hits, resuming

Figures = dict[str, float]


def _rss() -> int:
    """Bytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _rows() -> Figures:
    """What the store holds, read as any other process would."""
    from jupyter_flows.model.runs import RunFilter
    from jupyter_flows.settings import load_settings
    from jupyter_flows.store import open_reader

    reader = open_reader(load_settings())
    runs = [run.id for run in reader.flow_runs(RunFilter())]
    done = sum(task_run.state.is_completed() for run_id in runs for task_run in reader.task_runs(run_id))
    states = sum(len(reader.states(run_id)) for run_id in runs)
    return {"task_rows": reader.counts()["task_runs"], "completed_rows": done, "state_rows": states}


def _map_floor(count: int) -> Figures:
    def add_one(number: int) -> int:
        return number + 1

    with ThreadPoolExecutor(8) as pool:
        started = time.perf_counter()
        futures = [pool.submit(add_one, number) for number in range(count)]
        total = sum(future.result() for future in futures)
        seconds = time.perf_counter() - started
    assert total == count * (count + 1) // 2
    return {"seconds": seconds}


def _flows() -> tuple[Callable[[int], int], Callable[[int], int], Callable[[int], int]]:
    """A map with a reduce, a map whose values are added by the flow itself, and a chain of direct calls."""
    from jupyter_flows import flow, task

    @task
    def add_one(number: int) -> int:
        return number + 1

    @task
    def total(numbers: list[int]) -> int:
        return sum(numbers)

    @flow
    def reduce(many: int) -> int:
        return total(cast("list[int]", add_one.map(range(many))))

    @flow
    def spread(many: int) -> int:
        return sum(future.result() for future in add_one.map(range(many)))

    @flow
    def walk(steps: int) -> int:
        number = 0
        for _ in range(steps):
            number = add_one(number)
        return number

    return reduce, spread, walk


def _map(count: int) -> Figures:
    reduce, _, _ = _flows()
    started, cpu = time.perf_counter(), time.process_time()
    value = reduce(count)
    seconds = time.perf_counter() - started
    assert value == count * (count + 1) // 2
    return {"seconds": seconds, "cpu_seconds": time.process_time() - cpu, **_rows()}


def map_memory() -> Figures:
    """Memory kept after a map of 100,000 whose futures are gone, for each task."""
    _, spread, _ = _flows()
    spread(100)
    gc.collect()
    before = _rss()
    spread(100_000)
    gc.collect()
    return {"bytes_per_task": (_rss() - before) / 100_000, **_rows()}


def chain() -> Figures:
    """A flow of 1,000 direct calls, each committed before the next."""
    _, _, walk = _flows()
    walk(20)
    started = time.perf_counter()
    assert walk(1000) == 1000
    return {"seconds": time.perf_counter() - started}


def chain_floor() -> Figures:
    """1,000 round trips through one pool thread."""
    with ThreadPoolExecutor(8) as pool:
        started = time.perf_counter()
        number = 0
        for _ in range(1000):
            number = pool.submit(lambda value: value + 1, number).result()
        return {"seconds": time.perf_counter() - started}


def sleeps() -> Figures:
    """200 sleeps of 0.1 s, 50 at a time."""
    from jupyter_flows import ThreadPoolTaskRunner, flow, task

    @task
    def nap(_number: int) -> None:
        time.sleep(0.1)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=50))
    def rest() -> None:
        nap.map(range(200)).result()

    started = time.perf_counter()
    rest()
    return {"seconds": time.perf_counter() - started}


def sleeps_floor() -> Figures:
    """The same in a bare pool of 50."""
    with ThreadPoolExecutor(50) as pool:
        started = time.perf_counter()
        list(pool.map(lambda _number: time.sleep(0.1), range(200)))
        return {"seconds": time.perf_counter() - started}


def hand_over() -> Figures:
    """A 100 MB array from one task to the next: the time beyond two small tasks, and whether it is the same object."""
    import numpy as np

    from jupyter_flows import flow, task

    @task
    def same(value: Any) -> Any:
        return value

    @flow
    def pass_on(value: Any) -> Any:
        return same(same.submit(value)) is value

    array = np.zeros(100_000_000 // 8)
    assert pass_on(1)
    spent: list[list[float]] = [[], []]
    for _ in range(9):
        for kind, value in enumerate((1, array)):
            started = time.perf_counter()
            assert pass_on(value)
            spent[kind].append(time.perf_counter() - started)
    small, large = (sorted(times)[4] for times in spent)
    return {"seconds": max(0.0, large - small), "same_object": 1.0}


def listing() -> Figures:
    """The 50 newest runs beside 100,000 task runs, read by a store that is open."""
    from jupyter_flows.model.runs import RunFilter
    from jupyter_flows.settings import load_settings
    from jupyter_flows.store import open_reader

    _, spread, _ = _flows()
    spread(100_000)
    for _ in range(60):
        spread(2)
    reader = open_reader(load_settings())
    spent: list[float] = []
    for _ in range(7):
        started = time.perf_counter()
        assert len(reader.flow_runs(RunFilter(limit=50))) == 50
        spent.append(time.perf_counter() - started)
    return {"seconds": sorted(spent)[3]}


def _nap(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def process_naps() -> Figures:
    """100 tasks of 10 ms in two worker processes that have worked before."""
    from jupyter_flows import ProcessPoolTaskRunner, flow, task

    nap = task(_nap)

    @flow(task_runner=ProcessPoolTaskRunner(max_workers=2))
    def rest() -> float:
        assert len(set(nap.map([0.3] * 4).result())) == 2
        started = time.perf_counter()
        nap.map([0.01] * 100).result()
        return time.perf_counter() - started

    return {"seconds": rest()}


def process_naps_floor() -> Figures:
    """The same in a bare pool of two spawned processes."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert len(set(pool.map(_nap, [0.3] * 4))) == 2
        started = time.perf_counter()
        list(pool.map(_nap, [0.01] * 100))
        return {"seconds": time.perf_counter() - started}


WORKLOADS: dict[str, Callable[[], Figures]] = {
    "map_1000": lambda: _map(1_000),
    "map_10000": lambda: _map(10_000),
    "map_100000": lambda: _map(100_000),
    "map_floor_10000": lambda: _map_floor(10_000),
    "map_memory": map_memory,
    "chain": chain,
    "chain_floor": chain_floor,
    "sleeps": sleeps,
    "sleeps_floor": sleeps_floor,
    "process_naps": process_naps,
    "process_naps_floor": process_naps_floor,
    "hand_over": hand_over,
    "listing": listing,
    **hashing.WORKLOADS,
    **graphs.WORKLOADS,
    **hits.WORKLOADS,
    **resuming.WORKLOADS,
}

if __name__ == "__main__":
    print(json.dumps(WORKLOADS[sys.argv[1]]()))
