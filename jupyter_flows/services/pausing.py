"""Waiting for somebody's word inside a run: asked, looked for and found in the store, whoever gives it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

from jupyter_flows.engine.ports import RunReader
from jupyter_flows.errors import PauseTimedOut
from jupyter_flows.model.records import InputAsked
from jupyter_flows.model.runs import RunInput
from jupyter_flows.model.signals import Suspended
from jupyter_flows.services.input_schema import words_of

_log = logging.getLogger("jupyter_flows.pause")


class PausePlace(Protocol):
    """Where code waits: in a flow of this process, or in a cell of a notebook that another process executes."""

    @property
    def run_id(self) -> str:
        """Whose code waits."""
        ...

    @property
    def reader(self) -> RunReader:
        """The store."""
        ...

    @property
    def poll_seconds(self) -> float:
        """How often the word is looked for."""
        ...

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def asks(self, asked: InputAsked) -> None:
        """Write down what the run will wait for."""
        ...

    def pauses(self, asked: InputAsked, message: str) -> None:
        """Write it down, and let the run be Paused."""
        ...

    def goes_on(self) -> None:
        """Let it be Running again."""
        ...

    def check(self) -> None:
        """Look whether the run is being ended meanwhile; then this raises."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is waited for.

    Parameters
    ----------
    key
        Of the pause, unique in its run.
    schema
        Of what is asked for; empty for nothing but the word.
    read
        Makes the value of an answer; a `ValueError` of it says what does not fit.
    seconds
        How long it is waited for; None for as long as it takes.
    message
        For people.
    """

    key: str
    schema: dict[str, Any]
    read: Callable[[Any], Any]
    seconds: float | None
    message: str

    @property
    def words(self) -> str:
        """What is waited for."""
        return self.message or (f"waits for input: {asked}" if (asked := words_of(self.schema)) else "waits for a word")

    def asked(self, place: PausePlace) -> InputAsked:
        """The record of it."""
        at = place.now()
        schema = json.dumps(self.schema) if self.schema else ""
        return InputAsked(place.run_id, self.key, schema, at, None if self.seconds is None else at + self.seconds)


def waiting(place: PausePlace, question: Question) -> Generator[float, None, Any]:
    """Pause until the word is given; yields how many seconds to wait before it is looked for again.

    Returns
    -------
    What was given, as `Question.read` makes it.

    Raises
    ------
    PauseTimedOut
    """
    found = _found(place, question)
    if found is not None:
        return found[0]
    asked = question.asked(place)
    place.pauses(asked, question.words)
    while True:
        yield place.poll_seconds
        place.check()
        found = _found(place, question)
        if found is not None:
            place.goes_on()
            return found[0]
        late = asked.expires_at is not None and place.now() >= asked.expires_at
        if late and place.reader.withdraw_input(place.run_id, question.key, given=False):
            place.goes_on()
            raise PauseTimedOut(question.key, question.seconds or 0.0)


def suspending(place: PausePlace, question: Question) -> Any:
    """End the attempt here until the word is given; in the attempt after that, return what was given.

    Raises
    ------
    Suspended
    """
    found = _found(place, question)
    if found is not None:
        return found[0]
    place.asks(question.asked(place))
    raise Suspended(f"{question.words}; resume the run")


def _found(place: PausePlace, question: Question) -> tuple[Any] | None:
    """The answer, if there is one that fits; one that does not is asked for again."""
    given = _answer(place, question.key)
    if given is None:
        return None
    try:
        return (question.read(json.loads(given.value or "null")),)
    except ValueError as error:
        first = next(iter(str(error).splitlines()), "")
        _log.warning("the answer to %s does not fit and is waited for again: %s", question.key, first)
        place.reader.withdraw_input(place.run_id, question.key, given=True)
        return None


def _answer(place: PausePlace, key: str) -> RunInput | None:
    return next((one for one in place.reader.inputs(place.run_id) if one.key == key and not one.is_open), None)


__all__ = ["PausePlace", "Question", "suspending", "waiting"]
