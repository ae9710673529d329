"""Analysing a cell: which names it needs, gives and changes, told from its source alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from jupyter_flows.cells.always_there import is_always_there
from jupyter_flows.cells.lookup import Body, Found
from jupyter_flows.cells.names import Binding, CellNames, Definition, Sureness, SyntaxProblem, Unknown, Use
from jupyter_flows.cells.paths import HERE, OUTER, Ways, joined
from jupyter_flows.cells.source import CellSource, ToPython, as_written
from jupyter_flows.cells.statements import Statements
from jupyter_flows.cells.syntax import parse

# Statements that may stand beside the functions of a cell that only defines functions.
_BESIDE_FUNCTIONS = (ast.Import, ast.ImportFrom)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def analyse(source: str | CellSource, to_python: ToPython = as_written) -> CellNames:
    """Find out what a cell does with names, without running it.

    Parameters
    ----------
    source
        The cell; text is brought into Python first.
    to_python
        How IPython's own syntax becomes Python, also inside magics such as ``%%time``. By default text is taken for
        Python as it stands.

    Returns
    -------
    CellNames
        For a cell that is not Python, one that has only its `problem`. What is nested too deeply to be read is
        `unknown`.
    """
    cell = to_python(source) if isinstance(source, str) else source
    tree = parse(cell)
    if isinstance(tree, SyntaxProblem):
        return CellNames(problem=tree)
    walk = Statements(cell, to_python)
    try:
        walk.read(tree)
    except RecursionError:
        return CellNames(unknown=(Unknown("code that is nested too deeply", 1),))
    return _told(walk, _functions_only(tree))


def _told(walk: Statements, functions_only: tuple[str, ...]) -> CellNames:
    found = walk.found
    ways = walk.ways if walk.ways is not None else joined(walk.ends) or {}
    definitions = tuple(_definition(name, bodies) for name, bodies in found.bodies.items())
    bodies = [*(body for several in found.bodies.values() for body in several), *found.nameless]
    changed = found.mutations.values()
    return CellNames(
        reads=tuple(use for use in found.reads.values() if not is_always_there(use.name)),
        builtins=tuple(use for use in found.reads.values() if is_always_there(use.name)),
        binds=_binds(found, ways),
        mutates=tuple(each for each in changed if each.sureness is not Sureness.SUSPECTED),
        suspects=tuple(each for each in changed if each.sureness is Sureness.SUSPECTED),
        deletes=tuple(found.deletes.values()),
        gone=tuple(found.gone.values()),
        late=_late(bodies, ways),
        definitions=definitions,
        aliases=_aliases(walk, ways),
        calls=tuple(found.calls),
        unknown=tuple(found.unknown),
        functions_only=functions_only,
    )


def _binds(found: Found, ways: Ways) -> tuple[Binding, ...]:
    standings = ((binding, ways.get(name, OUTER)) for name, binding in found.bindings.items())
    return tuple(replace(binding, maybe=way != HERE) for binding, way in standings if way & HERE)


def _late(bodies: Iterable[Body], ways: Ways) -> tuple[Use, ...]:
    late: dict[str, Use] = {}
    for body in bodies:
        for use in body.reads.values():
            if ways.get(use.name, OUTER) != HERE and not is_always_there(use.name):
                late.setdefault(use.name, use)
    return tuple(late.values())


def _aliases(walk: Statements, ways: Ways) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, other)
        for name, others in walk.aliases.items()
        for other, same in others.items()
        if same and ways.get(name) == HERE
    )


def _definition(name: str, bodies: list[Body]) -> Definition:
    """Freeze the bodies of one name; those of several (one per branch, one per part) become one."""
    first = bodies[0].as_definition(name)
    for body in bodies[1:]:
        more = body.as_definition(name)
        first = replace(
            first,
            reads=first.reads + more.reads,
            binds=first.binds + more.binds,
            mutates=first.mutates + more.mutates,
            now=first.now | more.now,
            changes=first.changes | more.changes,
            unknown=first.unknown + more.unknown,
        )
    return first


def _functions_only(tree: ast.Module) -> tuple[str, ...]:
    names = tuple(node.name for node in tree.body if isinstance(node, _FUNCTIONS))
    beside = (node for node in tree.body if not isinstance(node, _FUNCTIONS))
    return names if all(isinstance(node, _BESIDE_FUNCTIONS) or _is_text(node) for node in beside) else ()


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
