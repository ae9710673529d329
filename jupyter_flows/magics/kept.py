"""What a task cell gave, as one value: the names that it bound, and what it showed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import IOBase
from typing import Any

import cloudpickle

from jupyter_flows.caching.content import content_hash, joined_hash
from jupyter_flows.caching.tokens import Unhashable
from jupyter_flows.drivers.tracebacks import error_line
from jupyter_flows.errors import UncacheableInput
from jupyter_flows.magics.freshness import needed_by, outputs_of
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.stage import Shown
from jupyter_flows.magics.value_digest import is_definition, is_module


@dataclass
class Kept:
    """The outcome of a task cell.

    Parameters
    ----------
    values
        Name to value; two names of one object stay so.
    shown
        What was printed and displayed, in order.
    problem
        Why it cannot outlive its process; empty where it can.
    """

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    shown: list[Shown] = field(default_factory=list[Shown])
    problem: str = ""

    def __getstate__(self) -> dict[str, Any]:
        if self.problem:
            raise TypeError(self.problem)
        return self.__dict__


def kept_of(cell: KnownCell, namespace: Mapping[str, Any], shown: list[Shown]) -> Kept:
    """Gather what a cell gave, and find out whether it can be kept."""
    values = {name: namespace[name] for name in outputs_of(cell) if name in namespace}
    return Kept(values, shown, why_not(cell.name, values))


def why_not(task: str, values: Mapping[str, Any]) -> str:
    """Say which values cannot be saved, their types, and what to do; empty where all can."""
    try:
        if any(isinstance(value, IOBase) for value in values.values()):
            raise TypeError
        cloudpickle.dumps(dict(values), protocol=5, buffer_callback=lambda _: False)
    except Exception:  # noqa: BLE001 - a user's own __reduce__ may do anything
        bad = [(name, value, why) for name, value in values.items() if (why := _why_not(value))]
    else:
        return ""
    listed = "; ".join(f"`{name}` ({type(value).__name__}): {why}" for name, value, why in bad)
    rest = ",".join(name for name in values if name not in {name for name, _, _ in bad})
    advice = f"give plain data (a list for a generator, a path for a file), or name what counts: --out {rest}"
    return f"what task `{task}` gave cannot be kept: {listed or 'the values together'}; {advice}"


def _why_not(value: object) -> str:
    if isinstance(value, IOBase):  # some can be pickled, and come back as something else
        return "an open file belongs to its process"
    try:
        cloudpickle.dumps(value, protocol=5, buffer_callback=lambda _: False)
    except Exception as error:  # noqa: BLE001 - as above
        return error_line(error)
    return ""


def cache_key(cell: KnownCell, namespace: Mapping[str, Any]) -> str:
    """Make the key under which what a cell gave is found again: its code, and the content of all that it needs.

    Raises
    ------
    UncacheableInput
        An input without a content hash.
    """
    return joined_hash(key_parts(cell.name, cell.digest, needed_by(cell), namespace))


def key_parts(task: str, digest: str, needed: Iterable[str], namespace: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What such a key is made of: the digest of a cell's code as ``source``, and of each name that it needs.

    Raises
    ------
    UncacheableInput
    """
    names = [name for name in needed if name in namespace and not is_module(namespace[name])]
    return [("source", digest), *((name, _content(task, name, namespace[name])) for name in names)]


def _content(task: str, name: str, value: Any) -> str:
    try:
        return content_hash(getattr(value, "fn", value) if is_definition(value) else value)
    except Unhashable as error:
        advice = f"leave it out with --ignore {name}, or leave out --cache"
        raise UncacheableInput(task, name, type(value).__name__, str(error), advice) from None
