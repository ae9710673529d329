"""The 20 tasks of the crash sweep, as a function and as a graph; a script, so that they can be killed.

``python crash_sweep_flows.py direct|declared LEDGER [RUN]`` runs one of the flows, or resumes a run of it, and prints
its value. Each task writes a line to the ledger, outside any store, when it begins and when it is about to return.
"""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from jupyter_flows import Flow, flow, task

WIDTH = 6
VALUE = sum(7 * (10 + index) + 5_000 for index in range(WIDTH))
TASKS = 3 * WIDTH + 2


@contextmanager
def told(*what: object) -> Iterator[None]:
    """Say in the ledger that a task begins and ends; each line is on the disk before anything goes on."""
    name = "-".join(map(str, what))
    _write(f"start {name} {os.getpid()}\n")
    yield
    _write(f"end {name} {os.getpid()}\n")


def _write(line: str) -> None:
    ledger = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(ledger, line.encode())
    os.fsync(ledger)
    os.close(ledger)


@task(task_run_name="source")
def source() -> int:
    with told("source"):
        return 10


@task(task_run_name="spread-{index}")
def spread(value: int, index: int) -> int:
    with told("spread", index):
        return value + index


@task(task_run_name="harden-{index}", persist_result=True)
def harden(value: int, index: int) -> tuple[int, bytes]:
    """A value that is kept in a file."""
    with told("harden", index):
        return 7 * value, bytes(5_000)


@task(task_run_name="narrow-{index}")
def narrow(value: tuple[int, bytes], index: int) -> int:
    with told("narrow", index):
        return value[0] + len(value[1])


@task(task_run_name="sink")
def sink(values: list[int]) -> int:
    with told("sink"):
        return sum(values)


@flow
def direct() -> int:
    """Direct calls, submitted ones, and both mixed."""
    first = source()
    many = [harden.submit(spread.submit(first, index), index) for index in range(WIDTH)]
    return sink([narrow(one.result(), index) for index, one in enumerate(many)])


with Flow("declared") as declared:
    _first = source()
    declared_sink = sink([narrow(harden(spread(_first, index), index), index) for index in range(WIDTH)])


def main() -> None:
    which, ledger, *run = sys.argv[1:]
    os.environ["LEDGER"] = ledger
    if which == "direct":
        print(direct.resume(run[0]) if run else direct())
    else:
        state = declared.resume(run[0]) if run else declared.run()
        print(state[declared_sink].result())


if __name__ == "__main__":
    main()
