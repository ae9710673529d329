"""From what a caller gave to what an annotation, or a default, asks for. Annotations are read, never executed."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import reduce
from operator import or_
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NoReturn, get_args, get_origin
from uuid import UUID


class _Unknown(Exception):
    """An annotation that says nothing to us, such as a class of the notebook's own."""


def coerce(value: object, annotation: str | None, default: object = None) -> object:
    """Return ``value`` as the type that is asked for.

    Parameters
    ----------
    value
        Text as typed, or any Python value.
    annotation
        The annotation's source, or None.
    default
        A literal default; its type counts where there is no annotation that is understood.

    Raises
    ------
    ValueError
        The value does not fit; the message says what was wanted.
    """
    wanted = annotated_type(annotation)
    if wanted is Any and annotation is None:
        wanted = _type_of_default(default)
    if wanted is Any:
        return _guessed(value) if isinstance(value, str) and annotation is None else value
    return _validated(value, wanted, annotation or type(default).__name__)


def annotated_type(annotation: str | None) -> Any:
    """The type that an annotation names; ``Any`` where it says nothing to us."""
    return _resolved(annotation)


def choices_of(annotation: str | None) -> tuple[object, ...]:
    """The values of a ``Literal`` annotation, also inside ``Optional`` and ``| None``; else none."""
    return _literal_values(_resolved(annotation))


def _validated(value: object, wanted: Any, shown: str) -> object:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(_strictly(wanted)).validate_python(value)
    except ValidationError as error:
        raise ValueError(_explained(value, wanted, shown, error.errors(include_url=False))) from None


def _explained(value: object, wanted: Any, shown: str, errors: list[Any]) -> str:
    choices = _literal_values(wanted)
    if choices:
        return f"{_short(value)} is none of {', '.join(map(repr, choices))}"
    example = ', such as ["a", "b"]' if get_origin(wanted) is list or wanted is list else ""
    where = ".".join(str(part) for part in errors[0]["loc"] if isinstance(part, int))
    at = f" (at position {where})" if where else ""
    return f"{_short(value)} is not {shown}{example}{at}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# --- which type is asked for -------------------------------------------------------------------------------------


def _type_of_default(default: object) -> Any:
    if type(default) is int:
        return int | float  # `threshold = 1` says a number, not a whole one
    if type(default) in (bool, float, str, list, dict):
        return type(default)
    return list if type(default) is tuple else Any


def _resolved(annotation: str | None) -> Any:
    if annotation is None:
        return Any
    try:
        return _from_node(ast.parse(annotation.strip(), mode="eval").body)
    except (_Unknown, SyntaxError, TypeError, ValueError):
        return Any


_PLAIN: Mapping[str, Any] = {
    "int": int, "float": float, "bool": bool, "str": str, "None": None, "object": Any, "Any": Any,
    "list": list, "List": list, "Sequence": list, "Iterable": list, "tuple": tuple, "Tuple": tuple,
    "set": set, "Set": set, "frozenset": frozenset, "bytes": bytes,
    "dict": dict, "Dict": dict, "Mapping": dict,
    "date": date, "datetime": datetime, "time": time, "Path": Path, "Decimal": Decimal, "UUID": UUID,
}  # fmt: skip


_CONTAINERS: tuple[Any, ...] = (list, tuple, dict, set, frozenset)


def _from_node(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=str() as text):
            return _from_node(ast.parse(text, mode="eval").body)
        case ast.Name() | ast.Attribute():
            return _named(_dotted(node))
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _union([_from_node(left), _from_node(right)])
        case ast.Subscript(value=base, slice=inner):
            return _subscripted(_dotted(base).rpartition(".")[2], inner)
        case _:
            raise _Unknown


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    raise _Unknown


def _named(name: str) -> Any:
    module, _, last = name.rpartition(".")
    if module not in ("", "typing", "t", "datetime", "dt", "pathlib", "collections.abc", "decimal", "uuid"):
        raise _Unknown
    if last not in _PLAIN:
        raise _Unknown
    return _PLAIN[last]


