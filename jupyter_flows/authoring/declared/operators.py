"""Expressions over tasks of a graph: each places a node that reckons with their values when the graph runs.

What must stay Python's own stays so: ``==`` and ``!=`` compare identities (`is_equal` compares values), ``|`` orders.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow
    from jupyter_flows.authoring.declared.placed import Placed


def _and(left: Any, right: Any) -> Any:
    return left and right


def _or(left: Any, right: Any) -> Any:
    return left or right


def _binary(fn: Callable[[Any, Any], Any], sign: str) -> Callable[[Any, Any], Placed]:
    def operate(self: Operable, other: Any) -> Placed:
        node = self.placed()
        return node.graph.place_operation(fn, f"{{}} {sign} {{}}", node, other)

    return operate


def _reflected(fn: Callable[[Any, Any], Any], sign: str) -> Callable[[Any, Any], Placed]:
    def operate(self: Operable, other: Any) -> Placed:
        node = self.placed()
        return node.graph.place_operation(fn, f"{{}} {sign} {{}}", other, node)

    return operate


class Operable:
    """Something that stands for a value of a graph, and can be reckoned with before it has it."""

    __slots__ = ()
    __array_ufunc__ = None  # an array on the left leaves the operation to us, instead of trying each element
    __pandas_priority__ = 5000  # and so does a Series

    def placed(self, flow: DeclaredFlow | None = None) -> Placed:
        """Return its place in a graph: the one given, or the one whose block is open."""
        raise NotImplementedError

    __add__, __radd__ = _binary(operator.add, "+"), _reflected(operator.add, "+")
    __sub__, __rsub__ = _binary(operator.sub, "-"), _reflected(operator.sub, "-")
    __mul__, __rmul__ = _binary(operator.mul, "*"), _reflected(operator.mul, "*")
    __truediv__, __rtruediv__ = _binary(operator.truediv, "/"), _reflected(operator.truediv, "/")
    __floordiv__, __rfloordiv__ = _binary(operator.floordiv, "//"), _reflected(operator.floordiv, "//")
    __mod__, __rmod__ = _binary(operator.mod, "%"), _reflected(operator.mod, "%")
    __pow__, __rpow__ = _binary(operator.pow, "**"), _reflected(operator.pow, "**")
    __and__, __rand__ = _binary(_and, "and"), _reflected(_and, "and")
    __lt__, __le__ = _binary(operator.lt, "<"), _binary(operator.le, "<=")
    __gt__, __ge__ = _binary(operator.gt, ">"), _binary(operator.ge, ">=")

    def is_equal(self, other: Any) -> Placed:
        """Place a comparison of values."""
        return _binary(operator.eq, "==")(self, other)

    def is_not_equal(self, other: Any) -> Placed:
        """Place a comparison of values."""
        return _binary(operator.ne, "!=")(self, other)

    def or_(self, other: Any) -> Placed:
        """Place ``self or other``; the operator ``|`` orders tasks."""
        return _binary(_or, "or")(self, other)

    def not_(self) -> Placed:
        """Place ``not self``."""
        node = self.placed()
        return node.graph.place_operation(operator.not_, "not {}", node)


COMPARISONS = frozenset({operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne, operator.not_})

__all__ = ["COMPARISONS", "Operable"]
