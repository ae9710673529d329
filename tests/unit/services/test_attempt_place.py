from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

from jupyter_flows.model.commands import Settle, StartAttempt
from jupyter_flows.model.states import completed
from jupyter_flows.services.attempt_place import AttemptPlace


def test_a_word_from_another_thread_wakes_who_waits_in_the_loop():
    place = AttemptPlace()

    async def wait() -> object:
        asyncio.get_running_loop().call_soon(
            lambda: threading.Thread(target=place.start, args=[StartAttempt(3, 2, None)]).start()
        )
        return await place.settled_or_started(2)

    assert asyncio.run(wait()) == StartAttempt(3, 2, None)


def test_orders_of_attempts_that_have_begun_are_passed_over():
    place, settled = AttemptPlace(), []
    call = SimpleNamespace(settle=settled.append)
    place.start(StartAttempt(3, 1, call))
    place.settle(Settle(3, call, completed(0.0)))
    assert asyncio.run(place.settled_or_started(2)) == Settle(3, call, completed(0.0))
    assert settled == [completed(0.0)]


def test_a_word_after_the_loop_is_heard_by_nobody():
    place = AttemptPlace()

    async def give_up() -> None:
        waiting = asyncio.ensure_future(place.settled_or_started(1))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(give_up())
    place.start(StartAttempt(3, 1, None))
