"""State handlers: the user's functions that see each state of a run before it is entered, and may change it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.context import FRAME, Frame
from jupyter_flows.engine.attempt import Err, Ok, Reply, answered
from jupyter_flows.engine.handling import ENDS
from jupyter_flows.model.commands import RunHandlers
from jupyter_flows.model.events import HandlersAnswered
from jupyter_flows.model.signals import Signal
from jupyter_flows.model.states import State


def ask_handlers(call: Call, path: tuple[State, ...]) -> Reply:
    """Ask each handler about each step; the next one sees what the one before made of it.

    A state of another kind than was proposed ends the path: it is what the run goes to instead.
    """
    now = call.run.session.clock.time
    old, *steps = path
    token = FRAME.set(Frame(call.run, call))
    try:
        for proposed in steps:
            state = proposed
            for handler in call.code.handlers:
                at = now()
                answer = handler(call.code.subject, _timed(old, at), _timed(state, at))
                state = _heard(handler, answer, state, at)
            if state.kind is not proposed.kind:
                return Ok(state, now())
            old = state
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function; its error is an answer
        return Err(error, now())
    finally:
        FRAME.reset(token)
    return Ok(old, now())


def _timed(state: State, at: float) -> State:
    return state if state.at else replace(state, at=at)


def _heard(handler: Any, answer: Any, proposed: State, at: float) -> State:
    if answer is None or answer is proposed:
        return proposed
    state = answer.to_state(at) if isinstance(answer, Signal) else answer
    if isinstance(state, State) and state.kind in {*ENDS, proposed.kind}:
        return replace(state, at=at)
    name = getattr(handler, "__name__", type(handler).__name__)
    wanted = "a state in which a run can end, or None to keep the one it was given"
    raise TypeError(f"state handler {name} returned {answer!r}: it must return {wanted}")


def answer_handlers(order: RunHandlers) -> None:
    """Ask the handlers that a machine wants to hear, and tell it their answer."""
    call: Any = order.call
    state = answered(ask_handlers(call, order.path))
    call.run.session.post(call.run, HandlersAnswered(call.run.session.clock.time(), call.number, order.attempt, state))
