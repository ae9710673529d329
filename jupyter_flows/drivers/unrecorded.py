"""Calls in a process that was forked off another one's runs, or works for them: they run, and nothing is recorded.

The session and its thread stayed behind, so there is no machine to ask. The attempt is the same generator as anywhere:
signals, returned states and generators mean what they always mean.
"""

from __future__ import annotations

import os
import time
from typing import Any

from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import in_forked_child
from jupyter_flows.engine.attempt import Err, Ok, Reply, Steps, attempt
from jupyter_flows.errors import RunOfParentProcess
from jupyter_flows.model.states import State

_ANSWERS = (Exception, SystemExit, GeneratorExit)
"""What ends a call; an interruption ends the code around it too."""


def refuse_in_forked_child(call: Call) -> None:
    """Refuse to ask for the end of a run that this process will never see.

    Raises
    ------
    RunOfParentProcess
        The run was under way when this process was forked off the one that runs it.
    """
    if call.state is None and in_forked_child():
        owner = call.run.session.owner
        if owner.pid != os.getpid():
            raise RunOfParentProcess(call.name, owner.pid)


def run_unrecorded(code: UserCode, args: tuple[Any, ...], kwargs: dict[str, Any]) -> State:
    """Run plain code here and now; return the state in which a recorded run would have ended."""
    steps = _begun()
    try:
        value = code.fn(*args, **kwargs)
        reply: Reply = Ok(value if code.kind == "sync" else list(value), time.time())
    except _ANSWERS as error:
        reply = Err(error, time.time())
    return _end(steps, reply)


async def await_unrecorded(code: UserCode, args: tuple[Any, ...], kwargs: dict[str, Any]) -> State:
    """Run async code to its end on the running loop; return the state in which a recorded run would have ended."""
    steps = _begun()
    try:
        awaited = code.fn(*args, **kwargs)
        value = [item async for item in awaited] if code.kind == "async generator" else await awaited
        reply: Reply = Ok(value, time.time())
    except _ANSWERS as error:
        reply = Err(error, time.time())
    return _end(steps, reply)


def _begun() -> Steps:
    steps = attempt(1, 1, asks_retry=False, keeps_small=False)
    next(steps)  # asks to call the user's function
    return steps


def _end(steps: Steps, reply: Reply) -> State:
    while True:
        try:
            steps.send(reply)
        except StopIteration as ended:
            return ended.value.state
        reply = Ok(None, reply.at)  # there is nowhere to describe a failure


__all__ = ["await_unrecorded", "refuse_in_forked_child", "run_unrecorded"]
