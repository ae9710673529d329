"""A pool of threads: what was queued is done, whenever it is closed."""

from __future__ import annotations

import threading
from queue import SimpleQueue

from jupyter_flows.drivers.workers import WorkerPool


def test_what_is_queued_after_the_pool_was_closed_is_done():
    done: SimpleQueue[int] = SimpleQueue()
    pool = WorkerPool(2, done.put)
    pool.put(1)
    assert done.get(timeout=60) == 1
    pool.close()
    pool.put(2)
    assert done.get(timeout=60) == 2


def test_what_is_queued_behind_the_close_is_done_by_threads_that_wait():
    begun, goes_on, done = SimpleQueue(), threading.Event(), SimpleQueue()

    def perform(job: int) -> None:
        if job == 0:
            begun.put(job)
            goes_on.wait(60)
        done.put(job)

    pool = WorkerPool(1, perform)
    pool.put(0)
    begun.get(timeout=60)
    pool.close()
    for job in (1, 2, 3):
        pool.put(job)
    goes_on.set()
    assert [done.get(timeout=60) for _ in range(4)] == [0, 1, 2, 3]


def test_the_threads_of_a_closed_pool_end():
    known, done = set(threading.enumerate()), SimpleQueue()
    pool = WorkerPool(3, done.put)
    for job in range(50):
        pool.put(job)
    pool.close()
    for _ in range(50):
        done.get(timeout=60)
    for thread in set(threading.enumerate()) - known:
        thread.join(60)
        assert not thread.is_alive()


def test_a_thread_whose_job_raises_goes_on_with_the_next(caplog):
    done: SimpleQueue[int] = SimpleQueue()

    def perform(job: int) -> None:
        if job == 0:
            raise SystemExit("a job of a user's")
        done.put(job)

    pool = WorkerPool(1, perform)
    pool.put(0)
    pool.put(1)
    assert done.get(timeout=60) == 1
    assert "a job of a worker thread raised" in caplog.text
    pool.close()
