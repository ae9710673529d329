"""What changes a value in place: known methods, known functions, and what only looks like it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from jupyter_flows.cells.names import Sureness

# Methods that change what they are called on, whatever is done with their value. Sources: the built-in containers,
# collections.deque, arrays, estimators with the fit/predict convention, optimizers and modules of network libraries.
_METHODS = frozenset(
    {
        *("append", "appendleft", "extend", "extendleft", "insert", "pop", "popitem", "popleft", "clear", "sort"),
        *("reverse", "rotate", "setdefault", "discard", "difference_update", "intersection_update"),
        *("symmetric_difference_update", "itemset", "setflags", "fit", "fit_transform", "partial_fit", "set_params"),
        *("load_state_dict", "zero_grad", "__setitem__", "__setattr__", "__delitem__", "__delattr__", "seed"),
    }
)
# Methods that change what they are called on only where nobody takes their value: `df.add(1)` gives a new frame.
_DISCARDED = frozenset(
    {
        *("add", "update", "remove", "fill", "put", "resize", "step", "backward", "shuffle", "subtract", "train"),
        *("eval", "add_edge", "add_node", "add_edges_from"),
        *("add_nodes_from", "remove_node", "remove_edge", "executemany", "execute", "commit", "put_nowait", "push"),
        *("set_title", "set_xlabel", "set_ylabel", "plot", "scatter", "bar", "hist", "imshow", "legend"),
    }
)
# Function -> which of its arguments it changes, by position.
_FUNCTIONS = {
    **dict.fromkeys(["setattr", "delattr", "next"], 0),
    **dict.fromkeys(["shuffle", "heappush", "heappop", "heapify", "heapreplace", "heappushpop", "insort"], 0),
    **dict.fromkeys(["insort_left", "insort_right", "copyto", "fill_diagonal", "putmask"], 0),
}
# Calls whose value is often left and that change nothing a later cell could see of what they are called on.
_INNOCENT = frozenset(
    {
        *("show", "head", "tail", "info", "describe", "display", "print", "log", "debug", "warning", "error", "close"),
        *("exception", "critical", "flush", "join", "wait", "result", "start", "sleep", "mkdir", "unlink", "touch"),
    }
)
_INNOCENT_STARTS = ("to_", "save", "write", "print", "assert", "get", "is_", "has_", "show", "dump", "read")


@dataclass(frozen=True, slots=True)
class Change:
    """A change that a call makes.

    Parameters
    ----------
    target
        The expression whose value changes.
    how
        What does it, as a person would write it.
    """

    target: ast.expr
    how: str
    sureness: Sureness


def root_of(node: ast.expr) -> ast.Name | None:
    """The name that an expression such as ``a.b[0].c`` starts from; None where it starts from something else."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def changes_of(call: ast.Call, *, discarded: bool) -> list[Change]:
    """Judge a call by the names in it.

    Parameters
    ----------
    discarded
        Whether nobody takes its value, and it is not the last of the cell (whose value is shown).
    """
    found = [
        Change(keyword.value, "out=", Sureness.KNOWN)
        for keyword in call.keywords
        if keyword.arg == "out" and isinstance(keyword.value, ast.Name)
    ]
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    position = _FUNCTIONS.get(name)
    if position is not None and len(call.args) > position:
        found.append(Change(call.args[position], f"{name}()", Sureness.KNOWN))
    elif isinstance(call.func, ast.Attribute) and (sureness := _by_method(call, name, discarded=discarded)):
        how = f".{name}(inplace=True)" if _is_in_place(call) else f".{name}()"
        found.append(Change(call.func.value, how, sureness))
    return found


def _by_method(call: ast.Call, name: str, *, discarded: bool) -> Sureness | None:
    if name in _METHODS or _is_in_place(call):
        return Sureness.KNOWN
    if not discarded:
        return None
    if name in _DISCARDED:
        return Sureness.KNOWN
    is_innocent = name in _INNOCENT or name.startswith(_INNOCENT_STARTS)
    return None if is_innocent else Sureness.SUSPECTED


def _is_in_place(call: ast.Call) -> bool:
    return any(
        keyword.arg == "inplace" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in call.keywords
    )
