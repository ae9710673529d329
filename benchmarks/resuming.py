"""Taking up again a run of which nearly everything is finished."""

from __future__ import annotations

import time
from collections.abc import Callable

Figures = dict[str, float]

_COUNT, _UNFINISHED = 10_000, 10


def resume() -> Figures:
    """Seconds from the call of `resume` to the first task that runs again, with all that is read and loaded for it."""
    from jupyter_flows import flow, task

    begun: list[float] = []
    failing = [True]

    @task
    def part(number: int) -> int:
        if number >= _COUNT - _UNFINISHED:
            begun.append(time.perf_counter())
            if failing[0]:
                raise ValueError("not yet")
        return number

    @flow
    def whole() -> int:
        return sum(future.result() for future in part.map(range(_COUNT)))

    assert whole(return_state=True).is_failed()
    failing[0] = False
    begun.clear()
    started = time.perf_counter()
    assert whole.resume() == _COUNT * (_COUNT - 1) // 2
    assert len(begun) == _UNFINISHED
    return {"seconds": begun[0] - started}


WORKLOADS: dict[str, Callable[[], Figures]] = {"resume": resume}
