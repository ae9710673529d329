"""What a mapped node is mapped over: one column for each argument that is not `unmapped`, as long as the shortest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.declared.replacing import replace_tasks
from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.drivers.inputs import flatten, unmapped

_TEXTS = (str, bytes, bytearray)


class NotMappable(Exception):
    """Something that has no elements."""


class Columns:
    """The arguments of one mapped node in one run."""

    def __init__(self, node: Placed, runs: Mapping[Placed, Call | list[Call]]) -> None:
        self._node, self._runs = node, runs
        self._columns = {key: value for key, value in node.arguments.items() if not isinstance(value, unmapped)}

    def awaited(self) -> Iterator[Call]:
        """The runs whose values decide how many children there are."""
        for value in self._columns.values():
            if isinstance(value, Placed):
                runs = self._runs[value]
                yield from () if isinstance(runs, list) else (runs,)
            elif isinstance(value, flatten):
                inside: list[Placed] = []
                replace_tasks(value.value, inside.append)
                for node in inside:
                    runs = self._runs[node]
                    yield from runs if isinstance(runs, list) else (runs,)

    def rows(self) -> list[dict[str, Any]]:
        """The arguments of each child; the shortest column decides how many there are.

        Raises
        ------
        NotMappable
        """
        columns = {key: self._elements(key, value) for key, value in self._columns.items()}
        same = {key: value for key, value in self._node.arguments.items() if key not in columns}
        count = min(map(len, columns.values()))
        return [{**same, **{key: column[index] for key, column in columns.items()}} for index in range(count)]

    def _elements(self, key: str, value: Any) -> list[Any]:
        if isinstance(value, flatten):
            parts = [self._value(key, item) for item in self._elements(key, value.value)]
            return [item for part in parts for item in listed(key, part)]
        if not isinstance(value, Placed):
            return listed(key, value)
        runs = self._runs[value]
        if isinstance(runs, list):  # child by child: nothing waits for all of them
            return [TaskFuture[Any](call) for call in runs]
        return listed(key, self._value(key, value))

    def _value(self, key: str, item: Any) -> Any:
        if isinstance(item, Placed):
            runs = self._runs[item]
            if isinstance(runs, list):
                return [self._value(key, TaskFuture[Any](call)) for call in runs]
            item = TaskFuture[Any](runs)
        if not isinstance(item, TaskFuture):
            return item
        if not item.state.is_completed():
            raise NotMappable(f"argument {key!r} cannot be mapped over: {item.name} ended as {item.state!r}")
        return item.state.data


def listed(key: str, value: Any) -> list[Any]:
    """The elements of a value.

    Raises
    ------
    NotMappable
        For what has none, and for a text.
    """
    if isinstance(value, Iterable) and not isinstance(value, _TEXTS):
        return list(value)
    kind = type(value).__name__
    raise NotMappable(f"argument {key!r} cannot be mapped over: it is a {kind}; wrap it in unmapped(...) to share it")
