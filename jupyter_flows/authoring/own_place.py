"""Where a flow that is being deployed is defined, and where its runs will work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from jupyter_flows.errors import TargetError
from jupyter_flows.notebooks.own_kernel import kernel_shell
from jupyter_flows.notebooks.own_notebook import notebook_path
from jupyter_flows.services.subjects import entry_in_notebook


def entry_or_notebook(entry: str, notebook: str | Path | None) -> str:
    """Return a flow's entry: its file's, or that of the notebook whose cell it was defined in; empty for neither.

    Parameters
    ----------
    entry
        As `definition.entry_of` tells it.
    notebook
        Named by the user, where the front end does not tell.
    """
    if entry and notebook is None:
        return _named(entry)
    shell = kernel_shell()
    path = Path(notebook) if notebook is not None else (notebook_path(shell.user_ns) if shell is not None else None)
    return "" if path is None else entry_in_notebook(path)


def _named(entry: str) -> str:
    """Give what runs as a module of a package (``python -m package.module``) its name, for its relative imports."""
    module, _, file = entry.partition("@")
    spec = getattr(sys.modules.get("__main__"), "__spec__", None) if module == "__main__" else None
    return entry if spec is None or spec.origin != file else f"{spec.name}@{file}"


def check_in_module(flow: Any, entry: str) -> None:
    """Make sure that whoever imports a flow's file finds this flow there.

    Parameters
    ----------
    flow
        With a ``name`` and, where it is made of a function, the options ``given`` to it.
    entry
        Where it was defined: ``module@file``; what is in no file is not judged.

    Raises
    ------
    TargetError
        It is inside a function or class, or was made of another by `with_options` and has no variable.
    """
    module = sys.modules.get(entry.partition("@")[0]) if entry else None
    if module is None:
        return
    alike = [value for value in vars(module).values() if type(value) is type(flow) and value.name == flow.name]
    if not alike:
        where = "it is not at the top level of its file, where a runner looks for it"
        raise TargetError(flow.name, f"{where}; move it out of the function or class, or give it a variable there")
    if all(getattr(one, "given", None) != getattr(flow, "given", None) for one in alike):
        why = "its options are not those of the flow of that name in its file, which a runner would find"
        raise TargetError(flow.name, f"{why}; give it a variable at the top level, and a name of its own")


__all__ = ["check_in_module", "entry_or_notebook"]
