"""`publish`: values that a notebook hands to whoever runs it."""

from __future__ import annotations

import json
import os
from typing import Any

from jupyter_flows.errors import ParameterError, UnserializableResult
from jupyter_flows.notebooks.json_values import JsonValue, to_json
from jupyter_flows.notebooks.own_kernel import kernel_shell
from jupyter_flows.notebooks.published import RESULT_MIME

MOST_CHARACTERS_IN_NOTEBOOK = 100_000

_RUN = "JUPYTER_FLOWS_PARENT_RUN_ID"
_LONGEST = 200


def publish(**values: object) -> None:
    """Hand values to whoever runs this notebook: they become `.values` of the notebook's result.

    JSON values of up to 100,000 characters travel in the outputs of the cell, so that the executed notebook holds them
    too; nothing is shown. Anything else, such as a DataFrame or an array, becomes a signed file among the kept results
    of the run, and is read when somebody asks for it. A name published twice counts with its last value.

    In a kernel that no run started, the values are only shown; in a plain process nothing happens.

    Parameters
    ----------
    **values
        Tuples become lists where everything in the value is JSON: text, finite numbers, booleans, None, lists, dicts
        with text keys.

    Raises
    ------
    ParameterError
        Values that cannot be kept, all at once, each with its type. Nothing is published then.
    """
    shell = kernel_shell()
    if shell is None:
        return
    run_id = os.environ.get(_RUN)
    made = {name: _shown(name, value) for name, value in values.items()} if not run_id else _bundles(values, run_id)
    for bundle in made.values():
        shell.display_pub.publish(bundle)


def _shown(name: str, value: object) -> dict[str, Any]:
    """What a person sees who runs the cell; JSON goes along, for programs that read notebooks."""
    text = repr(value)
    if "\n" in text or len(text) > _LONGEST:
        text = f"<{_type_name(value)}>"
    bundle: dict[str, Any] = {"text/plain": f"{name} = {text}"}
    plain, is_json = _as_json(value)
    return {**bundle, RESULT_MIME: {"name": name, "value": plain}} if is_json else bundle


def _bundles(values: dict[str, object], run_id: str) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    problems: dict[str, str] = {}
    for name, value in values.items():
        plain, is_json = _as_json(value)
        try:
            told = {"value": plain} if is_json else {"file": _in_file(value, run_id)}
            made[name] = {RESULT_MIME: {"name": name, **told}}
        except UnserializableResult as error:
            problems[name] = f"a {error.type_name} cannot be kept: {error.why}"
    if problems:
        raise ParameterError("publish(...)", problems)
    return made


def _as_json(value: object) -> tuple[JsonValue, bool]:
    """The value as plain JSON, and whether the notebook may hold it."""
    try:
        plain = to_json(value)
        return plain, len(json.dumps(plain)) <= MOST_CHARACTERS_IN_NOTEBOOK
    except (TypeError, RecursionError):
        return None, False


def _in_file(value: object, run_id: str) -> dict[str, JsonValue]:
    # deferred: most notebooks publish small JSON, and a kernel should not load the store for that
    from jupyter_flows.notebooks.published import PublishedFile
    from jupyter_flows.wiring import result_store

    return PublishedFile(_type_name(value), result_store().write(value, run_id, 0, None, None)).as_json()


def _type_name(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


__all__ = ["publish"]
