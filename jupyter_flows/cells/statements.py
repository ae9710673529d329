"""Reading statements along every way through them."""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from sys import version_info
from typing import Any

from jupyter_flows.cells.expressions import Expressions
from jupyter_flows.cells.lookup import Body, names_among
from jupyter_flows.cells.names import BindingKind, Sureness
from jupyter_flows.cells.paths import GONE, Ways, joined
from jupyter_flows.cells.scopes import Scope, ScopeKind, class_scope, function_scope, parameter_names
from jupyter_flows.cells.source import CellSource, ToPython

_LAZY_ANNOTATIONS = version_info >= (3, 14)  # PEP 649: evaluated when somebody asks

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class _Loop:
    breaks: list[Ways | None] = field(default_factory=list[Ways | None])
    continues: list[Ways | None] = field(default_factory=list[Ways | None])


class Statements(Expressions):
    """The whole walk: statements, and the expressions in them."""

    def __init__(self, source: CellSource, to_python: ToPython) -> None:
        super().__init__(source, to_python)
        self.ends: list[Ways | None] = []  # where a `raise` of the cell's own leaves it
        self._loops: list[_Loop] = []
        self._last: ast.AST | None = None
        self._numbers = count(1)
        self._lazy = _LAZY_ANNOTATIONS
        self.handlers |= {
            ast.Expr: self._expression,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.If: self._if,
            ast.While: self._while,
            **dict.fromkeys([ast.For, ast.AsyncFor], self._for),
            **dict.fromkeys([ast.With, ast.AsyncWith], self._with),
            **dict.fromkeys([ast.Try, ast.TryStar], self._try),
            ast.Match: self._match,
            **dict.fromkeys([ast.MatchAs, ast.MatchStar], self._capture),
            ast.MatchMapping: self._mapping,
            **dict.fromkeys([ast.FunctionDef, ast.AsyncFunctionDef], self._function),
            ast.ClassDef: self._class,
            ast.Assert: self._assert,
            **dict.fromkeys([ast.Raise, ast.Return], self._leave),
            ast.Break: self._break,
            ast.Continue: self._continue,
        }
        if (type_alias := getattr(ast, "TypeAlias", None)) is not None:  # Python 3.12
            self.handlers[type_alias] = self._type_alias

    def read(self, tree: ast.Module) -> None:
        """Read a whole cell."""
        self._last = tree.body[-1] if tree.body else None
        self.block(tree.body)

    def block(self, statements: Iterable[ast.stmt]) -> None:
        """Read statements up to where no way leads any further."""
        for statement in statements:
            if self.ways is None:
                return
            self.visit(statement)

    def _expression(self, node: ast.Expr) -> None:
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        self.discarded = None if node is self._last else value
        self.visit(node.value)
        self.discarded = None

    def _assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        kind = BindingKind.CONSTANT if isinstance(node.value, ast.Constant) else BindingKind.ASSIGN
        carried = list(self._carried(node.value)) if self._is_in_cell() else []
        self.kind = kind
        self.visit_all(node.targets)
        self.kind = BindingKind.ASSIGN
        for target in node.targets:
            self._link(target, node.value, carried)

    def _link(self, target: ast.expr, value: ast.expr, carried: list[Body]) -> None:
        """Remember what a target of the cell is another name of, and which functions it carries."""
        if not self._is_in_cell():
            return
        if isinstance(target, ast.Name):
            self.found.bodies.pop(target.id, None)
            if carried:
                self.found.bodies[target.id] = carried
            self.alias(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            same = len(target.elts) == len(value.elts)
            for each, part in zip(target.elts, value.elts, strict=True) if same else ():
                self._link(each, part, list(self._carried(part)))

    def _carried(self, value: ast.expr) -> Iterator[Body]:
        match value:
            case ast.Name(id=name):
                yield from self.found.bodies.get(name, ())
            case ast.Lambda():
                yield from (body for body in self.found.nameless[-1:])
            case ast.Call(func=ast.Name(id="partial") | ast.Attribute(attr="partial"), args=[first, *_]):
                yield from self._carried(first)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts):
                yield from (body for part in parts for body in self._carried(part))
            case _:
                return

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            kind = BindingKind.CONSTANT if isinstance(node.value, ast.Constant) else BindingKind.ASSIGN
            carried = list(self._carried(node.value)) if self._is_in_cell() else []
            with self.bound_as(kind):
                self.visit(node.target)
            self._link(node.target, node.value, carried)
        elif not isinstance(node.target, ast.Name):
            self.visit(node.target.value)
        if not self.is_in_function():
            self._annotations([node.annotation])

    def _annotations(self, nodes: Iterable[ast.AST | None]) -> None:
        if not self._lazy:
            self.visit_all(nodes)

    def _augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            self.load(target.id, target)
            self.visit(node.value)
            self.mutate(target, node, "augmented assignment", Sureness.KNOWN)
            self.store(target.id, target)
        else:
            self.visit(target)
            self.visit(node.value)

    def _import(self, node: ast.Import) -> None:
        with self.bound_as(BindingKind.IMPORT):
            for alias in node.names:
                self.store(alias.asname or alias.name.partition(".")[0], node)

    def _import_from(self, node: ast.ImportFrom) -> None:
        if node.module == "__future__":
            self._lazy = self._lazy or any(alias.name == "annotations" for alias in node.names)
        with self.bound_as(BindingKind.IMPORT):
            for alias in node.names:
                if alias.name == "*":
                    self.hide(f"from {'.' * node.level}{node.module or ''} import *", node)
                else:
                    self.store(alias.asname or alias.name, node)

    def _if(self, node: ast.If) -> None:
        holds, fails = self.test(node.test)
        self.ways = holds
        self.block(node.body)
        after, self.ways = self.ways, fails
        self.block(node.orelse)
        self.ways = joined([after, self.ways])

    @contextmanager
    def _looping(self) -> Generator[_Loop]:
        loop = _Loop()
        self._loops.append(loop)
        yield loop
        self._loops.pop()

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        before = None if _has_elements(node.iter) else dict(self.ways or {})
        with self._looping() as loop:
            with self.bound_as(BindingKind.LOOP):
                self.visit(node.target)
            if isinstance(node.target, ast.Name) and self._is_in_cell():
                self.alias(node.target.id, node.iter)
            self.block(node.body)
            self.ways = joined([before, self.ways, *loop.continues])
        self.block(node.orelse)
        self.ways = joined([self.ways, *loop.breaks])

    def _while(self, node: ast.While) -> None:
        holds, fails = self.test(node.test)
        with self._looping() as loop:
            self.ways = holds
            self.block(node.body)
            ended = None if fails is None else joined([self.ways, *loop.continues])
            self.ways = joined([fails, ended])
        self.block(node.orelse)
        self.ways = joined([self.ways, *loop.breaks])

    def _break(self, node: ast.Break) -> None:
        self._loops[-1].breaks.append(self.ways)
        self.ways = None

    def _continue(self, node: ast.Continue) -> None:
        self._loops[-1].continues.append(self.ways)
        self.ways = None

    def _leave(self, node: ast.Raise | ast.Return) -> None:
        self.visit_all(ast.iter_child_nodes(node))
        if not self.is_in_function():
            self.ends.append(self.ways)
        self.ways = None

    def _assert(self, node: ast.Assert) -> None:
        holds, fails = self.test(node.test)
        self.visit_from(fails, node.msg)
        self.ways = holds

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                with self.bound_as(BindingKind.WITH):
                    self.visit(item.optional_vars)
        if not any(_swallows(item.context_expr) for item in node.items):
            self.block(node.body)
            return
        with self._catching() as caught:
            self.block(node.body)
        self.ways = joined([self.ways, caught])

    @contextmanager
    def _catching(self) -> Generator[Ways]:
        caught = dict(self.ways or {})
        self.caught.append(caught)
        yield caught
        self.caught.pop()

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        with self._catching() as anything:
            with self._catching() as caught:
                self.block(node.body)
            self.block(node.orelse)
            ends = [self.ways, *(self._handled(handler, caught) for handler in node.handlers)]
        self.ways = joined(ends)
        if node.finalbody:
            after, self.ways = self.ways, anything  # on its way out of an exception it may come from anywhere
            self.block(node.finalbody)
            self.ways = after
            self.block(node.finalbody)

    def _handled(self, handler: ast.ExceptHandler, caught: Ways) -> Ways | None:
        self.ways = dict(caught)
        if handler.type is not None:
            self.visit(handler.type)
        if handler.name is not None:
            with self.bound_as(BindingKind.EXCEPT):
                self.store(handler.name, handler)
        self.block(handler.body)
        if handler.name is not None and self._is_in_cell():
            self.stand(handler.name, GONE)  # Python deletes it at the end of the handler
        return self.ways

    def _match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        ends: list[Ways | None] = []
        left = self.ways
        for case in node.cases:
            if left is None:
                break
            self.ways = dict(left)
            with self.bound_as(BindingKind.MATCH):
                self.visit(case.pattern)
            holds, fails = (self.ways, None) if case.guard is None else self.test(case.guard)
            self.ways = holds
            self.block(case.body)
            ends.append(self.ways)
            left = joined([None if _always_matches(case.pattern) else left, fails])
        self.ways = joined([*ends, left])

    def _capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if isinstance(node, ast.MatchAs) and node.pattern is not None:
            self.visit(node.pattern)
        if node.name is not None:
            self.store(node.name, node)

    def _mapping(self, node: ast.MatchMapping) -> None:
        self.visit_all([*node.keys, *node.patterns])
        if node.rest is not None:
            self.store(node.rest, node)

    @contextmanager
    def _defining(self, node: Any, parameters: tuple[str, ...]) -> Generator[Body]:
        """A function, class or alias is being defined: what it does late belongs to it, or to the one around it."""
        outer = self.body
        self.body = outer or Body(
            node.name if isinstance(node.name, str) else node.name.id, self.at(node)[0], parameters
        )
        self.watching.append(self.body.now)
        types = getattr(node, "type_params", [])  # Python 3.12
        if types:
            self.scopes.append(Scope(ScopeKind.TYPES, {each.name for each in types}))
            self.visit_all(types)
        yield self.body
        if types:
            self.scopes.pop()
        self.watching.pop()
        self.body = outer

    def _defined(self, node: Any, body: Body, kind: BindingKind) -> None:
        name = node.name if isinstance(node.name, str) else node.name.id
        with self.bound_as(kind):
            self.store(name, node)
        if self._is_in_cell():
            self.found.bodies.setdefault(name, []).append(body)

    def _function(self, node: _Function) -> None:
        self._decorators(node.decorator_list)
        with self._defining(node, parameter_names(node.args)) as body:
            body.now.update(_names_in(node.decorator_list))
            self.visit_all([*node.args.defaults, *node.args.kw_defaults])
            self._annotations([*(each.annotation for each in _parameters(node.args)), node.returns])
            with self.later(function_scope(node.args, node.body)):
                loops, self._loops = self._loops, []
                self.block(node.body)
                self._loops = loops
        self._defined(node, body, BindingKind.FUNCTION)

    def _decorators(self, nodes: list[ast.expr]) -> None:
        self.visit_all(nodes)
        for name in names_among(nodes):
            self.run(name)

    def _class(self, node: ast.ClassDef) -> None:
        self._decorators(node.decorator_list)
        with self._defining(node, ()) as body:
            body.now.update(_names_in(node.decorator_list))
            self.visit_all([*node.bases, *node.keywords])
            scope = class_scope(node.body, f"{next(self._numbers)}.")
            self.scopes.append(scope)
            for name in ("__module__", "__qualname__"):
                self.store(name, node)
            self.block(node.body)
            self.scopes.pop()
        if self.ways is not None:
            self.ways = {name: way for name, way in self.ways.items() if not name.startswith(scope.prefix)}
        self._defined(node, body, BindingKind.CLASS)

    def _type_alias(self, node: Any) -> None:
        with self._defining(node, ()) as body, self.later(Scope(ScopeKind.FUNCTION)):
            self.visit(node.value)
        self._defined(node, body, BindingKind.CLASS)

    def _is_in_cell(self) -> bool:
        return len(self.scopes) == 1


def _names_in(nodes: Iterable[ast.AST]) -> set[str]:
    return {each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)}


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    stars = [star for star in (arguments.vararg, arguments.kwarg) if star is not None]
    return [*arguments.posonlyargs, *arguments.args, *stars, *arguments.kwonlyargs]


def _has_elements(node: ast.expr) -> bool:
    """Whether a loop over this runs at least once."""
    if isinstance(node, ast.List | ast.Tuple):
        return any(not isinstance(element, ast.Starred) for element in node.elts)
    return False


def _swallows(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) in {"suppress", "raises"}


def _always_matches(pattern: ast.pattern) -> bool:
    match pattern:
        case ast.MatchAs(pattern=inner):
            return inner is None or _always_matches(inner)
        case ast.MatchOr(patterns=patterns):
            return any(_always_matches(each) for each in patterns)
        case _:
            return False
