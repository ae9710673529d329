from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_flows.errors import ServerBusy
from jupyter_flows.server.pool import Pool


def test_what_takes_too_long_is_given_up_and_others_go_on():
    async def ask() -> int:
        with pytest.raises(ServerBusy):
            await pool.perform(held.wait)
        pool._seconds = 60.0  # only the first one is to take too long
        return await pool.perform(lambda: 3)

    held, pool = threading.Event(), Pool(0.05)
    try:
        assert asyncio.run(ask()) == 3
    finally:
        held.set()
        pool.close()


def test_an_error_is_that_of_the_action():
    def fails() -> None:
        raise LookupError("no")

    pool = Pool(5.0)
    with pytest.raises(LookupError):
        asyncio.run(pool.perform(fails))
    pool.close()


def test_a_time_out_of_the_action_itself_is_its_own():
    def fails() -> None:
        raise TimeoutError("its own")

    pool = Pool(5.0)
    with pytest.raises(TimeoutError, match="its own"):
        asyncio.run(pool.perform(fails))
    pool.close()


def test_more_than_can_wait_is_refused_at_once():
    async def ask() -> None:
        waiting = [asyncio.ensure_future(pool.perform(held.wait)) for _ in range(64)]
        await asyncio.sleep(0)
        with pytest.raises(ServerBusy):
            await pool.perform(held.wait)
        held.set()
        await asyncio.gather(*waiting)

    held, pool = threading.Event(), Pool(30.0)
    asyncio.run(ask())
    pool.close()