def _subscripted(name: str, inner: ast.expr) -> Any:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Literal":
        return Literal[tuple(ast.literal_eval(part) for part in parts)]
    if name == "Annotated":
        return _from_node(parts[0])
    if name == "Optional":
        return _union([_from_node(parts[0]), None])
    if name == "Union":
        return _union([_from_node(part) for part in parts])
    base: Any = _named(name)
    if base not in _CONTAINERS:
        raise _Unknown
    return base[tuple(... if _is_ellipsis(part) else _from_node(part) for part in parts)]


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _union(types: list[Any]) -> Any:
    return Any if Any in types else reduce(or_, types)


# --- how text becomes it ------------------------------------------------------------------------------------------


def _strictly(wanted: Any) -> Any:
    """The same type with our own ways from text put before pydantic's, at every depth."""
    from pydantic import BeforeValidator

    origin, parts = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return Annotated[wanted, BeforeValidator(_literal_from(parts))]
    if NoneType in parts or _is_union(wanted):
        inner = reduce(or_, [_strictly(part) for part in parts])
        return inner if str in parts else Annotated[inner, BeforeValidator(_none_from)]
    container: Any = origin or wanted
    if container in _CONTAINERS:
        typed = container[tuple(part if part is ... else _strictly(part) for part in parts)] if parts else container
        return Annotated[typed, BeforeValidator(_structure_from)]
    rule = _SCALARS.get(wanted)
    return Annotated[wanted, BeforeValidator(rule)] if rule else wanted


def _is_union(wanted: Any) -> bool:
    return type(wanted).__name__ in ("UnionType", "Union", "_UnionGenericAlias")


def _literal_values(wanted: Any) -> tuple[object, ...]:
    parts = get_args(wanted)
    if get_origin(wanted) is Literal:
        return parts
    named = [part for part in parts if get_origin(part) is Literal]
    return get_args(named[0]) if named and len(parts) - (NoneType in parts) == 1 else ()


def _literal_from(choices: tuple[object, ...]) -> Callable[[object], object]:
    by_text = {str(choice): choice for choice in choices}
    return lambda value: value if value in choices else by_text.get(value, value) if isinstance(value, str) else value


def _none_from(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in ("none", "null") else value


def _structure_from(value: object) -> object:
    return _parsed(value, value) if isinstance(value, str) else value


def _misfit(why: str) -> NoReturn:
    # pydantic collects ValueErrors; a TypeError would pass through it.
    raise ValueError(why)


def _no_bool(value: object) -> object:
    # A bool is an int to Python and pydantic; to a reader of `n=True` it is a mistake.
    if isinstance(value, bool):
        _misfit("a bool is no number")
    return value


def _only_bool_or_text(value: object) -> object:
    if not isinstance(value, bool | str):
        _misfit("neither true nor false")
    return value


def _iso(kind: type[date] | type[time]) -> Callable[[object], object]:
    # pydantic reads "5" as a moment in 1970: only ISO text and the types themselves are meant.
    def read(value: object) -> object:
        if isinstance(value, str):
            return kind.fromisoformat(value.strip())
        if not isinstance(value, date | time):
            _misfit("not an ISO date or time")
        return value

    return read


_SCALARS: Mapping[Any, Callable[[object], object]] = {
    int: _no_bool,
    float: _no_bool,
    bool: _only_bool_or_text,
    date: _iso(date),
    datetime: _iso(datetime),
    time: _iso(time),
}


def _guessed(text: str) -> object:
    """A literal where the text is one, else the text itself: nothing says what is wanted."""
    named = {"true": True, "false": False, "none": None, "null": None}
    if text.strip().lower() in named:
        return named[text.strip().lower()]
    return _parsed(text, text)


def _parsed(text: str, otherwise: object) -> object:
    try:
        return json.loads(text)
    except ValueError:
        pass
    except RecursionError:
        return otherwise
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return otherwise
