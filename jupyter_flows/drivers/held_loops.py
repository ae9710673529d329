"""Event loops that plain calls hold up until they return: what must run meanwhile has to be run elsewhere."""

from __future__ import annotations

import sys
from contextvars import ContextVar, Token
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
    loop = loop_here()
    if loop is None or call.state is not None:
        return
    if getattr(call.place, "loop", None) is loop:
        raise RuntimeError(f"{call.name} runs on this event loop: write `await future` instead of waiting")
    for before in call.behind:
        if before.state is None and getattr(before.place, "loop", None) is loop:
            why = f"waits for {before.name}, which runs on this event loop"
            raise RuntimeError(f"{call.name} {why}: await the future of {before.name} first")


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
