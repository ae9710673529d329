"""`.map`: one task run for each element."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_flows.authoring.naming import element_name
from jupyter_flows.authoring.submitting import enlist
from jupyter_flows.drivers.context import Frame
from jupyter_flows.drivers.futures import FutureList, TaskFuture
from jupyter_flows.drivers.inputs import FutureLike, Wrapped, flatten, mapped
from jupyter_flows.drivers.slots import LimitChanged, SlotHolder
from jupyter_flows.errors import BadOption, MappingLengthMismatch, MappingMissingIterable

if TYPE_CHECKING:
    from jupyter_flows.authoring.task import Task

_NOT_MAPPED = (str, bytes, bytearray, io.IOBase)


class MapPlan(NamedTuple):
    """A `.map` call whose arguments fit: the columns to map over, by position or name, and what is the same for all."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    columns: dict[Any, list[Any]]
    length: int
    bound: int | None


def check_bound(name: str, bound: Any) -> None:
    """Refuse a number of children at a time that cannot be meant."""
    if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int) or bound < 1):
        raise BadOption(f"{name}.map", "max_concurrency", bound, "give a whole number from 1 up")


def plan_map(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], bound: int | None) -> MapPlan:
    """Check the arguments of a `.map` call, before anything is opened or submitted."""
    check_bound(name, bound)
    columns: dict[Any, list[Any]] = {}
    for key, value in {**dict(enumerate(args)), **kwargs}.items():
        column = _elements(value)
        if column is not None:
            columns[key] = column
    return MapPlan(args, kwargs, columns, _common_length(name, columns), bound)


def map_task(task: Task[Any, Any], frame: Frame, plan: MapPlan, wait_for: Iterable[Any] | None) -> FutureList[Any]:
    """Submit a child for each element."""
    args, kwargs, columns, length, bound = plan
    # A future that was waited for to learn the length is an upstream of every child all the same.
    waits = [*(wait_for or ()), *(value for value in (*args, *kwargs.values()) if isinstance(value, FutureLike))]
    bounded = Bounded(task, frame, bound, length)
    futures: FutureList[Any] = FutureList()
    first_column = next(iter(columns.values()))
    context = copy_context()
    positions, names = range(len(args)), list(kwargs)
    map_id = 0
    for index in range(length):
        row = [columns[name][index] if name in columns else args[name] for name in positions]
        keyed = {name: columns[name][index] if name in columns else kwargs[name] for name in names}
        call = enlist(task, frame, tuple(row), keyed)
        map_id = map_id or call.number
        if call.state is None:
            call.map_index, call.context = index, context
            if task.options.run_name is None:
                call.name = element_name(task.name, first_column[index], index)
            task.send(call, frame, waits or None, bounded.needs, map_id)
            bounded.watch(call)
        futures.append(TaskFuture(call))
    return futures


def _elements(value: Any) -> list[Any] | None:
    """The elements to map over, or None for what is the same for all."""
    if isinstance(value, TaskFuture):
        return _elements(value.result())
    if isinstance(value, mapped):
        return _elements(value.value)
    if isinstance(value, flatten):
        outer = _elements(value.value)
        return None if outer is None else [item for part in outer for item in (_elements(part) or [part])]
    if isinstance(value, (Wrapped, *_NOT_MAPPED)):
        return None
    try:
        return list(value)
    except TypeError:
        return None


def _common_length(name: str, columns: dict[Any, list[Any]]) -> int:
    if not columns:
        raise MappingMissingIterable(name)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        shown = {f"argument {key + 1}" if isinstance(key, int) else key: len(column) for key, column in columns.items()}
        raise MappingLengthMismatch(name, shown)
    return lengths.pop()


class Bounded:
    """A limit of its own for one map, removed with its last child."""

    def __init__(self, task: Task[Any, Any], frame: Frame, bound: int | None, length: int) -> None:
        self.needs: tuple[tuple[str, int], ...] = ()
        self._left, self._session = length, frame.run.session
        if bound is not None and length:
            self._name = f"map of {task.name} in {frame.run.id}, {id(self)}"
            self.needs = ((self._name, 1),)
            self._session.post(SlotHolder(lambda: None), LimitChanged(self._name, bound))

    def watch(self, call: Any) -> None:
        """Count a child down when it has ended."""
        if self.needs:
            call.add_callback(self._one_ended)

    def _one_ended(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._session.post(SlotHolder(lambda: None), LimitChanged(self._name, None))
