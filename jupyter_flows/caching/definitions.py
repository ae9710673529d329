"""Tokens of functions, classes, modules and tasks: what they do, not where they are.

A definition of the user's counts with its code (see `source`), its closure, its defaults, and what its code refers to
by name in its module:

- the user's own functions, classes and tasks, with what they in turn refer to;
- of the user's own modules (``import prices``), what the code takes from them (``prices.net``);
- plain data and everything else with a content hash, by its content at the time; of instances of the user's own
  classes the class's code too;
- what has none (a logger, a connection, also within a collection), by its type alone.

What belongs to the standard library or to an installed package counts by its name: an upgrade changes no token.
Not seen: what is found only while running (``getattr`` with a computed name, ``importlib``), and imports inside the
function's body. Whatever else is not seen is a local name, and so part of the code.

Definitions that reach one another in circles are numbered in the order in which they are met, from the first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

from jupyter_flows.caching.source import code_token, names_used
from jupyter_flows.caching.tokens import Unhashable, Walk, node, text, type_name

_PACKAGE = "jupyter_flows"
_CACHED = type(lru_cache(is_dataclass))  # what `lru_cache` makes
# Attributes of a class that say nothing about what it does, or say it again.
_SILENT = {
    *("__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__firstlineno__", "__static_attributes__"),
    *("__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__", "__orig_bases__"),
    *("__abstractmethods__", "_abc_impl", "__match_args__", "__parameters__"),
    *("__dataclass_fields__", "__dataclass_params__"),
}


class Reach:
    """The definitions that one definition reaches, numbered."""

    def __init__(self, first: object) -> None:
        self.found: list[object] = [first]
        self.numbers = {id(first): 0}

    def number(self, definition: object) -> int:
        """Return a definition's number; a new one will be described in its turn."""
        number = self.numbers.setdefault(id(definition), len(self.found))
        if number == len(self.found):
            self.found.append(definition)
        return number


def describe(walk: Walk, reach: Reach, *, defaults: bool) -> bytes:
    """Encode a definition with all that it reaches.

    Parameters
    ----------
    defaults
        Whether a default of the first without a content hash is refused; it counts by its type otherwise.
    """
    parts: list[bytes] = []
    for definition in reach.found:  # grows while it is read
        first = definition is reach.found[0]
        strict = _Strictness(closure=first, defaults=first and defaults)
        parts += _class(walk, definition) if isinstance(definition, type) else _function(walk, definition, strict)
    return node(b"definition", parts)


class _Strictness:
    def __init__(self, *, closure: bool, defaults: bool) -> None:
        self.closure, self.defaults = closure, defaults


def named(value: Any) -> bytes | None:
    """Return the token of what counts by its name: definitions of the library, found where their name says."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or not is_library(module):
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return text(b"name", f"{module}.{name}") if found is value else None


def is_library(module: str) -> bool:
    """Tell whether a module belongs to Python, to an installed package or to this one."""
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names or root in {"builtins", _PACKAGE}:
        return True
    path = str(getattr(sys.modules.get(module), "__file__", None) or "")
    return "/site-packages/" in path or "/dist-packages/" in path


def encode_module(_walk: Walk, value: ModuleType) -> bytes:
    """Encode a module by its name."""
    return text(b"module", value.__name__)


def encode_wrapped(walk: Walk, value: Any) -> bytes:
    """Encode a task, or a function with a cache, by the function that it stands for."""
    return node(b"wrapped", (text(b"class", type_name(type(value))), walk.token(_function_of(value))))


def is_wrapped(kind: type) -> bool:
    """Tell a task of this project, or a function with a cache."""
    ours = kind.__module__.startswith(f"{_PACKAGE}.") and "fn" in getattr(kind, "__annotations__", {})
    return ours or kind is _CACHED


def _function_of(value: Any) -> Any:
    if type(value).__module__.startswith(f"{_PACKAGE}."):
        return value.fn
    return value.__wrapped__


def encode_builtin(walk: Walk, value: Any) -> bytes:
    """Encode a function written in C: by name, and a method with what it is bound to."""
    owner = getattr(value, "__self__", None)
    token = named(value)
    if token is None and owner is not None and not isinstance(owner, ModuleType):
        return node(b"builtin", (text(b"name", value.__qualname__), walk.token(owner)))
    if token is None and isinstance(owner, ModuleType):
        return text(b"name", f"{owner.__name__}.{value.__qualname__}")
    if token is None:
        raise Unhashable(type_name(type(value)), f"{value!r} is not found under its name")
    return token


def _function(walk: Walk, function: Any, strict: _Strictness) -> Iterator[bytes]:
    code = function.__code__
    yield node(b"function", (code_token(code),))
    wrapper = hasattr(function, "__wrapped__")  # what a decorator keeps beside the function may be anything
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        yield text(b"closure", name) + _cell(walk, name, cell, strict=strict.closure and not wrapper)
    defaults = [*enumerate(function.__defaults__ or ()), *sorted((function.__kwdefaults__ or {}).items())]
    for name, value in defaults:
        yield text(b"default", str(name)) + _token(walk, value, strict=strict.defaults)
    for name, value in sorted(vars(function).items()):
        yield text(b"attribute", name) + walk.lenient_token(value)
    if not is_library(str(function.__globals__.get("__name__"))):
        yield from _references(walk, function.__globals__, *names_used(code))


def _cell(walk: Walk, name: str, cell: Any, *, strict: bool) -> bytes:
    try:
        held = cell.cell_contents
    except ValueError:  # not bound yet
        return b"unbound:0:"
    try:
        return _token(walk, held, strict=strict)
    except Unhashable as problem:
        raise Unhashable(problem.type_name, f"a function around the code binds it; {problem.why}", name) from None


def _token(walk: Walk, value: Any, *, strict: bool) -> bytes:
    return walk.token(value) if strict else walk.lenient_token(value)


def _references(
    walk: Walk, names: dict[str, Any], used: tuple[str, ...], attributes: tuple[str, ...]
) -> Iterator[bytes]:
    for name in used:
        if name in names:
            value = names[name]
            yield text(b"global", name) + walk.lenient_token(value)
            if isinstance(value, ModuleType):
                yield from _taken(walk, value, attributes, set())


def _taken(walk: Walk, module: ModuleType, attributes: tuple[str, ...], seen: set[str]) -> Iterator[bytes]:
    """Encode what a code takes from a module of the user's, and from the modules in it."""
    if module.__name__ in seen or is_library(module.__name__):
        return
    seen.add(module.__name__)
    for name in attributes:
        if name in vars(module):
            value = vars(module)[name]
            yield text(b"taken", f"{module.__name__}.{name}") + walk.lenient_token(value)
            if isinstance(value, ModuleType):
                yield from _taken(walk, value, attributes, seen)


def _class(walk: Walk, definition: type) -> Iterator[bytes]:
    yield text(b"class", definition.__qualname__)
    yield from (walk.lenient_token(base) for base in definition.__bases__)
    for name, value in sorted(vars(definition).items()):
        if name not in _SILENT:
            yield text(b"attribute", name)
            yield from (walk.lenient_token(part) for part in _unwrapped(value))
    for name, value in sorted(vars(definition).get("__annotations__", {}).items()):
        yield text(b"annotation", name) + walk.lenient_token(value)


def _unwrapped(value: Any) -> tuple[Any, ...]:
    if isinstance(value, staticmethod | classmethod):
        return (type(value).__name__, value.__func__)
    if isinstance(value, property):
        return ("property", value.fget, value.fset, value.fdel)
    return (value,)
