"""Reading expressions in the order in which Python evaluates them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from jupyter_flows.cells.always_there import is_always_there
from jupyter_flows.cells.in_place import changes_of
from jupyter_flows.cells.lookup import Body, Lookup, Whose, names_among
from jupyter_flows.cells.magics import MagicUse, cell_magic_use, line_magic_use, shell_use
from jupyter_flows.cells.names import BindingKind, Call, Sureness, SyntaxProblem
from jupyter_flows.cells.paths import OUTER, Ways, joined
from jupyter_flows.cells.scopes import comprehension_scope, function_scope, parameter_names
from jupyter_flows.cells.source import CellSource, ToPython
from jupyter_flows.cells.syntax import parse

_REACHING = {"exec", "eval", "globals", "locals", "vars"}
_OF_HERE = {"locals", "vars"}  # inside a function these show the function's own names
_NAMESPACES = {"user_ns", "user_global_ns", "user_module"}
_SHELL_RUNS = {"run_cell", "run_cell_async", "ex", "ev", "push", "magic", "run_code", "del_var", "drop_by_id", "reset"}

Handler = Callable[[Any], None]


class Expressions(Lookup):
    """The part of the walk that reads expressions."""

    def __init__(self, source: CellSource, to_python: ToPython) -> None:
        super().__init__(source, to_python)
        self.discarded: ast.AST | None = None  # the call whose value nobody takes
        self.handlers: dict[type[ast.AST], Handler] = {
            ast.Name: self._name,
            ast.Constant: self._nothing,
            # These four would be read rightly without a handler; they are the most frequent, and this is quicker.
            ast.BinOp: self._binary,
            ast.keyword: self._value,
            **dict.fromkeys([ast.Tuple, ast.List], self._elements),
            **dict.fromkeys([ast.Load, ast.Store, ast.Del], self._nothing),
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Call: self._call,
            ast.Lambda: self._lambda,
            ast.NamedExpr: self._named,
            ast.BoolOp: self._either_way,
            ast.IfExp: self._conditional,
            ast.Compare: self._compare,
            **dict.fromkeys([ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp], self._comprehension),
        }

    def visit(self, node: Any) -> None:
        """Read one node; the parts of one that nothing special is known of, in the order of their fields."""
        kind: type[ast.AST] = node.__class__
        handler = self.handlers.get(kind)
        if handler is not None:
            handler(node)
        else:
            for part in ast.iter_child_nodes(node):
                self.visit(part)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Read nodes one after another; None (a missing default) is passed over."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_from(self, ways: Ways | None, node: ast.AST | None) -> Ways | None:
        """Read a node from a state, and return the state after it; nothing is read where no way leads."""
        self.ways = ways
        if ways is not None and node is not None:
            self.visit(node)
        return self.ways

    def test(self, node: ast.expr) -> tuple[Ways | None, Ways | None]:
        """Read a condition; return the states where it holds and where it does not; ``ways`` is left to the caller."""
        match node:
            case ast.BoolOp(op=op, values=values):
                return self._test_all(values, until=isinstance(op, ast.Or))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                holds, fails = self.test(operand)
                return fails, holds
            case ast.Constant(value=value):
                return (self.ways, None) if value else (None, self.ways)
            case _:
                self.visit(node)
                return self.ways, None if self.ways is None else dict(self.ways)

    def _test_all(self, values: Sequence[ast.expr], *, until: bool) -> tuple[Ways | None, Ways | None]:
        decided: list[Ways | None] = []
        for value in values:
            if self.ways is None:
                break
            holds, fails = self.test(value)
            decided.append(holds if until else fails)
            self.ways = fails if until else holds
        return (joined(decided), self.ways) if until else (self.ways, joined(decided))

    def _nothing(self, node: ast.AST) -> None:
        pass

    def _binary(self, node: ast.BinOp) -> None:
        self.visit(node.left)
        self.visit(node.right)

    def _value(self, node: ast.keyword) -> None:
        self.visit(node.value)

    def _elements(self, node: ast.Tuple | ast.List) -> None:
        for element in node.elts:
            self.visit(element)

    def _name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.load(node.id, node)
        elif isinstance(node.ctx, ast.Store):
            self.store(node.id, node)
        else:
            self.delete(node.id, node)

    def _attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        if node.attr in _NAMESPACES:
            self.hide(f".{node.attr}", node)
        self._stored_into(node, f".{node.attr}")

    def _subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        self.visit(node.slice)
        self._stored_into(node, "[…]")

    def _stored_into(self, node: ast.Attribute | ast.Subscript, part: str) -> None:
        if isinstance(node.ctx, ast.Store):
            self.mutate(node.value, node, f"{part} =")
        elif isinstance(node.ctx, ast.Del):
            self.mutate(node.value, node, f"del {part}")

    def _named(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.store(node.target.id, node)

    def _either_way(self, node: ast.expr) -> None:
        self.ways = joined(self.test(node))

    def _conditional(self, node: ast.IfExp) -> None:
        holds, fails = self.test(node.test)
        self.ways = joined([self.visit_from(holds, node.body), self.visit_from(fails, node.orelse)])

    def _compare(self, node: ast.Compare) -> None:
        self.visit(node.left)
        self.visit(node.comparators[0])
        for comparator in node.comparators[1:]:  # `a < b < c` looks at c only when a < b
            before = dict(self.ways or {})
            self.visit(comparator)
            self.ways = joined([before, self.ways])

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        first, *others = node.generators
        self.visit(first.iter)  # in the scope around
        before = dict(self.ways or {})
        self.scopes.append(comprehension_scope(node.generators))
        self._conditions(first)
        for generator in others:
            self._visit_on_way(generator.iter)
            self._conditions(generator)
        for element in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self._visit_on_way(element)
        self.scopes.pop()
        self.ways = joined([before, self.ways])

    def _conditions(self, generator: ast.comprehension) -> None:
        for condition in generator.ifs:
            if self.ways is not None:
                self.ways, _ = self.test(condition)

    def _visit_on_way(self, node: ast.AST) -> None:
        if self.ways is not None:
            self.visit(node)

    def _lambda(self, node: ast.Lambda) -> None:
        outer = self.body
        self.body = outer or Body("lambda", self.at(node)[0], parameter_names(node.args))
        if outer is None:
            self.found.nameless.append(self.body)
        self._read_lambda(node)
        self.body = outer

    def _called_lambda(self, node: ast.Lambda) -> None:
        """Read a lambda that is called, or given to a call: what takes a function mostly calls it at once."""
        if self.is_in_function():
            self._read_lambda(node)
            return
        outer, self.body = self.body, Body("lambda", self.at(node)[0], parameter_names(node.args))
        self._read_lambda(node)
        mine, self.body = self.body, outer
        self.run_body(mine)

    def _read_lambda(self, node: ast.Lambda) -> None:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        with self.later(function_scope(node.args, [node.body])):
            self.visit(node.body)

    def _call(self, node: ast.Call) -> None:
        if (use := self._magic_use(node)) is not None:
            self._apply_magic(use, node)
            return
        discarded = self.discarded is node
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        for part in (node.func, *given):
            if isinstance(part, ast.Lambda):
                self._called_lambda(part)
            else:
                self.visit(part)
        self._dynamic(node)
        for name in names_among([node.func, *given]):
            self.run(name)
        self._note_call(node)
        for change in changes_of(node, discarded=discarded):
            self.mutate(change.target, node, change.how, change.sureness)

    def _dynamic(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        place = self.place_of(name)
        if place is Whose.OWN or (place is Whose.NOW and not self.standing(name) & OUTER):
            return
        if name == "__import__":
            self.hide("__import__()", node, reaches=False)
        elif name in _REACHING and (place is Whose.NOW or name not in _OF_HERE) and not (name == "vars" and node.args):
            self.hide(f"{name}()", node)

    def _note_call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name) or self.place_of(node.func.id) is not Whose.NOW:
            return
        function = node.func.id
        pairs: list[tuple[int | str, ast.expr]] = [*enumerate(node.args)]
        pairs += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
        named = [(where, value) for where, value in pairs if isinstance(value, ast.Name)]
        for body in self.found.bodies.get(function, ()):
            for where, value in named:
                parameter = where if isinstance(where, str) else (*body.parameters, *[""] * where, "")[where]
                if parameter in body.changes:
                    self.mutate(value, node, f"{function}()", Sureness.KNOWN)
        outside = tuple((where, value.id) for where, value in named if self._is_from_outside(value.id))
        if outside and self.standing(function) & OUTER and not is_always_there(function):
            self.found.calls.setdefault(Call(function, self.at(node)[0], outside))

    def _is_from_outside(self, name: str) -> bool:
        return self.place_of(name) is Whose.NOW and bool(self.standing(name) & OUTER)

    def _magic_use(self, node: ast.Call) -> MagicUse | None:
        called = node.func
        if not isinstance(called, ast.Attribute) or not is_shell(called.value):
            return None
        words = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
        match called.attr, words:
            case (("system" | "getoutput" | "system_raw" | "system_piped"), [str(command)]):
                return shell_use(command)
            case "run_line_magic", [str(name), str(line), *_]:
                return line_magic_use(name, line)
            case "run_cell_magic", [str(name), str(line), str(body)]:
                return cell_magic_use(name, line, body)
            case attr, _ if attr in _SHELL_RUNS or attr.startswith("run_"):
                return MagicUse(unknown=f"get_ipython().{attr}()")
            case _:
                return None

    def _apply_magic(self, use: MagicUse, node: ast.Call) -> None:
        before = set(self.found.reads)
        for expression in use.expressions:
            self._nested(expression, node, in_body=False)
        for name in self.found.reads.keys() - before:  # what has no such name is left as it is: `$HOME`
            self.found.reads[name] = replace(self.found.reads[name], maybe=True)
        if use.code.strip():
            self._nested(use.code, node, in_body=use.in_body, scratch=use.scratch)
        with self.bound_as(BindingKind.MAGIC):
            for name in use.binds:
                self.store(name, node)
        if use.unknown:
            self.hide(use.unknown, node, reaches=use.reaches)

    def _nested(self, code: str, node: ast.AST, *, in_body: bool, scratch: bool = False) -> None:
        nested = self.to_python(code)
        tree = parse(nested)
        if isinstance(tree, SyntaxProblem):
            return  # a word in braces that is no expression is left to the shell as it is
        base, _ = self.at(node)
        count = range(1, nested.python.count("\n") + 2)
        outer, self.source = (
            self.source,
            CellSource("", tuple(base + nested.line(n) if in_body else base for n in count)),
        )
        if scratch:
            self._run_apart(tree)
        else:
            self.visit_all(tree.body)
        self.source = outer

    def _run_apart(self, tree: ast.Module) -> None:
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        outer = self.body
        self.body = outer or Body("%timeit", 1)
        with self.later(function_scope(nothing, tree.body)):
            self.visit_all(tree.body)
        mine, self.body = self.body, outer
        if outer is None:
            self.run_body(mine)


def is_shell(node: ast.AST) -> bool:
    """Whether an expression is ``get_ipython()``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_ipython"
