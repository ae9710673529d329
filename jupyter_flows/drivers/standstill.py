"""Finding runs that wait for one another in a circle, none of which could ever go on.

What is waited for is held up by what *it* waits for: the upstreams of a run, the slots that others hold, and whatever
its own code waits for. All that is held up by nothing goes on, and what only that holds up goes on as well; what is
left when nothing more can be struck out stands still for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.slots import Holder, SlotHolder, Slots
from jupyter_flows.drivers.waits import Wait, lend_places
from jupyter_flows.errors import WaitsForItself

_Node = Call | SlotHolder
_SHARE = 20  # times as long as a look took until the next one: among many runs it takes a while


class Circle(NamedTuple):
    """A wait that can have no end, and the way from who waits back to it, in words."""

    wait: Wait
    steps: tuple[str, ...]


class OpenWaits:
    """The waits that are under way, oldest first: noted by every thread, looked at by the session's.

    Parameters
    ----------
    slots
        Who holds what.
    seconds
        Between two looks.
    wake
        Wakes the session's thread, which may sleep for long while nobody waits.
    """

    def __init__(self, slots: Slots, seconds: float, wake: Callable[[], object]) -> None:
        self._slots, self._seconds, self._wake = slots, seconds, wake
        self._open: dict[Wait, None] = {}
        self._next_look = 0.0

    def __len__(self) -> int:
        return len(self._open)

    def note(self, wait: Wait) -> None:
        """Add one."""
        self._open[wait] = None
        if len(self._open) == 1:
            self._wake()

    def drop(self, wait: Wait) -> None:
        """Take one away, if it is there."""
        self._open.pop(wait, None)

    def look(self, now: float) -> None:
        """Help those that can be helped, and refuse the newest that cannot, where it is time to look again."""
        if now < self._next_look:
            return
        began = time.perf_counter()
        waits = list(self._open)
        lend_places(waits)
        circle = find_circle(waits, self._slots)
        if circle is not None:
            self.drop(circle.wait)
            circle.wait.refuse(WaitsForItself(circle.steps))
        self._next_look = now + max(self._seconds, _SHARE * (time.perf_counter() - began))


def find_circle(waits: Sequence[Wait], slots: Slots) -> Circle | None:
    """Return the newest wait that is part of a circle."""
    waits = [wait for wait in waits if wait.endless]
    with_slots = {holder.strand for holder in slots.holders() if isinstance(holder, SlotHolder)}
    around = {wait: _around(wait.by) for wait in waits}
    suspects = [
        wait for wait in waits if wait.strand in with_slots or any(call.number for call in around[wait])
    ]  # a flow that nobody waits for, and that holds nothing, is in no circle
    if not suspects:
        return None
    look = _Look(waits, around, slots)
    stuck = look.strike_out([wanted for wait in suspects for wanted in wait.wanted])
    for wait in reversed(suspects):
        if all(wanted in stuck for wanted in wait.wanted):
            words = look.way_back(wait, stuck)
            if words:
                return Circle(wait, words)
    return None


def _around(call: Call | None) -> tuple[Call, ...]:
    """A run and those whose code goes on only after it, because they called it directly."""
    chain: list[Call] = []
    while call is not None and call.state is None:
        chain.append(call)
        call = _caller(call)
    return tuple(chain)


def _caller(call: Call) -> Call | None:
    if not call.number:
        parent = call.run.parent
        return None if parent is None else _call_of(parent, call.run.parent_number)
    if not getattr(call.place, "in_caller", False) or call.run.machine is None:
        return None
    node = call.run.machine.nodes.get(call.number)
    return None if node is None else _call_of(call.run, node.parent)


def _call_of(run: FlowRunHandle, number: int) -> Call | None:
    node = None if run.machine is None else run.machine.nodes.get(number)
    return node.call if node is not None and isinstance(node.call, Call) else None


def _waiter(wait: Wait) -> str:
    return "this code" if wait.by is None else wait.by.name


class _Look:
    """What holds what up, at one moment. By the session's thread."""

    def __init__(self, waits: Iterable[Wait], around: dict[Wait, tuple[Call, ...]], slots: Slots) -> None:
        self._slots = slots
        self._around = around
        self._waits_of: dict[Any, list[Wait]] = {}  # of a run's code, or of a strand
        for wait in waits:
            for who in (wait.strand, *around[wait]):
                self._waits_of.setdefault(who, []).append(wait)
        self._held: dict[str, list[tuple[_Node, int]]] = {}
        for holder in slots.holders():
            node = _node_of(holder)
            for name, count in slots.held(holder) if node is not None else ():
                self._held.setdefault(name, []).append((node, count))  # type: ignore[arg-type]

    def strike_out(self, wanted: Iterable[_Node]) -> dict[_Node, None]:
        """Return what can never go on, of what is wanted and all that it leads to."""
        stuck: dict[_Node, None] = {}
        todo = list(wanted)
        while todo:
            node = todo.pop()
            if node not in stuck:
                stuck[node] = None
                todo += [other for other, _ in self._leads_to(node)]
        size = -1
        while len(stuck) != size:
            size = len(stuck)
            for node in list(reversed(stuck)):  # what was met last first, so that a long chain falls at once
                if not self._is_held_up(node, stuck):
                    del stuck[node]
        return stuck

    def way_back(self, wait: Wait, stuck: dict[_Node, None]) -> tuple[str, ...]:
        """Tell the way from what is waited for back to who waits; empty where there is none."""
        paths: list[tuple[_Node, tuple[str, ...]]] = [
            (wanted, (f"{_waiter(wait)} waits for {wanted.name}",) if isinstance(wanted, Call) else ())
            for wanted in wait.wanted
        ]
        met: set[_Node] = set()
        for node, words in paths:  # grows
            if node in self._around[wait] or (isinstance(node, SlotHolder) and words and node.strand == wait.strand):
                return words
            if node not in met:
                met.add(node)
                paths += [(other, (*words, how)) for other, how in self._leads_to(node) if other in stuck]
        return ()

    def _leads_to(self, node: _Node) -> list[tuple[_Node, str]]:
        found: list[tuple[_Node, str]]
        upstreams: Sequence[tuple[Call, bool]]
        if isinstance(node, Call):
            if node.state is not None:
                return []
            upstreams = node.upstreams
        else:
            upstreams = ()
        found = [(up, f"{node.name} waits for {up.name}") for up, _ in upstreams]
        for name, _ in self._slots.awaited(_holder_of(node)):
            waits = f"{node.name} waits for a slot of {name!r} that"
            found += [(other, f"{waits} {other.name} holds") for other, _ in self._held.get(name, ())]
        for wait in self._waits_in(node):
            found += [(other, f"{node.name} waits for {other.name}") for other in wait.wanted]
        return [(other, how) for other, how in found if not isinstance(other, Call) or other.state is None]

    def _waits_in(self, node: _Node) -> Sequence[Wait]:
        """The waits that must end before a run ends, or before a block gives its slots back."""
        if isinstance(node, Call):
            return self._waits_of.get(node, ())
        return self._waits_of.get(node.strand, ()) if self._slots.held(node) else ()

    def _is_held_up(self, node: _Node, stuck: dict[_Node, None]) -> bool:
        if isinstance(node, Call):
            if node.state is not None:
                return False
            if any(up in stuck for up, _ in node.upstreams):
                return True
        for name, count in self._slots.awaited(_holder_of(node)):
            size = self._slots.size(name)
            lost = sum(held for other, held in self._held.get(name, ()) if other in stuck)
            if size is not None and lost and size - lost < count:
                return True
        return any(all(other in stuck for other in wait.wanted) for wait in self._waits_in(node))


def _holder_of(node: _Node) -> Holder:
    return (node.run, node.number) if isinstance(node, Call) else node


def _node_of(holder: Holder) -> _Node | None:
    return holder if isinstance(holder, SlotHolder) else _call_of(*holder)


__all__ = ["OpenWaits"]
