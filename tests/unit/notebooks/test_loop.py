from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from jupyter_flows.notebooks.loop import BackgroundLoop, background_loop

WORD: contextvars.ContextVar[str] = contextvars.ContextVar("WORD", default="")


async def answer(value: int) -> int:
    await asyncio.sleep(0)
    return value


def test_it_gives_values_and_errors_back_with_the_callers_context() -> None:
    async def word() -> str:
        return WORD.get()

    async def broken() -> None:
        raise SystemExit(3)

    loop = background_loop()
    assert loop is background_loop()
    assert loop.run(answer(7)) == 7
    WORD.set("here")
    assert loop.run(word()) == "here"
    with pytest.raises(SystemExit):
        loop.run(broken())
    assert loop.run(answer(8)) == 8


def test_it_works_where_a_loop_runs_already() -> None:
    async def cell() -> int:
        return background_loop().run(answer(1))

    assert asyncio.run(cell()) == 1


def test_an_interrupt_waits_until_the_coroutine_has_cleaned_up() -> None:
    events: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            events.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        background_loop().run(work())
    assert events == ["cleaned up"]


@pytest.mark.parametrize("moment", ["before it is handed over", "before it is begun"])
def test_an_interrupt_before_the_beginning_begins_nothing(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, events = BackgroundLoop(), list[str]()

    async def work() -> None:
        events.append("begun")

    hand_over = loop._loop.call_soon_threadsafe
    interrupts = [KeyboardInterrupt()]

    def interrupted(*args: Any, **choices: Any) -> None:
        if moment == "before it is begun":
            (asked,) = args
            hand_over(partial(asked_and_cancelled, asked) if interrupts else asked, **choices)
        if interrupts:
            raise interrupts.pop()
        if moment != "before it is begun":
            hand_over(*args, **choices)

    def asked_and_cancelled(asked: Callable[[], object]) -> None:
        asked()
        for task in asyncio.all_tasks(loop._loop):
            task.cancel()

    monkeypatch.setattr(loop._loop, "call_soon_threadsafe", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loop.run(work())
    monkeypatch.undo()
    loop.close()
    assert events == []


def test_a_closed_loop_leaves_no_thread() -> None:
    before = threading.active_count()
    loop = BackgroundLoop()
    assert loop.run(answer(1)) == 1
    loop.close()
    loop.close()
    assert threading.active_count() == before
