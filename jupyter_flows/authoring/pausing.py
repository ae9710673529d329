"""`pause_flow_run`, `suspend_flow_run` and `resume_flow_run`: runs that wait for somebody's word or typed input."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, cast

from jupyter_flows.authoring.targets import find_recorded
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.errors import CannotResume, PauseError
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.states import PAUSED, State
from jupyter_flows.notebooks.own_kernel import kernel_shell
from jupyter_flows.services.answering import NO_INPUT, give_word
from jupyter_flows.services.cell_pause import CellPause
from jupyter_flows.services.flow_pause import FlowPause
from jupyter_flows.services.pausing import PausePlace, Question, suspending, waiting
from jupyter_flows.wiring import current_reader, parent_run_of_process

_HOUR = 3600.0
_LONGEST_KEY = 200


def pause_flow_run(
    wait_for_input: Any = None, *, timeout: float | None = _HOUR, key: str | None = None, message: str = ""
) -> Any:
    """Wait here, in this process, until somebody resumes the run.

    Called in a flow's own code, or in a cell of a notebook that is run headless; awaited in an async flow. The run is
    Paused meanwhile, and its time limit stands still. Where the process is told to terminate, the run is Suspended
    instead, and its next attempt waits in the same place. What was answered once is not asked again in further
    attempts.

    Parameters
    ----------
    wait_for_input
        What to wait for: a pydantic model, or any type that pydantic knows, such as ``bool`` or ``Literal["a", "b"]``.
        Nothing but the word when not given.
    timeout
        Seconds until nobody waits any more and this raises; None for as long as it takes.
    key
        Tells this pause from others of its run; by their order when not given.
    message
        For people; what is waited for when not given.

    Returns
    -------
    object
        What was given, as ``wait_for_input`` makes it; None where that was not given.

    Raises
    ------
    PauseTimedOut
        Which fails the run, unless it is caught.
    PauseError
        There is no run here, or a task calls this.
    """
    place, question = _prepared(wait_for_input, timeout, key, message)
    if _is_async():
        return _awaited(place, question)
    steps = waiting(place, question)
    while True:
        try:
            seconds = next(steps)
        except StopIteration as stop:
            return stop.value
        time.sleep(seconds)


def suspend_flow_run(
    wait_for_input: Any = None, *, timeout: float | None = None, key: str | None = None, message: str = ""
) -> Any:
    """End this attempt of the run here, as Suspended; when somebody resumes it, go on behind this call.

    The next attempt begins at the flow's first line, where task runs that completed give their kept values without
    running; here it finds the word. Nothing waits in the meantime, for days if need be. Awaited in an async flow.

    Parameters
    ----------
    wait_for_input, key, message
        As `pause_flow_run` takes them.
    timeout
        Seconds after which the run is not resumed any more and counts as TimedOut; None for never.

    Returns
    -------
    object
        In the attempt after that: what was given.

    Raises
    ------
    PauseError
    """
    place, question = _prepared(wait_for_input, timeout, key, message)
    if _is_async():
        return _suspended(place, question)
    return suspending(place, question)


def resume_flow_run(run: str, run_input: Any = NO_INPUT, *, key: str | None = None) -> State | None:
    """Give a paused or suspended run the word that it waits for, from any process.

    A paused one goes on where it waits. Of a suspended one the next attempt begins: a runner executes it where the run
    is of a deployment, else this process does, now.

    Parameters
    ----------
    run
        Its id, a unique start of the id, or its name.
    run_input
        What it asks for: a JSON value, or an instance of the model. It is checked before anything is written.
    key
        Of the pause, where the run waits in several places.

    Returns
    -------
    State or None
        How the attempt ended that ran here; None where the run goes on elsewhere.

    Raises
    ------
    RunInputError
        The input does not fit: all that is wrong with it.
    CannotResume, RunNotFound, AmbiguousRun
    """
    with closing(current_reader()) as reader:
        reader.record_dead(time.time())
        found = reader.flow_run(run)
        if found.state.kind is not PAUSED:
            raise CannotResume(found.name, f"it is {found.state.name}, and waits for nobody's word")
        answered = give_word(reader, found, time.time(), as_json(run_input), key)
    if found.state.name != "Suspended":
        if answered is None:
            raise CannotResume(found.name, "somebody else has just resumed it")
        return None
    return None if _requeued(found) else _run_here(found)


def as_json(given: Any) -> Any:
    """A model's instance as JSON values; anything else as it is.

    Raises
    ------
    TypeError
        It is no JSON value.
    """
    if given is NO_INPUT:
        return given
    if hasattr(given, "model_dump"):
        return given.model_dump(mode="json")
    return json.loads(json.dumps(given))


def _requeued(run: FlowRun) -> bool:
    from jupyter_flows.errors import NeedsStoreFile
    from jupyter_flows.wiring import current_queue  # deferred: few runs are of deployments

    try:
        with current_queue() as queue:
            return queue.requeue(run.id, time.time())
    except NeedsStoreFile:
        return False


def _run_here(run: FlowRun) -> State:
    if run.kind != "flow":
        raise CannotResume(run.name, f"resume it with `jupyter flows resume {run.id}`; the word is given")
    from jupyter_flows.authoring.flow import Flow  # deferred: it is not needed to pause

    flow = find_recorded(run)
    if isinstance(flow, Flow) and flow.code.is_async:
        return cast("State", asyncio.run(flow.resume(run.id, return_state=True)))
    if isinstance(flow, Flow):
        return cast("State", flow.resume(run.id, return_state=True))
    return flow.resume(run.id)


def _prepared(wait_for_input: Any, timeout: float | None, key: str | None, message: str) -> tuple[PausePlace, Question]:
    if timeout is not None and not 0 < timeout < float("inf"):
        raise PauseError(f"timeout={timeout!r} should be seconds above 0, or None")
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY):
        raise PauseError(f"key={key!r} should be a text of at most {_LONGEST_KEY} characters")
    schema, read = _asked_for(wait_for_input)
    place, drawn = _place()
    return place, Question(key or drawn(), schema, read, timeout, message)


def _place() -> tuple[PausePlace, Callable[[], str]]:
    frame = current_frame()
    if frame is not None:
        if frame.call.number:
            raise PauseError("a task calls it; pause in the flow's own code, or raise PAUSE in the task")
        return FlowPause(frame), lambda: f"pause-{next(frame.run.pauses)}"
    run_id, shell = parent_run_of_process(), kernel_shell()
    if run_id is None or shell is None:
        raise PauseError("there is no run here; call it in a flow, or in a cell of a notebook that is run headless")
    place = CellPause(shell, run_id)
    return place, place.next_key


def _asked_for(wanted: Any) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    if wanted is None:
        return {}, lambda _: None
    from pydantic import TypeAdapter, ValidationError  # deferred: heavy
    from pydantic.errors import PydanticUserError

    def read(given: Any) -> Any:
        try:
            return adapter.validate_python(given)
        except ValidationError as error:
            told = ((".".join(map(str, one["loc"])), one["msg"]) for one in error.errors(include_url=False))
            raise ValueError(
                "; ".join(f"{where}: {problem}" if where else problem for where, problem in told)
            ) from None

    try:
        adapter = TypeAdapter[Any](wanted)
        return adapter.json_schema(), read
    except PydanticUserError as error:
        first = str(error).splitlines()[0]
        raise PauseError(f"wait_for_input={wanted!r} cannot be asked for: {first}") from None


def _is_async() -> bool:
    frame = current_frame()
    return frame is not None and frame.call.code.is_async


async def _awaited(place: PausePlace, question: Question) -> Any:
    steps = waiting(place, question)
    while True:
        try:
            seconds = next(steps)
        except StopIteration as stop:
            return stop.value
        await asyncio.sleep(seconds)


async def _suspended(place: PausePlace, question: Question) -> Any:
    return suspending(place, question)


__all__ = ["as_json", "pause_flow_run", "resume_flow_run", "suspend_flow_run"]
