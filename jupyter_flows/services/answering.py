"""Giving a paused or suspended run the word that it waits for, checked before anything is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jupyter_flows.engine.ports import RunReader
from jupyter_flows.errors import CannotResume, RunInputError
from jupyter_flows.model.runs import FlowRun, RunInput
from jupyter_flows.services.input_schema import problems_of, words_of


class NoInput:
    """In place of an answer: nothing was given."""


NO_INPUT = NoInput()
_ADVICE = "give it with --input, or resume_flow_run(run, run_input=...)"


def schema_of(asked: RunInput) -> Mapping[str, Any]:
    """What a question asks for; empty for nothing but the word."""
    return json.loads(asked.schema) if asked.schema else {}


def open_question(reader: RunReader, run: FlowRun, key: str | None = None) -> RunInput | None:
    """Return what a run waits for; None where it waits for nothing.

    Parameters
    ----------
    key
        Of the pause; needed only where there are several.

    Raises
    ------
    RunInputError
        There are several, or there is none of that key.
    """
    waiting = {one.key: one for one in reader.inputs(run.id) if one.is_open}
    if key is None and len(waiting) > 1:
        raise RunInputError(run.name, {"key": f"it waits in several places; name one of {', '.join(waiting)}"})
    if key is not None and key not in waiting:
        raise RunInputError(run.name, {"key": f"it does not wait for {key!r}; it waits for {_listed(waiting)}"})
    return next(iter(waiting.values()), None) if key is None else waiting[key]


def give_word(
    reader: RunReader, run: FlowRun, at: float, given: object = NO_INPUT, key: str | None = None
) -> RunInput | None:
    """Give a run what it waits for.

    Parameters
    ----------
    given
        A JSON value that fits the question's schema; `NO_INPUT` where it asks for nothing but the word.
    key
        Of the pause, where there are several.

    Returns
    -------
    The question that was answered; None where there is none.

    Raises
    ------
    RunInputError
        It does not fit: all that is wrong with it. Or an answer was given and the run asks for none.
    CannotResume
        Somebody else answered, or its time has passed.
    """
    asked = open_question(reader, run, key)
    if asked is None:
        if given is not NO_INPUT:
            raise RunInputError(run.name, {"": "it waits for no input"})
        return None
    schema = schema_of(asked)
    if schema:
        _check(run, schema, given)
    elif given is not NO_INPUT and given is not None:
        raise RunInputError(run.name, {"": "it waits for somebody's word, and for no input"})
    value = None if given is NO_INPUT else given
    if not reader.give_input(run.id, asked.key, json.dumps(value), at):
        why = "its time to be resumed has passed" if _is_late(asked, at) else "somebody else has just resumed it"
        raise CannotResume(run.name, why)
    return asked


def check_answered(reader: RunReader, run: FlowRun) -> None:
    """Make sure that a suspended run is not resumed without the input that it waits for.

    Raises
    ------
    CannotResume
    """
    if run.state.name != "Suspended":
        return
    for asked in reader.inputs(run.id):
        if asked.is_open and (words := words_of(schema_of(asked))):
            raise CannotResume(run.name, f"it waits for input: {words}; {_ADVICE}")


def let_go_on(reader: RunReader, run: FlowRun, at: float) -> None:
    """Who resumes a suspended run gives the word that it waits for, where that is all."""
    if run.state.name == "Suspended":
        for asked in reader.inputs(run.id):
            if asked.is_open and not asked.schema:
                reader.give_input(run.id, asked.key, "null", at)


def _check(run: FlowRun, schema: Mapping[str, Any], given: object) -> None:
    words = words_of(schema)
    if given is NO_INPUT:
        raise RunInputError(run.name, {"": "nothing was given"}, f"{words}: {_ADVICE}")
    problems = problems_of(schema, given)
    if problems:
        raise RunInputError(run.name, problems, words)


def _is_late(asked: RunInput, at: float) -> bool:
    return asked.expires_at is not None and asked.expires_at <= at


def _listed(waiting: Mapping[str, RunInput]) -> str:
    return ", ".join(waiting) or "nothing"


__all__ = ["NO_INPUT", "NoInput", "check_answered", "give_word", "let_go_on", "open_question", "schema_of"]
