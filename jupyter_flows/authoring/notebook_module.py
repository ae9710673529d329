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
from jupyter_flows.cells.defining import Statement
from jupyter_flows.errors import TargetError
from jupyter_flows.services.notebook_definitions import NotebookDefinitions, read_definitions
from jupyter_flows.services.subjects import module_of

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
    found = read_definitions(path)
    chosen = found.defining(name.partition(".")[0])
    if not chosen:
        near = get_close_matches(name, found.candidates, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "save the notebook if it is new"
        raise TargetError(f"{path.name}:{name}", f"no cell of the file defines it; {hint}")
    return _run(found, chosen)


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
    found = read_definitions(path)
    for name in found.variables_of(flow):
        flows = flows_of(_run(found, found.defining(name)))
        if (one := next((one for one in flows.values() if one.name == flow), None)) is not None:
            return one
    raise TargetError(flow, f"no cell of {path} defines it; it has: {', '.join(found.candidates) or 'none'}")


def flows_of(module: ModuleType) -> dict[str, AnyFlow]:
    """The flows of a module, by their variables."""
    return {key: value for key, value in vars(module).items() if isinstance(value, Flow | DeclaredFlow)}


def _run(found: NotebookDefinitions, chosen: Sequence[Statement]) -> ModuleType:
    name, folder = module_of(found.path), str(found.path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # what lies beside the notebook is imported from there, as in its kernel
    module = ModuleType(name)  # without a spec: what is pickled of it goes by value
    module.__file__ = str(found.path)
    sys.modules[name] = module
    try:
        for statement in chosen:
            number, source = found.cells[statement.cell]
            file = f"{found.path} (cell {number})"  # see `definition.entry_of`
            # Lines for tracebacks; an entry without a time is never compared with a file.
            linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
            code = compile(ast.Module([statement.node], []), file, "exec", dont_inherit=True)
            exec(code, vars(module))  # noqa: S102 - the code that the user names
    except BaseException:
        del sys.modules[name]
        raise
    return module


__all__ = ["AnyFlow", "flow_in_notebook", "flows_of", "module_of_notebook"]
