"""Generated cells, judged by two that know better: Python's own `symtable`, and running them."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Callable, Iterator
from random import Random
from textwrap import indent
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.cells.analysis import analyse

NAMES = "abcdefgh"


class Author:
    """Writes cells at random."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def name(self) -> str:
        return self.chance.choice(NAMES)

    def value(self, depth: int = 2) -> str:
        if depth == 0 or self.chance.random() < 0.25:
            return self.name()
        name, value = self.name, lambda: self.value(depth - 1)
        forms: list[Callable[[], str]] = [
            lambda: f"({value()} + {value()})",
            lambda: f"{name()}({value()})",
            lambda: f"({name()} := {value()})",
            lambda: f"({value()} if {value()} else {value()})",
            lambda: f"({value()} and {value()})",
            lambda: f"({value()} or not {value()})",
            lambda: f"[{name()} + {name()} for {name()} in {name()} if {name()}]",
            lambda: f"(lambda {name()}: {name()} + {name()})({name()})",
            lambda: f"f'{{{name()}}}'",
            lambda: f"{name()}[{name()}].x",
        ]
        return self.chance.choice(forms)()

    def block(self, depth: int) -> str:
        written = "\n".join(self.statement(depth) for _ in range(self.chance.randint(1, 3)))
        return indent(written, "    ")

    def statement(self, depth: int) -> str:
        name, value = self.name, self.value
        simple: list[Callable[[], str]] = [
            lambda: f"{name()} = {value()}",
            lambda: f"{name()}, {name()} = {value()}, {value()}",
            lambda: f"{name()} += {value()}",
            lambda: f"{name()}[{value()}] = {value()}",
            lambda: f"{name()}: {name()} = {value()}",
            lambda: f"import math as {name()}",
            value,
        ]
        return self.chance.choice(simple if depth == 0 else [*simple, *self.compound(depth)])()

    def compound(self, depth: int) -> list[Callable[[], str]]:
        name, value, block = self.name, self.value, lambda: self.block(depth - 1)
        return [
            lambda: f"if {value()}:\n{block()}\nelse:\n{block()}",
            lambda: f"for {name()} in {value()}:\n    turn()\n{block()}\n    if {name()}: break\nelse:\n{block()}",
            lambda: f"while {value()}:\n    turn()\n{block()}\n    if {name()}: continue\n    {name()} = 1",
            lambda: f"try:\n{block()}\nexcept {name()} as {name()}:\n{block()}\nelse:\n{block()}\nfinally:\n{block()}",
            lambda: f"with {name()} as {name()}:\n{block()}",
            lambda: f"match {value()}:\n    case [{name()}, *_]: pass\n    case {name()}: pass",
            lambda: f"def {name()}(p, *_, q={name()}):\n{block()}\n    return {value()}",
            lambda: f"class {name()}(Base):\n{block()}",
            lambda: f"del {name()}",
        ]

    def cell(self) -> str:
        return "\n".join(self.statement(2) for _ in range(self.chance.randint(1, 6)))


cells = st.integers(0, 2**32).map(lambda seed: Author(Random(seed)).cell())


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from tables(child)


@given(cells)
def test_symtable_agrees_on_what_does_not_depend_on_order(source: str) -> None:
    found = analyse(source)
    assert found.problem is None, f"{found.problem}\n{source}"
    top = symtable.symtable(source, "<cell>", "exec")
    bound = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    inner = [each for each in tables(top) if each is not top]
    referenced = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    reached = {s.get_name() for each in inner for s in each.get_symbols() if s.is_referenced() and s.is_global()}
    # What symtable does not tell: `x += 1` and `del x` read `x`, a class reads from outside what it binds only later.
    nodes = list(ast.walk(ast.parse(source)))
    unsaid = {ast.unparse(node.target) for node in nodes if isinstance(node, ast.AugAssign)}
    unsaid |= {ast.unparse(name) for node in nodes if isinstance(node, ast.Delete) for name in node.targets}
    of_classes = {s.get_name() for each in inner if each.get_type() == "class" for s in each.get_symbols()}

    reads = {use.name for use in (*found.reads, *found.builtins)}
    assert {binding.name for binding in found.binds} <= bound, source
    assert reads <= referenced | reached | of_classes | unsaid, source
    assert referenced - bound <= reads, source
    late = {use.name for definition in found.definitions for use in definition.reads}
    assert late <= reached | of_classes | unsaid, source


class Boom(Exception):
    """What a value may raise when it is called."""


class Enough(BaseException):
    """The cell would go round for ever."""


class Anything:
    """A value that takes part in everything, and draws what it decides."""

    def __init__(self, draws: Iterator[int]) -> None:
        self.draws = draws

    def _draw(self) -> int:
        return next(self.draws, 0)

    def __bool__(self) -> bool:
        return self._draw() % 2 == 1

    def __iter__(self) -> Iterator[Any]:
        return iter([self] * (self._draw() % 3))

    def __call__(self, *_: Any, **__: Any) -> Any:
        if self._draw() % 4 == 3:
            raise Boom
        return self

    def __add__(self, other: Any) -> Any:
        return self

    __radd__ = __getitem__ = __add__

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None: ...

    @property
    def x(self) -> Any:
        return self


class Spy(dict[str, Any]):
    """A namespace that knows which of its names the cell has bound, and which it has read before."""

    def __init__(self, outside: dict[str, Any]) -> None:
        super().__init__(outside)
        self.read: set[str] = set()
        self.bound: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if name not in self.bound and name in self:
            self.read.add(name)
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.bound.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self.bound.discard(name)
        super().__delitem__(name)


@given(cells, st.lists(st.integers(0, 11), max_size=60))
def test_what_a_running_cell_reads_and_binds_was_foretold(source: str, draws: list[int]) -> None:
    value = Anything(iter(draws))
    turns = iter(range(8))

    def turn() -> None:
        if next(turns, None) is None:
            raise Enough

    fixed = {"Base": object, "turn": turn, "__builtins__": builtins, "__name__": "cell"}
    space = Spy({**dict.fromkeys(NAMES, value), **fixed})
    found = analyse(source)
    try:
        exec(compile(source, "<cell>", "exec"), space)
        finished = True
    except (Exception, Enough):
        finished = False
    foretold = {use.name for use in (*found.reads, *found.builtins)}
    # A function that is defined here may come to another name and be called there: its reads are told as late.
    foretold |= {use.name for definition in found.definitions for use in definition.reads}
    foretold |= {use.name for use in found.late}
    assert (space.read & set(NAMES)) <= foretold, source
    if finished:
        bound = space.bound & set(NAMES)
        assert bound <= {binding.name for binding in found.binds}, source
        assert {binding.name for binding in found.binds if not binding.maybe} <= bound | {"__annotations__"}, source
