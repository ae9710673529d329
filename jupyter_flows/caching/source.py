"""What a function's own code is, without what does not change what it does.

Where the source can be found it is the syntax tree that counts: without comments, layout, docstrings and the
decorators of the function itself. The source is believed only when it compiles to the very code that runs: a file that
was edited after its import, or a cell that is gone, does not pass. Then, as for a lambda, the bytecode counts, which is
the same in every process of one Python version.
"""

from __future__ import annotations

import ast
import copy
import dis
import linecache
import warnings
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import Any

from jupyter_flows.caching.tokens import node, text

_Definition = ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache(maxsize=4096)
def code_token(code: CodeType) -> bytes:
    """Return the token of a function's code; equal for equal code in any process."""
    definition = _definition(code)
    if definition is None:
        return _bytecode(code)
    return text(b"source", ast.dump(definition))


def _definition(code: CodeType) -> _Definition | None:
    """Find the syntax tree of exactly this code."""
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename)
    if not lines or code.co_name == "<lambda>":
        return None
    found = _definitions("".join(lines), code.co_filename).get((code.co_name, code.co_firstlineno))
    return found[0] if found is not None and found[1] == code else None


@lru_cache(maxsize=32)
def _definitions(source: str, filename: str) -> dict[tuple[str, int], tuple[_Definition, CodeType]]:
    """Parse and compile a whole file: its functions by name and first line, those that share both left out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the file's own warnings were given at its import
            codes = _by_place(_codes(compile(source, filename, "exec", dont_inherit=True)))
            tree = _without_docstrings(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[tuple[str, int], tuple[_Definition, CodeType]] = {}
    for each in ast.walk(tree):
        if isinstance(each, _Definition):
            place = each.name, min([each.lineno, *(decorator.lineno for decorator in each.decorator_list)])
            if (code := codes.get(place)) is not None:
                definition = copy.copy(each)  # what decorates it is not its own code, but is part of what it stands in
                definition.decorator_list = []
                found[place] = definition, code
    return found


def _by_place(codes: Iterator[CodeType]) -> dict[tuple[str, int], CodeType]:
    found: dict[tuple[str, int], CodeType | None] = {}
    for code in codes:
        place = code.co_name, code.co_firstlineno
        found[place] = None if place in found else code
    return {place: code for place, code in found.items() if code is not None}


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for each in ast.walk(tree):
        if isinstance(each, _Definition | ast.ClassDef) and ast.get_docstring(each, clean=False) is not None:
            each.body = each.body[1:] or [ast.Pass()]
    return tree


def _bytecode(code: CodeType) -> bytes:
    facts = (
        code.co_name,
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_flags,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_exceptiontable,
    )
    constants = (_constant(constant) for constant in code.co_consts)
    return node(b"bytecode", (*(text(b"fact", repr(fact)) for fact in facts), *constants))


def _constant(value: Any) -> bytes:
    if isinstance(value, CodeType):
        return _bytecode(value)
    if isinstance(value, frozenset):
        return node(b"frozenset", sorted(map(_constant, value)))
    if isinstance(value, tuple):
        return node(b"tuple", map(_constant, value))
    return text(b"constant", f"{type(value).__name__} {value!r}")


@lru_cache(maxsize=4096)
def names_used(code: CodeType) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the global names that a code and the codes in it read, and the attribute names that they read."""
    names: set[str] = set()
    attributes: set[str] = set()
    for each in (code, *_codes(code)):
        for instruction in dis.get_instructions(each):
            if instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}:
                names.add(instruction.argval)
            elif instruction.opname.startswith(("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM")):
                attributes.add(instruction.argval)
    return tuple(sorted(names)), tuple(sorted(attributes))
