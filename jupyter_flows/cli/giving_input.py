"""`jupyter flows resume --input`: giving a paused or suspended run what it waits for."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_flows.errors import RunInputError
from jupyter_flows.model.runs import FlowRun, RunInput
from jupyter_flows.model.states import PAUSED
from jupyter_flows.services.answering import NO_INPUT, give_word, open_question, schema_of
from jupyter_flows.services.input_schema import Schema, fields_of, typed, typed_value, words_of

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader


def waits_in_process(run: FlowRun) -> bool:
    """Whether a run is paused in a process that lives, and so is not taken up by another one."""
    return run.state.kind is PAUSED and run.state.name != "Suspended"


def give_typed(reader: RunReader, run: FlowRun, options: Namespace) -> RunInput | None:
    """Give what was typed; return the question that it answered.

    A run that is only taken up again asks for nothing: nothing is given then.

    Raises
    ------
    RunInputError, CannotResume
        Nothing was written.
    """
    is_given = bool(options.inputs) or options.input_json is not None
    if not is_given and not waits_in_process(run):
        return None  # where something is asked for, the plan of its next attempt says so
    asked = open_question(reader, run, options.key)
    schema = {} if asked is None else schema_of(asked)
    return give_word(reader, run, time.time(), _given(run, options, schema), None if asked is None else asked.key)


def _given(run: FlowRun, options: Namespace, schema: Schema) -> object:
    if options.input_json is not None:
        try:
            return json.loads(options.input_json)
        except (ValueError, RecursionError) as error:
            raise RunInputError(run.name, {"": f"--input-json is not JSON: {error}"}, words_of(schema)) from None
    texts: list[str] = options.inputs
    if not texts:
        return NO_INPUT
    if schema and not fields_of(schema):
        if len(texts) > 1:
            raise RunInputError(run.name, {"": "it waits for one value, and several were given"}, words_of(schema))
        return typed_value(schema, texts[0], schema)
    return typed(schema, _pairs(run, texts, schema))


def _pairs(run: FlowRun, texts: list[str], schema: Schema) -> dict[str, str]:
    pairs: dict[str, str] = {}
    problems: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            problems[text] = "should read NAME=VALUE"
        elif name in pairs:
            problems[name] = "is given twice"
        pairs[name] = value
    if problems:
        raise RunInputError(run.name, problems, words_of(schema))
    return pairs


__all__ = ["give_typed", "waits_in_process"]
