"""A flow that is defined in the cells of a notebook, found again without running the notebook."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from jupyter_flows.authoring.declared.graph import DeclaredFlow
from jupyter_flows.authoring.flow import Flow
from jupyter_flows.cells.defining import Statement, candidates, defining, statements_of
from jupyter_flows.errors import TargetError
from jupyter_flows.notebooks.cell_source import cell_python
from jupyter_flows.notebooks.document import is_executed, read_notebook

AnyFlow = Flow[Any, Any] | DeclaredFlow


def module_of_notebook(path: Path, name: str) -> ModuleType:
    """Run those statements of a notebook that a name takes to be defined, as a module of its own.

    What only uses it (calls, plots, ``daily.deploy()``) is left out, as are magics.

    Raises
    ------
    NotebookNotFound, NotANotebook
    TargetError
        No cell of the file defines the name.
    Exception
        What a statement raised.
    """
    sources = _sources(path)
    statements = statements_of([cell_python(source) for _, source in sources])
    chosen = defining(statements, name.partition(".")[0])
    if not chosen:
        near = get_close_matches(name, candidates(statements), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "save the notebook if it is new"
        raise TargetError(f"{path.name}:{name}", f"no cell of the file defines it; {hint}")
    return _run(path, sources, chosen)


def flow_in_notebook(path: Path, flow: str) -> AnyFlow:
    """Return the flow of that name from a notebook's cells.

    Raises
    ------
    NotebookNotFound, NotANotebook
    TargetError
        It is not there any more.
    Exception
        What a statement raised.
    """
    sources = _sources(path)
    statements = statements_of([cell_python(source) for _, source in sources])
    names = candidates(statements)
    for name in sorted(names, key=lambda one: (one.replace("_", "-") != flow, names.index(one))):
        if name.replace("_", "-") != flow and not _mentions(defining(statements, name), flow):
            continue
        found = flows_of(_run(path, sources, defining(statements, name)))
        if (one := next((one for one in found.values() if one.name == flow), None)) is not None:
            return one
    raise TargetError(flow, f"no cell of {path} defines it; it has: {', '.join(names) or 'none'}")


def flows_of(module: ModuleType) -> dict[str, AnyFlow]:
    """The flows of a module, by their variables."""
    return {key: value for key, value in vars(module).items() if isinstance(value, Flow | DeclaredFlow)}


def _mentions(statements: Sequence[Statement], flow: str) -> bool:
    nodes = (node for one in statements for node in ast.walk(one.node))
    return any(isinstance(node, ast.Constant) and node.value == flow for node in nodes)


def _sources(path: Path) -> list[tuple[int, str]]:
    """The code cells with their places among all cells, from 1."""
    cells = enumerate(read_notebook(path)["cells"], 1)
    return [(number, cell["source"]) for number, cell in cells if is_executed(cell)]


def _run(path: Path, sources: Sequence[tuple[int, str]], chosen: Sequence[Statement]) -> ModuleType:
    name = f"notebook_{path.stem}"
    module = ModuleType(name)  # without a spec: what is pickled of it goes by value
    module.__file__ = str(path.absolute())
    sys.modules[name] = module
    try:
        for statement in chosen:
            number, source = sources[statement.cell]
            file = cell_file(path.absolute(), number)
            # Lines for tracebacks; an entry without a time is never compared with a file.
            linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
            code = compile(ast.Module([statement.node], []), file, "exec", dont_inherit=True)
            exec(code, vars(module))  # noqa: S102 - the code that the user names
    except BaseException:
        del sys.modules[name]
        raise
    return module


def cell_file(path: Path, number: int) -> str:
    """What the code of a notebook's cell is called; see `definition.entry_of`."""
    return f"{path} (cell {number})"


__all__ = ["AnyFlow", "cell_file", "flow_in_notebook", "flows_of", "module_of_notebook"]
