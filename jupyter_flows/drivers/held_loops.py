"""Event loops that plain calls hold up until they return: what must run meanwhile has to be run elsewhere."""

from __future__ import annotations

import sys
from contextvars import ContextVar, Token
from threading import get_ident
from typing import Any

from jupyter_flows.drivers.calls import Call

_HELD: ContextVar[tuple[Any, ...]] = ContextVar("jupyter_flows_held_loops", default=())


def loop_here() -> Any:
    """Return the event loop that runs in this thread, or None; asyncio is not loaded for the question."""
    events = sys.modules.get("asyncio.events")
    running = getattr(events, "_get_running_loop", None)
    return None if running is None else running()


def hold_loop() -> Token[tuple[Any, ...]] | None:
    """Note that the loop of this thread stands still for the code that follows, wherever it goes on."""
    loop = loop_here()
    return None if loop is None else _HELD.set((*_HELD.get(), loop))


def let_loop_go(token: Token[tuple[Any, ...]] | None) -> None:
    """Take back what `hold_loop` noted."""
    if token is not None:
        _HELD.reset(token)


def is_held(loop: Any) -> bool:
    """Whether a loop stands still until the present code has returned."""
    return any(held is loop for held in _HELD.get())


def refuse_own_loop(call: Call) -> None:
    """Refuse to hold up the loop of this thread for a run that cannot end before that loop goes on.

    Raises
    ------
    RuntimeError
    """
    if call.state is not None:
        return
    loop = loop_here()
    stands = _standing(call, loop)
    if stands:
        raise RuntimeError(f"{call.name} runs on {stands}: write `await future` instead of waiting")
    for before in call.behind:
        if before.state is None and (stands := _standing(before, loop)):
            why = f"waits for {before.name}, which runs on {stands}"
            raise RuntimeError(f"{call.name} {why}: await the future of {before.name} first")


def _standing(call: Call, loop_here: Any) -> str:
    """Say which loop a run is on, where that loop stands still while this thread waits; empty otherwise."""
    loop = getattr(call.place, "loop", None)
    if loop is None:
        return ""
    if loop is loop_here:
        return "this event loop"
    if getattr(call.place, "thread", 0) != get_ident() or loop.is_running() or loop.is_closed():
        return ""
    return "an event loop of this thread that is not running"


def note_loops(call: Call, upstreams: list[tuple[Call, bool]]) -> None:
    """Note in a call the runs on event loops that must end before it, however many runs there are between."""
    behind: dict[Call, None] = {}
    for upstream, _ in upstreams:
        if upstream.state is None:
            loop = getattr(upstream.place, "loop", None)
            if loop is not None:
                behind[upstream] = None
            for before in upstream.behind:
                if getattr(before.place, "loop", None) is not loop:
                    behind[before] = None
    if behind:
        call.behind = tuple(behind)


__all__ = ["hold_loop", "is_held", "let_loop_go", "loop_here", "note_loops", "refuse_own_loop"]
