"""The words in which an analysed cell is told: every name with the line where it matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BindingKind(StrEnum):
    """How a name is bound."""

    ASSIGN = "assign"
    CONSTANT = "constant"
    IMPORT = "import"
    FUNCTION = "function"
    CLASS = "class"
    LOOP = "loop"
    WITH = "with"
    EXCEPT = "except"
    MATCH = "match"
    MAGIC = "magic"
    CALL = "call"  # by a function with `global`, when it is called


_DEFINITIONS = frozenset({BindingKind.IMPORT, BindingKind.FUNCTION, BindingKind.CLASS})


class Sureness(StrEnum):
    """How sure it is that something is changed in place."""

    SURE = "sure"  # by syntax: ``x[0] = 1``, ``x.a = 1``, ``del x[0]``
    KNOWN = "known"  # by a method or function that is known to: ``x.append(1)``, ``inplace=True``, ``x += y``
    SUSPECTED = "suspected"  # by a call whose value nobody takes, or through a part of it


@dataclass(frozen=True, slots=True)
class Use:
    """A name that is read.

    Parameters
    ----------
    name
        What is read.
    line, column
        Where it is read first: the line from 1 in the cell, the column from 0 in its Python.
    maybe
        Whether it needs no value from outside at all times: on some ways through the cell it is bound before, or it
        stands in a shell command (``$HOME``), which is left as it is where there is no such name.
    inside
        The function through which it is read, where it is not the cell itself.
    """

    name: str
    line: int
    column: int = 0
    maybe: bool = False
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that the cell binds.

    Parameters
    ----------
    name
        What is bound.
    line, column
        Where it is bound first.
    kinds
        Every way in which the cell binds it.
    maybe
        Whether it is bound on some ways through the cell only.
    """

    name: str
    line: int
    column: int = 0
    kinds: frozenset[BindingKind] = frozenset({BindingKind.ASSIGN})
    maybe: bool = False

    @property
    def is_ambient(self) -> bool:
        """Whether it is an import or a plain definition, at most with a constant in its stead (``np = None``)."""
        return bool(self.kinds & _DEFINITIONS) and not self.kinds - _DEFINITIONS - {BindingKind.CONSTANT}


@dataclass(frozen=True, slots=True)
class Mutation:
    """Something from outside the cell that the cell changes in place.

    Parameters
    ----------
    name
        Of what is changed.
    how
        What changes it, as a person would write it: ``[…] =``, ``.append()``.
    inside
        The function that does it, where it is not the cell itself.
    """

    name: str
    line: int
    column: int
    how: str
    sureness: Sureness = Sureness.SURE
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that keeps the analysis from knowing.

    Parameters
    ----------
    what
        As a person would write it: ``exec()``, ``from numpy import *``.
    reaches
        Whether it may read or bind any name; otherwise it only hides what it does itself.
    """

    what: str
    line: int
    column: int = 0
    reaches: bool = True
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class, or a name that carries some, with what its code does once it is called.

    Parameters
    ----------
    name
        The name that it is bound to.
    line
        Where it is bound first.
    reads
        Global names that its body reads, also through functions nested in it.
    binds
        Global names that it binds (``global x``).
    mutates
        Global names whose values it changes in place.
    now
        Names read while it is defined: by decorators, defaults, base classes, a class's body.
    parameters
        Its parameters in order.
    changes
        Those of its parameters whose values it changes in place.
    unknown
        What hides what it does.
    """

    name: str
    line: int
    reads: tuple[Use, ...] = ()
    binds: tuple[Use, ...] = ()
    mutates: tuple[Mutation, ...] = ()
    now: frozenset[str] = frozenset()
    parameters: tuple[str, ...] = ()
    changes: frozenset[str] = frozenset()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function from outside the cell, with names from outside as arguments.

    Parameters
    ----------
    function
        Its name.
    arguments
        Pairs of parameter and argument: the position (from 0) or the keyword, and the name that is passed.
    """

    function: str
    line: int
    arguments: tuple[tuple[int | str, str], ...]


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """Why a cell is not Python.

    Parameters
    ----------
    line, column
        In the cell, both from 1.
    text
        The line that is wrong, where it is known.
    """

    message: str
    line: int
    column: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class CellNames:
    """What a cell does with names; each tuple in the order in which the cell comes to them.

    Parameters
    ----------
    reads
        Names read before the cell binds them.
    builtins
        The same for names that are there without any cell (``len``, ``display``, ``In``) until one shadows them.
    binds
        Names bound at the end of the cell; those with ``maybe`` only on some ways through it.
    mutates
        What it changes in place, by syntax or by a call that is known to.
    suspects
        What it may change in place.
    deletes
        Names from outside that it deletes.
    gone
        Names that it reads after having deleted them.
    late
        Names that functions defined here will read when they are called, and that the cell itself does not bind.
    definitions
        Its functions and classes, and names that carry some.
    aliases
        Pairs ``(name, other)``: at the end, both are one object, and ``other`` is from outside.
    calls
        Calls of functions from outside with names from outside.
    unknown
        What hides what the cell does.
    functions_only
        The functions of a cell that does nothing but define them (and import what they need).
    problem
        Why nothing is known of it: it is not Python.
    """

    reads: tuple[Use, ...] = ()
    builtins: tuple[Use, ...] = ()
    binds: tuple[Binding, ...] = ()
    mutates: tuple[Mutation, ...] = ()
    suspects: tuple[Mutation, ...] = ()
    deletes: tuple[Use, ...] = ()
    gone: tuple[Use, ...] = ()
    late: tuple[Use, ...] = ()
    definitions: tuple[Definition, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    calls: tuple[Call, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    functions_only: tuple[str, ...] = ()
    problem: SyntaxProblem | None = None

    @property
    def outputs(self) -> tuple[Binding, ...]:
        """What it binds that is neither import nor definition."""
        return tuple(binding for binding in self.binds if not binding.is_ambient)

    @property
    def ambient(self) -> tuple[Binding, ...]:
        """Imports and plain definitions."""
        return tuple(binding for binding in self.binds if binding.is_ambient)
