"""Inside a kernel: the values of names are kept for a further attempt of the run, and put back by it.

The process that executes the notebook evaluates one expression in the kernel, silently, and reads its answer from the
reply: nothing of it shows anywhere, whatever the kernel's version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jupyter_flows.errors import JupyterFlowsError, ResultMissing, UnserializableResult
from jupyter_flows.model.results import KeptResult
from jupyter_flows.notebooks.kernel_answer import Answer
from jupyter_flows.notebooks.own_kernel import kernel_shell
from jupyter_flows.services.manifest import Manifest
from jupyter_flows.wiring import current_reader, result_store


def keeping_expression(run_id: str, number: int, names: tuple[str, ...], room: int) -> str:
    """The expression that keeps values.

    Parameters
    ----------
    run_id, number
        The task run that they belong to.
    names
        Those that there are; a name that was not bound is passed over.
    room
        How many bytes they may take together.
    """
    return _call("keep", {"run_id": run_id, "number": number, "names": list(names), "room": room})


def restoring_expression(
    run_id: str, number: int, values: Mapping[str, KeptResult], aliases: Mapping[str, str] | None = None
) -> str:
    """The expression that puts values back; ``aliases`` are further names of an object, to its name among them."""
    fields = {name: list(kept) for name, kept in values.items()}
    return _call("put_back", {"run_id": run_id, "number": number, "values": fields, "aliases": dict(aliases or {})})


def _call(function: str, request: Mapping[str, Any]) -> str:
    return f"__import__({__name__!r}, fromlist=['_']).{function}({json.dumps(request)!r})"


def keep(request: str) -> Answer:
    """Keep the values that `keeping_expression` names."""
    asked = json.loads(request)
    namespace, room = _namespace(), int(asked["room"])
    values: dict[str, list[Any]] = {}
    lost: dict[str, list[str]] = {}
    aliases: dict[str, str] = {}
    seen: dict[int, str] = {}
    for name in asked["names"]:
        if name not in namespace:
            continue
        first = seen.setdefault(id(namespace[name]), name)
        if first in values:
            values[name], aliases[name] = values[first], first
            continue
        kind = type(namespace[name]).__qualname__
        try:
            kept = _kept(namespace[name], asked["run_id"], asked["number"], room)
        except UnserializableResult as error:
            lost[name] = [error.type_name, error.why]
        except JupyterFlowsError as error:
            lost[name] = [kind, str(error)]
        else:
            values[name] = list(kept)
            room -= kept.size
    absent = [name for name in asked["names"] if name not in namespace]
    return Answer({"values": values, "lost": lost, "absent": absent, "aliases": aliases})


def put_back(request: str) -> Answer:
    """Bind names to the values that `restoring_expression` names, all or none.

    Raises
    ------
    ResultMissing
    """
    asked, store = json.loads(request), result_store()
    aliases = {name: first for name, first in asked.get("aliases", {}).items() if first in asked["values"]}
    found = {
        name: store.read(KeptResult(*fields), asked["run_id"], asked["number"])
        for name, fields in asked["values"].items()
        if name not in aliases
    }
    _namespace().update(found | {name: found[first] for name, first in aliases.items()})
    return Answer({})


def kept_value(run_id: str, number: int) -> object:
    """Return what a finished task run gave, as it was kept.

    Raises
    ------
    ResultMissing
        It was not kept, or is not there any more.
    """
    reader = current_reader()
    try:
        found = [one for one in reader.results(run_id) if one.number == number]
    finally:
        reader.close()
    if not found:
        raise ResultMissing(f"of task run {number} in run {run_id}", "it was not kept")
    return result_store().read(found[-1].result, run_id, number)


def kept_values(run_id: str, number: int, names: list[str]) -> dict[str, object]:
    """Return values that a finished task cell of a notebook gave, by their names.

    Raises
    ------
    ResultMissing
        They were not kept, or are not there any more.
    """
    manifest = Manifest.of_json(kept_value(run_id, number))
    if manifest is None or not manifest.values.keys() >= set(names):
        raise ResultMissing(f"of task run {number} in run {run_id}", f"it has no {', '.join(names)}")
    return {name: result_store().read(manifest.values[name], run_id, number) for name in names}


def _kept(value: object, run_id: str, number: int, room: int) -> KeptResult:
    if _least_size(value) > room:
        raise _too_much(value)
    store = result_store()
    kept = store.write(value, run_id, number, None, None)
    if kept.size > room:
        store.delete(kept)
        raise _too_much(value)
    return kept


def _too_much(value: object) -> UnserializableResult:
    why = "it is more than a run may keep; raise the setting `kept_max_bytes`, or give a path instead"
    return UnserializableResult("", type(value).__qualname__, why)


def _least_size(value: object) -> int:
    """What a large array or table takes, before it is written."""
    with suppress(Exception):
        size = getattr(value, "nbytes", 0)
        return size if isinstance(size, int) else 0
    return 0


def _namespace() -> dict[str, Any]:
    return kernel_shell().user_ns


__all__ = [
    "keep",
    "keeping_expression",
    "kept_value",
    "kept_values",
    "put_back",
    "restoring_expression",
]
